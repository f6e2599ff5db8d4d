/** Speech while it is made: its sentences, its samples, and their sound. */

import { bytesOf, stretch } from "./sound.js";
import { placesOf } from "./plan.js";

/**
 * @typedef {import("./sound.js").SpokenSentence} SpokenSentence
 * @typedef {import("./service.js").SpeechEvent} SpeechEvent
 */

const FULL_SCALE = 32768;
const BYTES_PER_SAMPLE = 2;
const PEAKS_PER_SECOND = 50;
const LEAST_PEAK = 0.01;
/** The loudest peak of a silent sound, which must not be drawn as loud. */

/** What was spoken: the sound, and when each sentence and word is heard. It grows with each event of the stream. */
export class StreamedSpeech {
  /** Whether the stream has ended. */
  whole = false;
  /** @type {import("./plan.js").Warning[]} */
  warnings = [];
  rate = 0;
  /** By the index of the utterance; without those that have no place in the text. @type {SpokenSentence[]} */
  #sentences = [];
  /** @type {Int16Array<ArrayBuffer>[]} */
  #pieces = [];
  #samples = 0;
  /** The loudest sample of each part of the sound. @type {number[]} */
  #peaks = [];

  /** @param {string} text   that is spoken @param {number} estimate   seconds that it may take */
  constructor(text, estimate) {
    this.text = text;
    this.estimate = estimate;
    this.places = placesOf(text);
  }

  /** Take the next event; return its samples, if it has any. @param {SpeechEvent} event */
  take(event) {
    if (event.type === "speech.start") this.rate = event.sample_rate;
    if (event.type === "speech.utterance") this.#begin(event.index, event.utterance);
    if (event.type === "speech.utterance.done") this.#end(event);
    if (event.type === "speech.audio.done") {
      this.whole = true;
      this.warnings = event.warnings;
    }
    return event.type === "speech.audio.delta" ? this.#add(new Int16Array(bytesOf(event.audio).buffer)) : null;
  }

  /** Seconds that are there. */
  get received() {
    return this.#samples / (this.rate || 1);
  }

  /** Seconds; an estimate until the stream has ended. */
  get duration() {
    return this.whole ? this.received : Math.max(this.estimate, this.received);
  }

  get sentences() {
    return this.#sentences.filter(Boolean);
  }

  /** Loudness from 0 to 1, evenly over the duration. */
  get peaks() {
    const loudest = this.#peaks.reduce((a, b) => Math.max(a, b), LEAST_PEAK);
    const peaks = this.#peaks.map((peak) => peak / loudest);
    const missing = Math.max(0, Math.ceil(this.duration * PEAKS_PER_SECOND) - peaks.length);
    return [...peaks, ...Array(missing).fill(0)];
  }

  /** The sound as a file. */
  get sound() {
    return new Blob([wavHeader(this.#samples, this.rate), ...this.#pieces], { type: "audio/wav" });
  }

  /** @param {number} index @param {import("./plan.js").Utterance} utterance */
  #begin(index, utterance) {
    const { start = 0, words = [], span, emotion } = utterance;
    if (!span) return;
    const end = words.at(-1)?.end ?? start;
    this.#sentences[index] = {
      ...stretch({ start, end, span }, this.places),
      emotion,
      words: words.filter((word) => word.span).map((word) => stretch(word, this.places)),
    };
  }

  /** @param {import("./service.js").UtteranceDone} done */
  #end({ index, end, words }) {
    const sentence = this.#sentences[index];
    if (!sentence) return;
    const spoken = words.filter((word) => word.span).map((word) => stretch(word, this.places));
    this.#sentences[index] = { ...sentence, end, words: spoken };
  }

  /** @param {Int16Array<ArrayBuffer>} piece */
  #add(piece) {
    for (let at = 0; at < piece.length; at++) {
      const part = Math.floor(((this.#samples + at) * PEAKS_PER_SECOND) / this.rate);
      this.#peaks[part] = Math.max(this.#peaks[part] ?? 0, Math.abs(piece[at]) / FULL_SCALE);
    }
    this.#pieces.push(piece);
    this.#samples += piece.length;
    return piece;
  }
}

/** The header of a WAV file of 16-bit mono. @param {number} samples @param {number} rate */
function wavHeader(samples, rate) {
  const header = new DataView(new ArrayBuffer(44));
  const size = samples * BYTES_PER_SAMPLE;
  const words = /** @type {[number, string][]} */ ([
    [0, "RIFF"],
    [8, "WAVEfmt "],
    [36, "data"],
  ]);
  for (const [at, word] of words) [...word].forEach((letter, i) => header.setUint8(at + i, letter.charCodeAt(0)));
  header.setUint32(4, 36 + size, true);
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * BYTES_PER_SAMPLE, true);
  header.setUint16(32, BYTES_PER_SAMPLE, true);
  header.setUint16(34, 8 * BYTES_PER_SAMPLE, true);
  header.setUint32(40, size, true);
  return header.buffer;
}

const USUAL_RATE = 24000;
const LEAD = 0.1;
/** Seconds from the arrival of the first piece to its sound, in which the next one arrives. */

/** Samples that sound while more of them arrive, with the properties of an audio element that the player needs. */
export class LiveSound {
  /** The time of the context at which the sound began, had it never paused. @type {number | null} */
  #start = null;
  #seconds = 0;
  #whole = false;
  /** Pieces that have not been played to their end. */
  #sounding = 0;
  paused = false;

  /** Created by a click, or some browsers keep it silent. @param {{changed: () => void, ended: () => void}} stage */
  constructor(stage) {
    this.stage = stage;
    this.context = new AudioContext({ sampleRate: USUAL_RATE });
    // Safari starts no sound by itself; a close in between is no failure.
    this.context.resume().catch(() => {});
  }

  /** @param {Int16Array<ArrayBuffer>} samples @param {number} rate */
  push(samples, rate) {
    const buffer = this.context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / FULL_SCALE), 0);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    source.addEventListener("ended", () => this.#played());
    source.start(this.#place(rate));
    this.#sounding++;
    this.#seconds += samples.length / rate;
  }

  /** No more samples follow. */
  complete() {
    this.#whole = true;
    this.#check();
  }

  get currentTime() {
    if (this.#start === null) return 0;
    return Math.min(Math.max(this.context.currentTime - this.#start, 0), this.#seconds);
  }

  get ended() {
    return this.#whole && this.#sounding === 0;
  }

  async play() {
    this.paused = false;
    this.stage.changed();
    await this.context.resume();
  }

  async pause() {
    this.paused = true;
    this.stage.changed();
    await this.context.suspend();
  }

  close() {
    if (this.context.state !== "closed") this.context.close();
  }

  /**
   * When the next piece is to sound: right after the one before or, if it comes too late for that, soon. Whole samples,
   * since a browser would interpolate between them.
   * @param {number} rate
   */
  #place(rate) {
    const now = this.context.currentTime;
    if (this.#start === null || this.#start + this.#seconds < now)
      this.#start = Math.ceil((now + LEAD - this.#seconds) * rate) / rate;
    return this.#start + this.#seconds;
  }

  #played() {
    this.#sounding--;
    this.#check();
  }

  #check() {
    if (this.ended && this.context.state !== "closed") this.stage.ended();
  }
}
