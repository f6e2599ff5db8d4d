/** The text with its sentences: what was planned for each, what was edited, and where it stands while one types. */

import { ALIKE, carried, difference, likeness, placesOf, valueOf, withEdit } from "./plan.js";

/**
 * @typedef {import("./plan.js").Edits} Edits
 * @typedef {import("./plan.js").Field} Field
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {import("./plan.js").Utterance} Utterance
 *
 * @typedef {object} Sentence
 * @property {Utterance} utterance
 * @property {Edits} edits
 * @property {number} start   UTF-16 units
 * @property {number} end
 * @property {boolean} stale   whether the text was changed since it was planned
 */

export class Script {
  text = "";
  /** @type {Plan | null} */
  plan = null;
  /** @type {Sentence[]} */
  sentences = [];
  /** Those of the last plan, which lend their edits to the next. @type {import("./plan.js").Edited[]} */
  #planned = [];

  /** The text is another now: sentences move along with it until they are planned anew. @param {string} text */
  type(text) {
    const change = difference(this.text, text);
    this.sentences = this.sentences.map((one) => moved(one, change)).filter((one) => !one.stale || isLike(one, text));
    this.text = text;
  }

  /** A plan of the text as it is now. @param {Plan} plan */
  adopt(plan) {
    const places = placesOf(this.text);
    const edits = carried(this.#planned, plan.utterances);
    this.plan = plan;
    this.sentences = plan.utterances.map((utterance, i) => {
      const [start, end] = utterance.span ?? [0, 0];
      return { utterance, edits: edits[i], start: places[start], end: places[end], stale: false };
    });
    this.#planned = this.sentences;
  }

  /** Nothing is planned, for there is no text. */
  clear() {
    this.plan = null;
    this.sentences = [];
    this.#planned = [];
  }

  /** @param {number} index @param {Field} field @param {string | number} value */
  edit(index, field, value) {
    const sentence = this.sentences[index];
    this.#replace(sentence, withEdit(sentence, field, value));
  }

  /** As planned again. @param {number} index */
  reset(index) {
    this.#replace(this.sentences[index], {});
  }

  /** Copies of the edits of all sentences, in order. @returns {Edits[]} */
  get snapshot() {
    return this.sentences.map(({ edits }) => ({ ...edits }));
  }

  /** The edits are again those of a snapshot of the same text. @param {Edits[]} snapshot */
  rewind(snapshot) {
    this.sentences.forEach((one, i) => this.#replace(one, { ...snapshot[i] }));
  }

  get voice() {
    return this.plan?.voice ?? "";
  }

  /** Edits and their texts, to be kept. @returns {[string, Edits][]} */
  get edits() {
    return this.sentences.filter(isEdited).map(({ utterance, edits }) => [utterance.text, edits]);
  }

  /** Edits that were kept find their sentences in the next plan. @param {[string, Edits][]} kept */
  restore(kept) {
    this.#planned = kept.map(([text, edits]) => ({ utterance: /** @type {Utterance} */ ({ text }), edits }));
  }

  /** The sentence at a place of the text, or before it; -1 where there is none. @param {number} place */
  at(place) {
    return this.sentences.findLastIndex((one) => one.start <= place);
  }

  /** Edits are written into the object that the plan's list shares. @param {Sentence} sentence @param {Edits} edits */
  #replace(sentence, edits) {
    for (const field of Object.keys(sentence.edits)) delete sentence.edits[/** @type {Field} */ (field)];
    Object.assign(sentence.edits, edits);
  }
}

/**
 * Whether a touched sentence is still more or less what was planned.
 * @param {Sentence} sentence
 * @param {string} text
 */
function isLike({ start, end, utterance }, text) {
  return likeness(text.slice(start, end), utterance.text) >= ALIKE;
}

/** @param {{edits: Edits}} sentence */
export function isEdited(sentence) {
  return Object.keys(sentence.edits).length > 0;
}

/** @param {Sentence} sentence */
export function emotionIn(sentence) {
  return String(valueOf(sentence, "emotion"));
}

/** How strongly a sentence is felt; 0 where it is neutral, which has no strength. @param {Sentence} sentence */
export function strengthIn(sentence) {
  return emotionIn(sentence) === "neutral" ? 0 : Number(valueOf(sentence, "degree"));
}

/** Why a sentence feels as it does: what a person chose, and what its words say. @param {Sentence} sentence */
export function whyIn(sentence) {
  const words = `By its words: ${sentence.utterance.reason}.`;
  const { emotion, degree } = sentence.edits;
  if (emotion && degree) return `You chose this and its strength. ${words}`;
  if (emotion) return `You chose this${strengthIn(sentence) ? ", at full strength" : ""}. ${words}`;
  return degree ? `You chose the strength. ${words}` : words;
}

/**
 * Return how likely the emotion of a sentence is by its words; null if a person chose it.
 * @param {Sentence} sentence
 */
export function likelihood(sentence) {
  const { utterance, edits } = sentence;
  return edits.emotion ? null : (utterance.probabilities?.[utterance.emotion] ?? null);
}

/**
 * @param {Sentence} sentence
 * @param {{start: number, oldEnd: number, newEnd: number}} change
 * @returns {Sentence}
 */
function moved(sentence, { start, oldEnd, newEnd }) {
  if (sentence.end < start) return sentence;
  const by = newEnd - oldEnd;
  if (sentence.start >= oldEnd) return { ...sentence, start: sentence.start + by, end: sentence.end + by };
  return {
    ...sentence,
    start: sentence.start < start ? sentence.start : newEnd,
    end: sentence.end > oldEnd ? sentence.end + by : newEnd,
    stale: true,
  };
}

/** What Ctrl+Z takes back: the browser undoes the text, this class the edits of its sentences. */

const MOST = 100;
/** Steps and texts that are remembered. */

export class History {
  /** The edits of all sentences before each step since the text was changed. @type {Edits[][]} */
  #done = [];
  /** @type {Edits[][]} */
  #undone = [];
  /** The edits of each text that was planned. @type {Map<string, [string, Edits][]>} */
  #texts = new Map();
  #last = "";

  /** @param {Script} script */
  constructor(script) {
    this.script = script;
  }

  /** An edit follows. The steps of a dial are undone together. @param {string} what */
  record(what) {
    if (what !== this.#last) this.#done = [...this.#done, this.script.snapshot].slice(-MOST);
    this.#last = what;
    this.#undone = [];
  }

  /** The browser undoes the change of the text first. @param {string} text @param {boolean} undone   by the browser */
  typed(text, undone) {
    this.#done = [];
    this.#undone = [];
    this.#last = "";
    const edits = this.#texts.get(text);
    if (undone && edits) this.script.restore(edits);
  }

  /** Remember the edits of the text, for when it comes back. */
  keep() {
    this.#texts.delete(this.script.text);
    this.#texts.set(this.script.text, this.script.edits);
    if (this.#texts.size > MOST) this.#texts.delete(this.#texts.keys().next().value ?? "");
  }

  /** Undo or redo a step, if the keys say so and there is one. @param {KeyboardEvent} event @returns {boolean} */
  handle({ key, ctrlKey, metaKey, altKey, shiftKey, target }) {
    const isPassword = target instanceof HTMLInputElement && target.type === "password";
    if (!(ctrlKey || metaKey) || altKey || isPassword) return false;
    const letter = key.toLowerCase();
    if (letter === "z" && !shiftKey) return this.#step(this.#done, this.#undone);
    return (letter === "y" || letter === "z") && this.#step(this.#undone, this.#done);
  }

  /** @param {Edits[][]} from @param {Edits[][]} to */
  #step(from, to) {
    const edits = from.pop();
    if (!edits) return false;
    to.push(this.script.snapshot);
    this.script.rewind(edits);
    this.#last = "";
    return true;
  }
}
