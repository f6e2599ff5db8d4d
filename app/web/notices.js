/** What the page says: in passing, or because something went wrong. */

import { clock } from "./controls.js";
import { charactersOf } from "./project.js";

const SECONDS = 5;

export class Notices {
  #timer = 0;
  #about = "";

  /** @param {HTMLElement} status   a live region @param {HTMLElement} alert */
  constructor(status, alert) {
    this.status = status;
    this.alert = alert;
    this.again = /** @type {HTMLButtonElement} */ (alert.querySelector(".again"));
    alert.querySelector(".dismiss")?.addEventListener("click", () => this.#close());
  }

  /** In passing. @param {string} text @param {{name: string, act: () => void}} [offer]   what can be done about it */
  say(text, offer) {
    this.sayOn(text, ...(offer ? [button(offer)] : []));
    this.#timer = setTimeout(() => this.status.replaceChildren(), SECONDS * 1000 * (offer ? 3 : 1));
  }

  /** Until something else is said. @param {(string | Node)[]} parts */
  sayOn(...parts) {
    clearTimeout(this.#timer);
    this.status.replaceChildren(...parts);
  }

  /**
   * Something went wrong.
   * @param {string} about   what was tried
   * @param {import("./service.js").Problem} problem
   * @param {(() => void) | null} again   tries again; null if the page does so itself
   */
  complain(about, problem, again) {
    this.#about = about;
    this.sayOn();
    this.#part(".what").textContent = `${problem.title}.`;
    this.#part(".why").textContent = [problem.message, problem.hint].filter(Boolean).join(" ");
    this.again.hidden = !again;
    this.again.onclick = () => {
      this.#close();
      again?.();
    };
    this.alert.classList.toggle("waiting", !again);
    this.alert.hidden = false;
  }

  /** It went well this time. @param {string} about   what was tried */
  settled(about) {
    if (this.#about === about) this.#close();
  }

  #close() {
    this.alert.hidden = true;
    this.#about = "";
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.alert.querySelector(selector));
  }
}

/** @param {{name: string, act: () => void}} offer */
function button({ name, act }) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  made.addEventListener("click", act);
  return made;
}

/** Overview of the text: a line, and the service's deviations from the request. */

const MOST_NOTES = 20;

/**
 * @param {import("./passage.js").Passage} passage   that is shown
 * @param {import("./project.js").Content} content
 */
export function summaryOf({ text, plan, sentences }, content) {
  if (!plan) return text.trim() && "Finding the feelings…";
  const count = sentences.length === 1 ? "1 sentence" : `${sentences.length} sentences`;
  const parts = content.parts.length;
  const characters = (parts > 1 ? charactersOf(content) : Array.from(text).length).toLocaleString("en");
  const all = parts > 1 ? `${characters} characters in ${parts} parts` : `${characters} characters`;
  return `${count} · about ${clock(plan.duration_estimate)} · ${all}`;
}

/** @param {HTMLElement} notes   a details element @param {import("./plan.js").Warning[]} warnings */
export function showWarnings(notes, warnings) {
  notes.hidden = warnings.length === 0;
  const count = warnings.length === 1 ? "1 note" : `${warnings.length} notes`;
  /** @type {HTMLElement} */ (notes.querySelector("summary")).textContent = `${count} on how this is spoken`;
  const items = warnings.slice(0, MOST_NOTES).map(({ detail }) => {
    const item = document.createElement("li");
    item.textContent = detail;
    return item;
  });
  notes.querySelector("ul")?.replaceChildren(...items);
}
