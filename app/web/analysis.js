/** Asks for plans while one types: not at every key, and never two at a time. */

/** @typedef {import("./plan.js").Plan} Plan */

const PAUSE = 200;
const CHARACTERS_PER_MS = 25;
/** A long text takes the service longer, so it is asked less often. */

export class Analysis {
  /** The newest plan, or its making. @type {Promise<Plan | null>} */
  latest = Promise.resolve(null);
  #controller = new AbortController();

  /**
   * @param {(text: string, signal: AbortSignal) => Promise<Plan | null>} plan   null where it failed, which was told
   */
  constructor(plan) {
    this.plan = plan;
  }

  /** Ask soon; what was asked before is given up. @param {string} text */
  typed(text) {
    this.#begin(text, PAUSE + text.length / CHARACTERS_PER_MS);
  }

  /** Ask now. @param {string} text */
  now(text) {
    this.#begin(text, 0);
    return this.settled();
  }

  /** The plan of what was typed last, however often more was typed while it was made. */
  async settled() {
    for (;;) {
      const awaited = this.latest;
      const plan = await awaited;
      if (awaited === this.latest) return plan;
    }
  }

  /** @param {string} text @param {number} delay */
  #begin(text, delay) {
    this.#controller.abort();
    this.#controller = new AbortController();
    this.latest = this.#run(text, delay, this.#controller.signal);
  }

  /** @param {string} text @param {number} delay @param {AbortSignal} signal */
  async #run(text, delay, signal) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    return signal.aborted || !text.trim() ? null : this.plan(text, signal);
  }
}
