/** Undo and redo: every state of the project, text and pins together. */

const MOST_STATES = 300;
const PAUSE_MS = 1000;
/** Changes of one kind that follow each other faster are one step. */

/**
 * @template S
 */
export class History {
  /** States before each step. @type {S[]} */
  #done = [];
  /** @type {S[]} */
  #undone = [];
  #kind = "";
  #time = 0;

  /** A change follows. @param {S} state   before it @param {string} kind   changes of another kind are another step */
  record(state, kind) {
    const now = performance.now();
    const isSame = kind === this.#kind && now - this.#time < PAUSE_MS && this.#done.length > 0;
    if (!isSame) this.#done = [...this.#done, state].slice(-MOST_STATES);
    this.#kind = kind;
    this.#time = now;
    this.#undone = [];
  }

  /** The next change is a step of its own. */
  separate() {
    this.#kind = "";
  }

  /** Return the state before the last step; null if there is none. @param {S} now */
  undo(now) {
    return this.#step(this.#done, this.#undone, now);
  }

  /** Return the state after the step that was undone last; null if there is none. @param {S} now */
  redo(now) {
    return this.#step(this.#undone, this.#done, now);
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  clear() {
    this.#done = [];
    this.#undone = [];
    this.separate();
  }

  /** @param {S[]} from @param {S[]} to @param {S} now */
  #step(from, to, now) {
    const state = from.pop();
    if (state === undefined) return null;
    to.push(now);
    this.separate();
    return state;
  }
}
