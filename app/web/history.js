/** What Ctrl+Z takes back: the browser undoes the text, this class the edits of its sentences. */

/**
 * @typedef {import("./plan.js").Edits} Edits
 * @typedef {import("./script.js").Script} Script
 */

const MOST = 100;
/** Steps and texts that are remembered. */

export class History {
  /** The edits of all sentences before each step since the text was changed. @type {Edits[][]} */
  #done = [];
  /** @type {Edits[][]} */
  #undone = [];
  /** The edits of each text that was planned. @type {Map<string, [string, Edits][]>} */
  #texts = new Map();
  #last = "";

  /** @param {Script} script */
  constructor(script) {
    this.script = script;
  }

  /** An edit follows. The steps of a dial are undone together. @param {string} what */
  record(what) {
    if (what !== this.#last) this.#done = [...this.#done, this.script.snapshot].slice(-MOST);
    this.#last = what;
    this.#undone = [];
  }

  /** The browser undoes the change of the text first. @param {string} text @param {boolean} undone   by the browser */
  typed(text, undone) {
    this.#done = [];
    this.#undone = [];
    this.#last = "";
    const edits = this.#texts.get(text);
    if (undone && edits) this.script.restore(edits);
  }

  /** Remember the edits of the text, for when it comes back. */
  keep() {
    this.#texts.delete(this.script.text);
    this.#texts.set(this.script.text, this.script.edits);
    if (this.#texts.size > MOST) this.#texts.delete(this.#texts.keys().next().value ?? "");
  }

  /** Undo or redo a step, if the keys say so and there is one. @param {KeyboardEvent} event @returns {boolean} */
  handle({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
    const isPassword = target instanceof HTMLInputElement && target.type === "password";
    if (!(ctrlKey || metaKey) || altKey || isPassword) return false;
    const letter = key.toLowerCase();
    if (letter === "z" && !shiftKey) return this.#step(this.#done, this.#undone);
    return (letter === "y" || letter === "z") && this.#step(this.#undone, this.#done);
  }

  /** @param {Edits[][]} from @param {Edits[][]} to */
  #step(from, to) {
    const edits = from.pop();
    if (!edits) return false;
    to.push(this.script.snapshot);
    this.script.rewind(edits);
    this.#last = "";
    return true;
  }
}
