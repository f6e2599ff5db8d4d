/** The strip of parts above the text: which one is shown, its title, and others before and after it. */

import { titleOf } from "./project.js";

/**
 * @typedef {object} PartEvents
 * @property {(index: number) => void} turn
 * @property {(title: string) => void} rename   the shown part
 * @property {() => void} remove   the shown part
 */

export class Parts {
  /** @param {HTMLElement} strip @param {PartEvents} on */
  constructor(strip, on) {
    this.strip = strip;
    this.select = /** @type {HTMLSelectElement} */ (strip.querySelector("select"));
    this.title = /** @type {HTMLInputElement} */ (strip.querySelector("input"));
    this.previous = /** @type {HTMLButtonElement} */ (strip.querySelector(".previous"));
    this.next = /** @type {HTMLButtonElement} */ (strip.querySelector(".next"));
    this.select.addEventListener("change", () => on.turn(this.select.selectedIndex));
    this.title.addEventListener("input", () => on.rename(this.title.value));
    this.previous.addEventListener("click", () => on.turn(this.select.selectedIndex - 1));
    this.next.addEventListener("click", () => on.turn(this.select.selectedIndex + 1));
    strip.querySelector(".remove")?.addEventListener("click", on.remove);
  }

  /** @param {import("./project.js").Part[]} parts @param {number} current */
  show(parts, current) {
    this.strip.classList.toggle("single", parts.length === 1);
    const names = parts.map((part, i) => `${i + 1}. ${titleOf(part, i)}`);
    const state = names.join("\n");
    if (this.select.dataset.state !== state) {
      this.select.replaceChildren(...names.map((name) => new Option(name)));
      this.select.dataset.state = state;
    }
    this.select.selectedIndex = current;
    if (document.activeElement !== this.title) this.title.value = parts[current].title;
    this.title.placeholder = titleOf({ ...parts[current], title: "" }, current);
    this.previous.disabled = current === 0;
    this.next.disabled = current === parts.length - 1;
    /** @type {HTMLElement} */ (this.strip.querySelector(".of")).textContent = `of ${parts.length}`;
  }
}
