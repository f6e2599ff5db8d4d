/** Plans: how edits are laid over what the service planned, and how they find their sentence in the next plan. */

import { likeness, sameHead, sameTail } from "./text.js";

/**
 * @typedef {object} Utterance   what the service decided for one sentence
 * @property {string} text
 * @property {string} [ssml]   the text with the markup that changes its reading
 * @property {string} [spoken]   the text as it is read, with numbers in words
 * @property {[number, number] | null} span   code points
 * @property {string} voice
 * @property {string} emotion
 * @property {number | null} strength   how strongly the text suggests the emotion; null if a person chose it
 * @property {number} degree
 * @property {"narration" | "dialogue"} role
 * @property {string | null} [speaker]   who speaks dialogue, if the text names them
 * @property {number} speed
 * @property {number} volume
 * @property {number} [pitch]   semitones; absent if it is 0
 * @property {number} pause_after   seconds
 * @property {Record<string, number> | null} probabilities
 * @property {string} reason
 * @property {number} [start]   seconds; only if it was spoken
 * @property {number} [end]
 * @property {{text: string, span: [number, number] | null, start: number, end: number}[]} [words]
 *
 * @typedef {{code: string, detail: string}} Warning
 * @typedef {{voice: string, duration_estimate: number, utterances: Utterance[], warnings: Warning[]}} Plan
 *
 * @typedef {"emotion" | "degree" | "speed" | "pitch" | "pause_after" | "voice" | "take"} Field   `take` counts the
 *   other renditions of a sentence that were requested
 * @typedef {Partial<Record<Field, string | number>>} Edits   what a person wants other than planned
 * @typedef {{utterance: Utterance, edits: Edits, seed: number}} Edited
 */

const SENT = [
  "text",
  "ssml",
  "span",
  "voice",
  "emotion",
  "blend",
  "strength",
  "degree",
  "role",
  "speaker",
  "speed",
  "volume",
  "pitch",
  "pause_after",
  "source",
  "reason",
  "analyzed",
];
const MEANT = ["text", "ssml", "voice", "emotion", "degree", "role", "speed", "volume", "pitch", "pause_after"];
const USUAL = { degree: 1, role: "narration", speed: 1, volume: 1, pitch: 0, take: 0 };
/** From which likeness on a text that was rewritten counts as the same sentence. */
export const ALIKE = 0.5;

/**
 * A field as it will be spoken.
 * @param {Edited} sentence
 * @param {Field} field
 */
export function valueOf({ utterance, edits }, field) {
  return laidOver(utterance, edits)[field] ?? USUAL[/** @type {"pitch"} */ (field)];
}

/**
 * The edits with one field changed; a field that is as planned again is no edit.
 * @param {Edited} sentence
 * @param {Field} field
 * @param {string | number} value
 * @returns {Edits}
 */
export function withEdit({ utterance, edits }, field, value) {
  const { [field]: _, ...others } = edits;
  const planned = valueOf({ utterance, edits: others }, field);
  return value === planned ? others : { ...others, [field]: value };
}

/**
 * Return an utterance to speak, with what the service needs to recognize edits and its position in the text.
 * @param {Edited} sentence
 */
export function utteranceToSpeak({ utterance, edits, seed }) {
  return { ...picked(laidOver(utterance, edits), SENT), seed: takeOf(seed, edits) };
}

/**
 * @param {string} voice
 * @param {Edited[]} sentences
 */
export function planToSpeak(voice, sentences) {
  return { voice, utterances: sentences.map(utteranceToSpeak) };
}

/**
 * The same sound in as few words as can be, for people who read it.
 * @param {string} voice
 * @param {Edited[]} sentences
 */
export function planToShow(voice, sentences) {
  const utterances = sentences.map(({ utterance, edits, seed }) => {
    const all = picked(laidOver(utterance, edits), MEANT);
    const unusual = Object.entries(all).filter(([name, value]) => USUAL[/** @type {"pitch"} */ (name)] !== value);
    return { ...Object.fromEntries(unusual), seed: takeOf(seed, edits) };
  });
  return { voice, utterances };
}

/** Seeds: a sentence sounds the same wherever it stands, and another take of it sounds otherwise. */

const SEEDS = 2 ** 32;
const STEP = 0x9e3779b9;
/** The golden ratio in 32 bits, so that the seeds of takes share no pattern. */

/**
 * The seed of each sentence: the FNV-1a hash of its text, one more for each time that the text occurred before.
 * @param {Utterance[]} utterances
 */
export function seedsOf(utterances) {
  const seen = new Map();
  return utterances.map(({ text }) => {
    const before = seen.get(text) ?? 0;
    seen.set(text, before + 1);
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return ((hash >>> 0) + before) % SEEDS;
  });
}

/** @param {number} seed @param {Edits} edits */
function takeOf(seed, edits) {
  return (seed + Number(edits.take ?? 0) * STEP) % SEEDS;
}

/**
 * An utterance as it was edited. An emotion that a person chose is spoken fully, unless they chose a strength as well.
 * @param {Utterance} utterance
 * @param {Edits} edits
 */
function laidOver(utterance, edits) {
  const chosen = edits.emotion === undefined ? {} : { degree: USUAL.degree, strength: null };
  return { ...utterance, ...chosen, ...edits };
}

/** @param {object} all @param {string[]} names */
function picked(all, names) {
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}

/**
 * The edits of a plan's utterances, taken over from the plan before: what stands at both ends and is the same keeps
 * its edits, in between a text finds itself again, and at last one that was only rewritten a little.
 * @param {{utterance: {text: string}, edits: Edits}[]} before
 * @param {Utterance[]} after
 * @returns {Edits[]}
 */
export function carried(before, after) {
  const texts = before.map((one) => one.utterance.text);
  const wanted = after.map((one) => one.text);
  const head = sameHead(texts, wanted);
  const tail = Math.min(sameTail(texts, wanted), Math.min(texts.length, wanted.length) - head);
  const middle = between(before.slice(head, before.length - tail), wanted.slice(head, wanted.length - tail));
  const edits = before.map((one) => one.edits);
  return [...edits.slice(0, head), ...middle, ...edits.slice(edits.length - tail)];
}

/**
 * Edits that were kept with their texts. One whose sentence is still in its place is the surest.
 * @param {import("./project.js").Pin[]} pins
 * @param {Utterance[]} after
 * @returns {Edits[]}
 */
export function pinned(pins, after) {
  const inPlace = new Map(pins.filter(({ at, text }) => after[at]?.text === text).map((pin) => [pin.at, pin]));
  const others = pins.filter((pin) => !inPlace.has(pin.at)).map(({ text, edits }) => ({ utterance: { text }, edits }));
  const free = after.map(({ text }, i) => (inPlace.has(i) ? "" : text));
  const found = between(others, free);
  return after.map((_, i) => ({ ...(inPlace.get(i)?.edits ?? found[i]) }));
}

/** @param {{utterance: {text: string}, edits: Edits}[]} before @param {string[]} wanted @returns {Edits[]} */
function between(before, wanted) {
  const free = before.filter((one) => Object.keys(one.edits).length > 0);
  /** @param {(text: string, old: string) => boolean} fits @param {string} text */
  const take = (fits, text) => {
    const place = free.findIndex((one) => fits(text, one.utterance.text));
    return place < 0 ? null : free.splice(place, 1)[0].edits;
  };
  const exact = wanted.map((text) => take((one, old) => one === old, text));
  return wanted.map((text, i) => exact[i] ?? take((one, old) => likeness(one, old) >= ALIKE, text) ?? {});
}
