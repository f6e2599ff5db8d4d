/** Whatever needs the service: a key is asked for where one is needed, and what goes wrong is told. */

import { isAborted, Problem } from "./api.js";

const LOADING_SECONDS = 2;

export class Attempts {
  /** @param {import("./key.js").Key} key @param {import("./notices.js").Notices} notices */
  constructor(key, notices) {
    this.key = key;
    this.notices = notices;
  }

  /**
   * The work's result; null where it failed, which was told, or was given up. While the service is loading, waits.
   * @template T
   * @param {string} about   what is tried: its next success takes the notice away
   * @param {() => Promise<T>} work
   * @param {() => void} again   what a person may ask for after a failure
   * @returns {Promise<T | null>}
   */
  async try(about, work, again) {
    for (;;) {
      try {
        const done = await work();
        this.notices.settled(about);
        return done;
      } catch (error) {
        if (isAborted(error)) return null;
        const problem = problemIn(error);
        if (problem.code === "unauthorized" && (await this.key.ask(problem.message))) continue;
        const loading = problem.code === "not_ready";
        this.notices.complain(about, problem, loading ? null : again);
        if (!loading) return null;
        await new Promise((resolve) => setTimeout(resolve, 1000 * (problem.retryAfter || LOADING_SECONDS)));
      }
    }
  }
}

/** @param {unknown} error */
function problemIn(error) {
  if (error instanceof Problem) return error;
  return new Problem("page", "The page failed", String(error), "Reload it: your text is kept.");
}
