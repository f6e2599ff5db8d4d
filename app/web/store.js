/** What is kept until the tab is closed: the draft and the key. */

/** What is kept until the tab is closed. A browser may forbid that; then nothing is kept. */

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // Forbidden, or full.
  }
}

/** @param {string} name */
export function forget(name) {
  try {
    sessionStorage.removeItem(name);
  } catch {
    // Forbidden.
  }
}

/** What is written outlives a reload of the page. */

const DRAFT = "intone-draft";

/** @typedef {{text: string, edits: [string, import("./plan.js").Edits][], expressiveness?: number,
 *   voices?: Record<string, string>}} Draft */

/** @param {Draft} draft */
export function keep(draft) {
  remember(DRAFT, JSON.stringify(draft));
}

/** @returns {Draft | null} */
export function kept() {
  return JSON.parse(recall(DRAFT) ?? "null");
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
