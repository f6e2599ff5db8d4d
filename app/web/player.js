/** Plays the project from any sentence: part after part without a gap, while the rest is synthesized. */

import { LiveSound } from "./sound.js";
import { Arrival, FIRST_CHARACTERS, sliceOf } from "./speech.js";
import { keyOf, utteranceIn } from "./takes.js";

/**
 * @typedef {import("./passage.js").Sentence} Sentence
 * @typedef {import("./takes.js").Take} Take
 * @typedef {{text: string, voice: string, sentences: Sentence[], hasNext: boolean}} Lines   a part as it is spoken
 *
 * @typedef {object} Entry   a sentence in the sound
 * @property {number} part
 * @property {number} index
 * @property {Lines} lines
 * @property {number} from   seconds from the beginning of the sound
 * @property {number} offset   seconds of the sentence that were left out
 * @property {() => import("./takes.js").Word[]} words
 *
 * @typedef {object} PlayerEvents   what surrounds the player
 * @property {import("./service.js").Api} api
 * @property {import("./takes.js").Takes} takes
 * @property {(part: number, signal: AbortSignal) => Promise<Lines | null>} lines   null after a reported failure
 * @property {(part: number, signal: AbortSignal) => Promise<Lines | null>} opening   the first sentences of a part; null
 *   if the part is planned already, or soon
 * @property {(work: () => Promise<true>) => Promise<true | null>} attempt   null after a failure, which is reported
 * @property {() => void} changed   the state is another
 * @property {() => void} arrived   the sound of a sentence is complete
 * @property {(next: Place | null) => void} finished   all was heard; `next` is what could not be synthesized
 * @property {(warnings: import("./plan.js").Warning[]) => void} warned
 */

const AHEAD_SECONDS = 45;
/** Nothing more is requested while so much waits to be heard. */
const LOOK_MS = 250;

/** A sentence of a part, and seconds in it. */
/** @typedef {{part: number, index: number, offset: number}} Place */

export class Player {
  /** @type {LiveSound | null} */
  #sound = null;
  /** @type {AbortController | null} */
  #run = null;
  /** @type {Entry[]} */
  #entries = [];
  /** The sentence that is synthesized next. @type {Place | null} */
  #next = null;

  /** @param {PlayerEvents} on */
  constructor(on) {
    this.on = on;
  }

  /** `making` until the first sound. @returns {"still" | "making" | "playing" | "paused"} */
  get state() {
    if (!this.#sound) return "still";
    if (this.#sound.isPaused) return "paused";
    return this.#entries.length ? "playing" : "making";
  }

  /** The sentence that is heard, and the seconds in it. */
  get heard() {
    const time = this.#sound?.heard ?? 0;
    const entry = this.#entries.findLast(({ from }) => from <= time);
    return entry ? { ...entry, time: time - entry.from + entry.offset } : null;
  }

  /** @param {Place} place */
  async play(place) {
    this.stop();
    const run = (this.#run = new AbortController());
    const sound = (this.#sound = new LiveSound(() => this.#ended(sound)));
    this.on.changed();
    this.#next = place;
    // After a key was entered, the work goes on where it was refused.
    const done = await this.on.attempt(() => this.#speak(sound, run.signal, this.#next ?? place));
    if (run.signal.aborted) return;
    if (done) this.#next = null;
    if (done || this.#entries.length) sound.complete();
    else this.stop();
  }

  async pause() {
    const paused = this.#sound?.pause();
    this.on.changed();
    await paused;
  }

  async resume() {
    const resumed = this.#sound?.resume();
    this.on.changed();
    await resumed;
  }

  stop() {
    this.#run?.abort();
    this.#sound?.close();
    this.#run = this.#sound = null;
    this.#entries = [];
    this.on.changed();
  }

  /** @param {LiveSound} sound */
  #ended(sound) {
    if (this.#sound !== sound) return;
    this.stop();
    this.on.finished(this.#next);
  }

  /**
   * @param {LiveSound} sound
   * @param {AbortSignal} signal
   * @param {Place} place
   * @returns {Promise<true>}
   */
  async #speak(sound, signal, { part, index, offset }) {
    for (;;) {
      this.#next = { part, index, offset };
      const planned = this.on.lines(part, signal);
      // What is heard first does not wait for the plan of the whole part.
      const isFirst = index === 0 && !this.#entries.length;
      const opening = isFirst ? await this.on.opening(part, signal) : null;
      signal.throwIfAborted();
      if (opening) await this.#speakLines(sound, signal, { part, index, offset }, opening);
      const lines = await planned;
      signal.throwIfAborted();
      // The failure was reported.
      if (!lines) throw new DOMException("The part could not be planned.", "AbortError");
      const place = opening ? { part, index: after(opening, lines), offset: 0 } : { part, index, offset };
      await this.#speakLines(sound, signal, place, lines);
      if (!lines.hasNext) return true;
      part++;
      index = offset = 0;
    }
  }

  /**
   * @param {LiveSound} sound
   * @param {AbortSignal} signal
   * @param {Place} place   of the first sentence
   * @param {Lines} lines
   */
  async #speakLines(sound, signal, { part, index, offset }, lines) {
    while (index < lines.sentences.length) {
      this.#next = { part, index, offset };
      await until(() => sound.pushed - sound.heard < AHEAD_SECONDS, signal);
      const utterance = utteranceIn(lines.sentences, index, lines.hasNext);
      const take = this.on.takes.find(keyOf(utterance));
      if (take) {
        this.#begin(sound, { part, index, lines, words: () => take.words }, offset);
        sound.push(take.samples.subarray(Math.round(offset * take.rate)), take.rate);
        index++;
      } else index = await this.#request(sound, signal, part, index, lines);
      offset = 0;
    }
  }

  /**
   * Speak the next sentences, and keep their sounds; return the number of the sentence after them.
   * @param {LiveSound} sound
   * @param {AbortSignal} signal
   * @param {number} part
   * @param {number} index
   * @param {Lines} lines
   */
  async #request(sound, signal, part, index, lines) {
    const { sentences, hasNext, text } = lines;
    const utterances = sentences.map((_, i) => (i < index ? {} : utteranceIn(sentences, i, hasNext)));
    const isThere = (/** @type {number} */ i) => Boolean(this.on.takes.find(keyOf(utterances[i])));
    const [from, to] = sliceOf(sentences, index, isThere, this.#entries.length ? undefined : FIRST_CHARACTERS);
    let begun = -1;
    const arrival = new Arrival(text, sentences.slice(from, to), (i, take) => {
      this.on.takes.keep(keyOf(utterances[from + i]), take);
      if (!signal.aborted) this.on.arrived();
    });
    const plan = { voice: lines.voice, utterances: utterances.slice(from, to) };
    for await (const event of this.on.api.speak({ plan }, signal)) {
      const samples = arrival.take(event);
      if (!samples || signal.aborted) continue;
      if (arrival.index !== begun) {
        begun = arrival.index;
        const { words } = arrival;
        const own = keyOf(utterances[from + begun]);
        const known = () => this.on.takes.find(own)?.words ?? words;
        this.#begin(sound, { part, index: from + begun, lines, words: known }, 0);
      }
      sound.push(samples, arrival.rate);
    }
    this.on.warned(arrival.warnings);
    return to;
  }

  /** @param {LiveSound} sound @param {Omit<Entry, "from" | "offset">} one @param {number} offset */
  #begin(sound, one, offset) {
    this.#entries.push({ ...one, from: sound.pushed, offset });
    if (this.#entries.length === 1) this.on.changed();
  }
}

/** The number of the first sentence of a part after its opening. @param {Lines} opening @param {Lines} lines */
function after(opening, { sentences }) {
  const end = opening.sentences.at(-1)?.end ?? 0;
  const found = sentences.findIndex(({ start }) => start >= end);
  return found < 0 ? sentences.length : found;
}

/** Wait for a condition. @param {() => boolean} condition @param {AbortSignal} signal */
async function until(condition, signal) {
  while (!condition()) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    signal.throwIfAborted();
  }
}
