/** Finds words in all parts of the project. */

/**
 * @typedef {{part: number, from: number, to: number}} Match
 *
 * @typedef {object} FindEvents
 * @property {() => {texts: string[], part: number, caret: number}} state   of the project
 * @property {(match: Match) => void} found
 * @property {() => void} closed
 */

const MOST_MATCHES = 10_000;

export class Find {
  /** @type {Match[]} */
  #matches = [];
  #at = -1;

  /** @param {HTMLElement} bar @param {HTMLElement} button   that opens it @param {FindEvents} on */
  constructor(bar, button, on) {
    this.bar = bar;
    this.button = button;
    this.on = on;
    this.input = /** @type {HTMLInputElement} */ (bar.querySelector("input"));
    this.count = /** @type {HTMLElement} */ (bar.querySelector(".count"));
    this.input.addEventListener("input", () => this.#search());
    button.addEventListener("click", () => (bar.hidden ? this.open() : this.close()));
    bar.querySelector(".previous")?.addEventListener("click", () => this.#go(-1));
    bar.querySelector(".next")?.addEventListener("click", () => this.#go(1));
    bar.querySelector(".close")?.addEventListener("click", () => this.close());
    bar.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      if (event.key !== "Enter" || event.target !== this.input) return;
      event.preventDefault();
      this.#go(event.shiftKey ? -1 : 1);
      this.input.focus({ preventScroll: true });
    });
  }

  /** Whether the words have the focus: then the same key opens the browser's own search. */
  get isFocused() {
    return document.activeElement === this.input;
  }

  open() {
    this.bar.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.input.focus();
    this.input.select();
    this.#search();
  }

  close() {
    this.bar.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    this.on.closed();
  }

  #search() {
    const words = this.input.value.trim();
    const { texts, part, caret } = this.on.state();
    const pattern = words && new RegExp(RegExp.escape?.(words) ?? words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
    this.#matches = pattern ? texts.flatMap((text, i) => matchesIn(text, i, pattern)).slice(0, MOST_MATCHES) : [];
    // The first one from the caret on is the next, or the first of all.
    const next = this.#matches.findIndex((one) => one.part > part || (one.part === part && one.from >= caret));
    this.#at = Math.max(next, 0) - 1;
    this.#showCount();
  }

  /** @param {number} step */
  #go(step) {
    const before = this.#at;
    this.#search();
    if (!this.#matches.length) return;
    const count = this.#matches.length;
    this.#at = step < 0 ? (Math.max(before, 0) - 1 + count) % count : (this.#at + 1) % count;
    this.#showCount();
    this.on.found(this.#matches[this.#at]);
  }

  #showCount() {
    const count = this.#matches.length;
    if (!this.input.value.trim()) this.count.textContent = "";
    else if (!count) this.count.textContent = "not found";
    else this.count.textContent = this.#at < 0 ? `${count} found` : `${this.#at + 1} of ${count}`;
  }
}

/** @param {string} text @param {number} part @param {RegExp} pattern @returns {Match[]} */
function matchesIn(text, part, pattern) {
  return [...text.matchAll(pattern)].map((match) => ({ part, from: match.index, to: match.index + match[0].length }));
}
