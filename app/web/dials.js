/** Dials: sliders whose value is written beside them. */

/**
 * Write the value of a dial, for the eye and for those who hear the page, and colour the way up to it.
 * @param {HTMLInputElement} dial   with an `output` behind it
 * @param {string} written
 */
export function write(dial, written) {
  dial.setAttribute("aria-valuetext", written);
  /** @type {HTMLElement} */ (dial.nextElementSibling).textContent = written;
  const [low, high] = [Number(dial.min), Number(dial.max)];
  dial.style.setProperty("--filled", `${((dial.valueAsNumber - low) / (high - low)) * 100}%`);
}

/**
 * A factor. It has a second digit where that says something: the service plans finer strengths than a dial has steps.
 * @param {number} value
 */
export function times(value) {
  return `×${value.toFixed(2).replace(/0$/, "")}`;
}
