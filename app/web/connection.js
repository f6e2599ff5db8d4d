/** Requests that need a key, fail, or come too early: what is done about each. */

import { isAborted, Problem } from "./service.js";
import { forget, recall, remember } from "./storage.js";

/** Requests to the service: get a key if one is required, report failures, and go on when the service is back. */

const LOADING_SECONDS = 2;
const FIRST_DELAY_MS = 1000;
const LAST_DELAY_MS = 30_000;
/** Between two looks whether the service is back; each is twice as long as the one before. */
const OUTAGES = ["unreachable", "cut_off", "unknown"];

export class Attempts {
  /** What is to be done when the service is back, by what was tried. @type {Map<string, () => void>} */
  #waiting = new Map();
  #isWatching = false;
  /** Until the next look; it grows as long as nothing succeeds. */
  #delay = FIRST_DELAY_MS;

  /**
   * @param {Key} key
   * @param {import("./notices.js").Notices} notices
   * @param {() => Promise<boolean>} isAlive
   */
  constructor(key, notices, isAlive) {
    this.key = key;
    this.notices = notices;
    this.isAlive = isAlive;
  }

  /**
   * Return the work's result; null after a failure, which is reported, or if it was cancelled. Wait while the service is
   * loading.
   * @template T
   * @param {string} about   what is tried: its next success takes the notice away
   * @param {() => Promise<T>} work
   * @param {() => void} again   what a person may request after a failure
   * @param {boolean} [isSilent]   whether `again` may run by itself when the service is back
   * @returns {Promise<T | null>}
   */
  async try(about, work, again, isSilent = false) {
    for (;;) {
      try {
        const done = await work();
        this.#waiting.delete(about);
        this.#delay = FIRST_DELAY_MS;
        this.notices.settled(about);
        return done;
      } catch (error) {
        if (isAborted(error)) return null;
        const problem = asProblem(error);
        if (problem.code === "unauthorized" && (await this.key.ask(problem.message))) continue;
        const loading = problem.code === "not_ready";
        this.notices.complain(about, problem, loading ? null : again);
        if (problem.code === "unreachable" || (isSilent && OUTAGES.includes(problem.code)))
          this.#wait(about, isSilent ? again : () => {});
        if (!loading) return null;
        await new Promise((resolve) => setTimeout(resolve, 1000 * (problem.retryAfter || LOADING_SECONDS)));
      }
    }
  }

  /** @param {string} about @param {() => void} again */
  async #wait(about, again) {
    this.#waiting.set(about, again);
    if (this.#isWatching) return;
    this.#isWatching = true;
    do {
      await new Promise((resolve) => setTimeout(resolve, this.#delay));
      this.#delay = Math.min(2 * this.#delay, LAST_DELAY_MS);
    } while (this.#waiting.size && !(await this.isAlive()));
    this.#isWatching = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [name, act] of waiting) {
      this.notices.settled(name);
      act();
    }
    if (waiting.length) this.notices.say("The service is back.");
  }
}

/** @param {unknown} error */
function asProblem(error) {
  if (error instanceof Problem) return error;
  return new Problem("page", "The page failed", String(error), "Reload it: your text is kept.");
}

/** The key of the service, if it requires one: requested once, kept until the tab is closed, sent only in a header. */

const KEY = "intone-key";
const SENDABLE = /^[\x21-\x7e]+$/;

export class Key {
  /** @type {Promise<boolean> | null} */
  #asking = null;

  /** @param {HTMLDialogElement} dialog @param {HTMLElement} button   forgets the key */
  constructor(dialog, button) {
    this.dialog = dialog;
    this.button = button;
    this.input = /** @type {HTMLInputElement} */ (dialog.querySelector("input"));
    dialog.querySelector("form")?.addEventListener("submit", (event) => this.#given(event));
    dialog.querySelector(".cancel")?.addEventListener("click", () => dialog.close());
    button.addEventListener("click", () => this.#change());
    this.#show();
  }

  /** @returns {string | null} */
  get value() {
    return recall(KEY);
  }

  /** Request a key; return whether one was given. @param {string} why */
  ask(why) {
    this.#asking ??= this.#ask(why).finally(() => (this.#asking = null));
    return this.#asking;
  }

  /** @param {string} why @returns {Promise<boolean>} */
  #ask(why) {
    this.#say(why);
    this.input.value = "";
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => resolve(this.dialog.returnValue === "given"), { once: true });
    });
  }

  /** @param {Event} event */
  #given(event) {
    event.preventDefault();
    const key = this.input.value.trim();
    if (!SENDABLE.test(key)) {
      this.#say("A key has letters, digits and signs, and no spaces in between.");
      return;
    }
    remember(KEY, key);
    this.#show();
    this.dialog.close("given");
  }

  #change() {
    forget(KEY);
    this.#show();
    this.ask("The key was forgotten. Enter another, or close this.");
  }

  /** @param {string} why */
  #say(why) {
    /** @type {HTMLElement} */ (this.dialog.querySelector(".why")).textContent = why;
  }

  #show() {
    this.button.hidden = !this.value;
  }
}
