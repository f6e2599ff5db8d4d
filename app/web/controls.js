/** Small controls, and how values are written: dials, bars, choices of voices, times. */

/**
 * Write the value of a dial, also for screen readers, and colour its track up to the value.
 * @param {HTMLInputElement} dial   followed by an `output`
 * @param {string} written
 */
export function write(dial, written) {
  dial.setAttribute("aria-valuetext", written);
  /** @type {HTMLElement} */ (dial.nextElementSibling).textContent = written;
  const [low, high] = [Number(dial.min), Number(dial.max)];
  dial.style.setProperty("--filled", `${((dial.valueAsNumber - low) / (high - low)) * 100}%`);
}

/**
 * A factor. It has a second digit if that says something: the service plans finer strengths than a dial has steps.
 * @param {number} value
 */
export function times(value) {
  return `×${value.toFixed(2).replace(/0$/, "")}`;
}

/**
 * Fill a choice of voices.
 * @param {HTMLSelectElement} select
 * @param {import("./service.js").Voice[]} voices
 * @param {string | undefined} chosen
 * @param {string} [otherwise]   the name of no choice
 */
export function offer(select, voices, chosen, otherwise) {
  const options = voices.map((one) => new Option(one.display_name, one.name));
  select.replaceChildren(...(otherwise ? [new Option(otherwise, "")] : []), ...options);
  select.value = chosen ?? "";
}

/** A bar as long as a share. @param {number} share */
export function bar(share) {
  const outer = document.createElement("span");
  const inner = document.createElement("span");
  outer.className = "bar";
  inner.style.inlineSize = `${share * 100}%`;
  outer.append(inner);
  return outer;
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(share * 100)}%`;
}

/** A time as on a clock. @param {number} seconds */
export function clock(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
