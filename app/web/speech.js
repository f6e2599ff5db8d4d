/** The sounds of sentences: taken from the stream of the service, kept, and put together. */

import { placesOf, utteranceToSpeak } from "./plan.js";

/**
 * @typedef {import("./passage.js").Sentence} Sentence
 * @typedef {import("./service.js").SpeechEvent} SpeechEvent
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
const REQUEST_CHARACTERS = 1500;
/** About a minute and a half of speech: a request ends early enough that the next can be an edited one. */
export const FIRST_CHARACTERS = 300;
/** A short first request begins to sound sooner. */
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

/**
 * Which sentences one request speaks: from a place on, up to one whose sound is there.
 * @param {Sentence[]} sentences
 * @param {number} from
 * @param {(index: number) => boolean} isThere
 * @param {number} [most]   characters
 */
export function sliceOf(sentences, from, isThere, most = REQUEST_CHARACTERS) {
  let characters = 0;
  let end = from;
  while (end < sentences.length && (end === from || (characters < most && !isThere(end)))) {
    characters += sentences[end].utterance.text.length;
    end++;
  }
  return [from, end];
}

/** The sounds of one request while they arrive. */
export class Arrival {
  rate = 0;
  /** @type {import("./plan.js").Warning[]} */
  warnings = [];
  /** Samples since the last sentence was complete. @type {Int16Array<ArrayBuffer>[]} */
  #pieces = [];
  /** The sentence that arrives. @type {{index: number, start: number, spoken: number, words: Word[]} | null} */
  #current = null;

  /**
   * @param {string} text   of the part
   * @param {Sentence[]} sentences   that were requested
   * @param {(index: number, take: Take) => void} complete
   */
  constructor(text, sentences, complete) {
    this.text = text;
    this.sentences = sentences;
    this.complete = complete;
  }

  /** The number of the sentence that arrives, among those requested. */
  get index() {
    return this.#current?.index ?? 0;
  }

  /** Words of the sentence that arrives. */
  get words() {
    return this.#current?.words ?? [];
  }

  /** Take the next event; return its samples, if it has any. @param {SpeechEvent} event */
  take(event) {
    if (event.type === "speech.start") this.rate = event.sample_rate;
    if (event.type === "speech.utterance") this.#begin(event);
    if (event.type === "speech.utterance.done") this.#end(event);
    if (event.type === "speech.audio.done") {
      this.#finish();
      this.warnings = event.warnings;
    }
    return event.type === "speech.audio.delta" ? this.#add(event.audio) : null;
  }

  /** @param {{index: number, utterance: import("./plan.js").Utterance}} event */
  #begin({ index, utterance: { start = 0, words = [], span } }) {
    this.#finish();
    const known = Math.min(index, this.sentences.length - 1);
    this.#current = { index: known, start, spoken: 0, words: this.#within(known, words, start, span) };
  }

  /** @param {import("./service.js").UtteranceDone} event */
  #end({ end, words }) {
    const one = this.#current;
    if (!one) return;
    const { span } = this.sentences[one.index].utterance;
    this.#current = { ...one, spoken: end - one.start, words: this.#within(one.index, words, one.start, span) };
  }

  /** The sentence that arrived is complete: all its samples, and those of its pause, came before the next sentence. */
  #finish() {
    const one = this.#current;
    if (!one) return;
    this.#current = null;
    this.complete(one.index, { samples: joined(this.#pieces), rate: this.rate, spoken: one.spoken, words: one.words });
    this.#pieces = [];
  }

  /**
   * @param {number} index
   * @param {NonNullable<import("./plan.js").Utterance["words"]>} words
   * @param {number} start
   * @param {[number, number] | null} span
   * @returns {Word[]}
   */
  #within(index, words, start, span) {
    if (!span) return [];
    const { start: from, end: to } = this.sentences[index];
    const places = placesOf(this.text.slice(from, to));
    const place = (/** @type {number} */ point) => places[point - span[0]] ?? places[places.length - 1];
    return words.flatMap((word) =>
      word.span
        ? { start: word.start - start, end: word.end - start, place: [place(word.span[0]), place(word.span[1])] }
        : [],
    );
  }

  /** @param {string} base64 */
  #add(base64) {
    const piece = new Int16Array(bytesOf(base64).buffer);
    this.#pieces.push(piece);
    return piece;
  }
}

/** @param {Int16Array<ArrayBuffer>[]} pieces */
function joined(pieces) {
  const all = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** @param {string} base64 */
function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** How loud a sound is, from 0 to 1, in even steps. */
/** @type {WeakMap<Take, number[]>} */
const peaks = new WeakMap();

/** @param {Take} take */
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
