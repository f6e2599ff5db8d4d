/** The whole text at a glance: in a line, as a strip of colours, and what the service did other than asked. */

import { emotionIn } from "./script.js";
import { clock } from "./transport.js";

/** @typedef {import("./script.js").Script} Script */

const QUIET = 0.05;
/** How loud is drawn what was not spoken yet. */
const MOST_NOTES = 20;

/** @param {Script} script */
export function summaryOf({ text, plan, sentences }) {
  if (!plan) return "";
  const characters = Array.from(text).length.toLocaleString("en");
  const count = sentences.length === 1 ? "1 sentence" : `${sentences.length} sentences`;
  return `${count} · ${characters} characters · about ${clock(plan.duration_estimate)}`;
}

/**
 * What the waveform shows before anything was spoken: about how long each sentence will be.
 * @param {Script} script
 * @returns {import("./waveform.js").Sound}
 */
export function previewOf({ plan, sentences }) {
  const duration = plan?.duration_estimate ?? 0;
  const length = sentences.reduce((sum, one) => sum + one.end - one.start, 0) || 1;
  let at = 0;
  const stretches = sentences.map((one) => {
    const start = at;
    at += ((one.end - one.start) / length) * duration;
    return { start, end: at, emotion: emotionIn(one) };
  });
  return { duration, peaks: [QUIET], sentences: stretches };
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
