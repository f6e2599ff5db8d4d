/** What is written outlives a reload of the page. */

import { recall, remember } from "./store.js";

const NAME = "intone-draft";

/** @typedef {{text: string, edits: [string, import("./plan.js").Edits][]}} Draft */

/** @param {import("./script.js").Script} script */
export function keep({ text, edits }) {
  remember(NAME, JSON.stringify({ text, edits }));
}

/** @returns {Draft | null} */
export function kept() {
  return JSON.parse(recall(NAME) ?? "null");
}
