/** Bytes of files: numbers, texts, and several of them in a row. */

import { Problem } from "./service.js";

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** Sizes and times in the files have 32 bits. */
const MOST = 2 ** 32 - 1;
const BIT_COUNT = 8;

/** Numbers with their counts of bytes, the least significant first. @param {number[][]} all @returns {Bytes} */
export function little(...all) {
  return Uint8Array.from(all.flatMap(([value, size]) => digitsOf(value, size)));
}

/** Numbers with their counts of bytes, the most significant first. @param {number[][]} all @returns {Bytes} */
export function big(...all) {
  return Uint8Array.from(all.flatMap(([value, size]) => digitsOf(value, size).reverse()));
}

/** @param {number} value   possibly of more than 32 bits @param {number} size */
function digitsOf(value, size) {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (BIT_COUNT * i)) % 256);
}

/** A text as UTF-8. @param {string} text @returns {Bytes} */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** Letters of one byte each, such as the name of a field. @param {string} letters @returns {Bytes} */
export function latin(letters) {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

/** @param {Bytes[]} pieces @returns {Bytes} */
export function joined(...pieces) {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** @param {Blob} file @param {number} [from] @param {number} [to] @returns {Promise<Bytes>} */
export async function bytesIn(file, from = 0, to = file.size) {
  return new Uint8Array(await file.slice(from, to).arrayBuffer());
}

/**
 * Refuse what has no place in 32 bits.
 * @param {number} value
 * @param {string} hint
 * @param {string} [detail]
 */
export function checkSize(value, hint, detail = "It would have over 4 GB.") {
  if (value > MOST) throw new Problem("too_large", "The file would be too large", detail, hint);
}
