/** What is written outlives a reload of the page. */

import { recall, remember } from "./store.js";

const NAME = "intone-draft";

/** @typedef {{text: string, edits: [string, import("./plan.js").Edits][], expressiveness?: number}} Draft */

/** @param {Draft} draft */
export function keep(draft) {
  remember(NAME, JSON.stringify(draft));
}

/** @returns {Draft | null} */
export function kept() {
  return JSON.parse(recall(NAME) ?? "null");
}
