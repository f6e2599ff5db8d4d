/** What can be said of the whole text in a line, and what the service did other than asked. */

import { clock } from "./transport.js";

const SHOWN = 20;

/** @param {import("./script.js").Script} script */
export function summaryOf({ text, plan, sentences }) {
  if (!plan) return "";
  const characters = Array.from(text).length.toLocaleString("en");
  const count = sentences.length === 1 ? "1 sentence" : `${sentences.length} sentences`;
  return `${count} · ${characters} characters · about ${clock(plan.duration_estimate)}`;
}

/** @param {HTMLElement} notes   a details element @param {import("./plan.js").Warning[]} warnings */
export function showWarnings(notes, warnings) {
  notes.hidden = warnings.length === 0;
  const count = warnings.length === 1 ? "1 note" : `${warnings.length} notes`;
  /** @type {HTMLElement} */ (notes.querySelector("summary")).textContent = `${count} on how this is spoken`;
  const items = warnings.slice(0, SHOWN).map(({ detail }) => {
    const item = document.createElement("li");
    item.textContent = detail;
    return item;
  });
  notes.querySelector("ul")?.replaceChildren(...items);
}
