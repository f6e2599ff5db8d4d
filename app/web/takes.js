/** The sounds of sentences: what determines each, and those that are kept. */

import { utteranceToSpeak } from "./plan.js";

/**
 * @typedef {import("./passage.js").Sentence} Sentence
 * @typedef {{start: number, end: number, place: [number, number]}} Word   seconds from the beginning of the sentence;
 *   UTF-16 units from its beginning
 *
 * @typedef {object} Take   the sound of one sentence, with the pause after it
 * @property {Int16Array<ArrayBuffer>} samples
 * @property {number} rate   Hertz
 * @property {number} spoken   seconds without the pause
 * @property {Word[]} words
 */

const MOST_SECONDS = 2400;
/** Of sounds that are kept: 115 MB at 24 kHz. */
const PART_PAUSE = 1;
/** Seconds after the last sentence of a part, before the next part. */
const FULL_SCALE = 32768;
const PEAKS_PER_SECOND = 50;

/** @param {Take} take */
export function secondsOf(take) {
  return take.samples.length / take.rate;
}

/** Sounds by all that determines them; the oldest are dropped. */
export class Takes {
  /** @type {Map<string, Take>} */
  #kept = new Map();
  #seconds = 0;

  /** @param {string} key */
  find(key) {
    return this.#kept.get(key);
  }

  /** @param {string} key @param {Take} take */
  keep(key, take) {
    this.#drop(key);
    this.#kept.set(key, take);
    this.#seconds += secondsOf(take);
    for (const old of this.#kept.keys()) {
      if (this.#seconds <= MOST_SECONDS || old === key) return;
      this.#drop(old);
    }
  }

  /** @param {string} key */
  #drop(key) {
    const take = this.#kept.get(key);
    if (take) this.#seconds -= secondsOf(take);
    this.#kept.delete(key);
  }
}

/**
 * The utterance of a sentence in a part. The last one of a part has a pause if another part follows.
 * @param {Sentence[]} sentences
 * @param {number} index
 * @param {boolean} hasNext   whether another part follows
 * @returns {Record<string, unknown>}
 */
export function utteranceIn(sentences, index, hasNext) {
  const utterance = utteranceToSpeak(sentences[index]);
  const isUnpaused = index === sentences.length - 1 && hasNext && !utterance.pause_after;
  return isUnpaused ? { ...utterance, pause_after: PART_PAUSE } : utterance;
}

/** What determines the sound of an utterance. @param {Record<string, unknown>} utterance */
export function keyOf({ span, probabilities, reason, source, strength, speaker, analyzed, ...heard }) {
  return JSON.stringify(heard);
}

/** @type {WeakMap<Take, number[]>} */
const peaks = new WeakMap();

/** How loud a sound is, from 0 to 1, in even steps. @param {Take} take */
export function peaksOf(take) {
  const known = peaks.get(take);
  if (known) return known;
  const { samples, rate } = take;
  const step = rate / PEAKS_PER_SECOND;
  const found = Array.from({ length: Math.ceil(samples.length / step) }, (_, i) => {
    let loudest = 0;
    const end = Math.min((i + 1) * step, samples.length);
    for (let at = Math.floor(i * step); at < end; at++) loudest = Math.max(loudest, Math.abs(samples[at]));
    return loudest / FULL_SCALE;
  });
  peaks.set(take, found);
  return found;
}
