/** The text of a part with its sentences: what was planned for each, what was edited, and where it stands. */

import { ALIKE, carried, pinned, seedsOf, valueOf, withEdit } from "./plan.js";
import { difference, likeness, placesOf } from "./text.js";

/**
 * @typedef {import("./plan.js").Edits} Edits
 * @typedef {import("./plan.js").Field} Field
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {import("./plan.js").Utterance} Utterance
 * @typedef {import("./project.js").Pin} Pin
 *
 * @typedef {object} Sentence
 * @property {Utterance} utterance
 * @property {Edits} edits
 * @property {number} seed
 * @property {number} start   UTF-16 units
 * @property {number} end
 * @property {boolean} stale   whether the text was changed since it was planned
 */

export class Passage {
  text = "";
  /** @type {Plan | null} */
  plan = null;
  /** @type {Sentence[]} */
  sentences = [];
  /** Those of the last plan, which lend their edits to the next. @type {Sentence[]} */
  #planned = [];
  /** The text of the last plan. @type {string | null} */
  #plannedText = null;
  /** Edits that wait for the next plan instead. @type {Pin[] | null} */
  #pins = null;

  /** @param {import("./project.js").Part} [part] @param {Plan} [plan]   of its text */
  constructor(part = { title: "", text: "", pins: [] }, plan) {
    this.text = part.text;
    this.#pins = part.pins;
    if (plan) this.adopt(plan);
  }

  /** The text is another now: sentences move along with it until they are planned anew. @param {string} text */
  type(text) {
    const change = difference(this.text, text);
    this.sentences = this.sentences.map((one) => moved(one, change)).filter((one) => !one.stale || isLike(one, text));
    this.text = text;
  }

  /** The text and its edits are those of a part, until it is planned. @param {import("./project.js").Part} part */
  restore({ text, pins }) {
    this.type(text);
    this.#pins = pins;
  }

  /** A plan of the text as it is now. @param {Plan} plan */
  adopt(plan) {
    const places = placesOf(this.text);
    const edits = this.#pins ? pinned(this.#pins, plan.utterances) : carried(this.#planned, plan.utterances);
    const seeds = seedsOf(plan.utterances);
    this.plan = plan;
    this.#plannedText = this.text;
    this.sentences = plan.utterances.map((utterance, i) => {
      const [start, end] = utterance.span ?? [0, 0];
      return { utterance, edits: edits[i], seed: seeds[i], start: places[start], end: places[end], stale: false };
    });
    this.#planned = this.sentences;
    this.#pins = null;
  }

  /** Nothing is planned, for there is no text. */
  clear() {
    this.plan = null;
    this.sentences = [];
    this.#planned = [];
    this.#pins = null;
  }

  /** @param {number} index @param {Field} field @param {string | number} value */
  edit(index, field, value) {
    const sentence = this.sentences[index];
    replace(sentence, withEdit(sentence, field, value));
    this.#keep(index);
  }

  /** As planned again. @param {number} index */
  reset(index) {
    replace(this.sentences[index], {});
    this.#keep(index);
  }

  /** An edit before the next plan belongs to those that wait for it. @param {number} at */
  #keep(at) {
    if (!this.#pins) return;
    const { utterance, edits } = this.sentences[at];
    const others = this.#pins.filter((one) => one.at !== at || one.text !== utterance.text);
    this.#pins = [...others, ...(isEdited({ edits }) ? [{ at, text: utterance.text, edits: { ...edits } }] : [])];
  }

  get voice() {
    return this.plan?.voice ?? "";
  }

  /** Whether the plan is that of the text. */
  get isPlanned() {
    return this.plan !== null && this.#plannedText === this.text;
  }

  /** Edits and their texts, to be kept. @returns {Pin[]} */
  get pins() {
    if (this.#pins) return this.#pins;
    return this.#planned.flatMap(({ utterance, edits }, at) =>
      isEdited({ edits }) ? { at, text: utterance.text, edits: { ...edits } } : [],
    );
  }

  /** The edits of a stretch of the text, which becomes a part of its own. @param {number} from @param {number} to */
  pinsWithin(from, to) {
    if (this.#pins) return this.#pins.filter(({ text }) => this.text.slice(from, to).includes(text));
    const inside = this.sentences.filter(({ start }) => from <= start && start < to);
    return inside.flatMap(({ utterance, edits }, at) =>
      isEdited({ edits }) ? { at, text: utterance.text, edits: { ...edits } } : [],
    );
  }

  /** The sentence at a place of the text, or before it; -1 if there is none. @param {number} place */
  at(place) {
    return this.sentences.findLastIndex((one) => one.start <= place);
  }

  /** Numbers of the sentences that a stretch of the text touches. @param {number} from @param {number} to */
  between(from, to) {
    return this.sentences.flatMap((one, i) => (one.start < to && one.end > from ? i : []));
  }
}

/**
 * Edits are written into the object that the plan's list shares.
 * @param {Sentence} sentence
 * @param {Edits} edits
 */
function replace(sentence, edits) {
  for (const field of Object.keys(sentence.edits)) delete sentence.edits[/** @type {Field} */ (field)];
  Object.assign(sentence.edits, edits);
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

/** How strongly a sentence is felt; 0 if it is neutral, which has no strength. @param {Sentence} sentence */
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

