/** What was spoken: the sound, and when each sentence and word is heard. */

import { placesOf } from "./text.js";

/**
 * @typedef {{start: number, end: number, place: [number, number]}} Stretch   seconds; UTF-16 units of the text
 * @typedef {Stretch & {emotion: string, words: Stretch[]}} SpokenSentence
 *
 * @typedef {object} Speech
 * @property {string} text   that was spoken
 * @property {Blob} sound
 * @property {number} duration   seconds
 * @property {number[]} peaks   loudness from 0 to 1, evenly over the duration
 * @property {SpokenSentence[]} sentences
 */

const HEADER = 44;
const FULL_SCALE = 32768;
const MOST_PEAKS = 4000;

/**
 * @param {import("./api.js").Spoken} answer   as WAV
 * @param {string} text
 * @returns {Speech}
 */
export function speechOf(answer, text) {
  const bytes = bytesOf(answer.audio);
  const places = placesOf(text);
  const sentences = answer.plan.utterances
    .filter((one) => one.span && one.start !== undefined)
    .map((one) => ({
      ...stretch(one, places),
      emotion: one.emotion,
      words: (one.words ?? []).filter((word) => word.span).map((word) => stretch(word, places)),
    }));
  const sound = new Blob([bytes], { type: answer.content_type });
  return { text, sound, duration: answer.duration, peaks: peaksOf(bytes), sentences };
}

/**
 * @param {{start?: number, end?: number, span: [number, number] | null}} one
 * @param {number[]} places
 * @returns {Stretch}
 */
function stretch({ start = 0, end = 0, span }, places) {
  const [from, to] = span ?? [0, 0];
  return { start, end, place: [places[from], places[to]] };
}

/** @param {string} base64 */
export function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * The loudest sample of each stretch of a 16-bit mono WAV, the loudest of all being 1.
 * @param {Uint8Array<ArrayBuffer>} wav
 */
function peaksOf(wav) {
  const samples = new Int16Array(wav.buffer, HEADER, (wav.length - HEADER) >> 1);
  const count = Math.min(MOST_PEAKS, samples.length);
  const peaks = Array.from({ length: count }, (_, i) => {
    const [from, to] = [i, i + 1].map((edge) => Math.floor((edge * samples.length) / count));
    let most = 0;
    for (let at = from; at < to; at++) most = Math.max(most, Math.abs(samples[at]));
    return most / FULL_SCALE;
  });
  const loudest = peaks.reduce((a, b) => Math.max(a, b), 0.01);
  return peaks.map((peak) => peak / loudest);
}

/**
 * What is heard at a time: the last that has begun.
 * @template {Stretch} S
 * @param {S[]} stretches
 * @param {number} time
 * @returns {S | undefined}
 */
export function heardAt(stretches, time) {
  return stretches.findLast((one) => one.start <= time);
}
