/** The sound of a request while it arrives, taken apart into sentences. */

import { placesOf } from "./text.js";

/**
 * @typedef {import("./passage.js").Sentence} Sentence
 * @typedef {import("./service.js").SpeechEvent} SpeechEvent
 * @typedef {import("./takes.js").Take} Take
 * @typedef {import("./takes.js").Word} Word
 */

const REQUEST_CHARACTERS = 1500;
/** About a minute and a half of speech: a request ends early enough that the next can be an edited one. */
export const FIRST_CHARACTERS = 300;
/** A short first request begins to sound sooner. */
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
