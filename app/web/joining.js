/** MP3 and WAV files of several parts, with chapters and tags. */

import { big, bytesIn, checkSize, joined, latin, little, utf8 } from "./bytes.js";

/**
 * @typedef {import("./bytes.js").Bytes} Bytes
 * @typedef {import("./book.js").Tags} Tags
 */

const MS = 1000;
const HINT = "Export it as M4B or MP3, or single parts.";

/** MP3 (ISO/IEC 11172-3, 13818-3) after tags of ID3v2.4, with the chapters of its addendum. */

const KBITS = [
  [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/** Bit rates of layer III in MPEG-1, and in MPEG-2. */
const RATES = [44100, 48000, 32000];
const MOST_CHILDREN = 255;
/** Chapters in the table of contents, whose count has a byte. */

export class Mp3 {
  static source = "mp3";
  seconds = 0;
  /** @type {Blob[]} */
  #pieces = [];

  /** Add a part without its first frame, if that only says how long the part is. @param {Blob} part */
  async add(part) {
    const head = await bytesIn(part, 0, 64);
    const { size, bitRate } = frameIn(head);
    const isInfo = /Info|Xing/.test(String.fromCharCode(...head));
    const piece = part.slice(isInfo ? size : 0);
    this.#pieces.push(piece);
    this.seconds += (8 * piece.size) / bitRate;
  }

  /** @param {Tags} tags */
  finish({ title, author, comment, cover, chapters }) {
    const ends = [...chapters.slice(1).map(({ start }) => start), this.seconds];
    const texts = { TIT2: title, TALB: title, TPE1: author, TPE2: author, TCON: "Audiobook" };
    const frames = [
      ...Object.entries(texts).flatMap(([name, text]) => (text ? [textFrame(name, text)] : [])),
      frame("COMM", latin("\x03eng\0"), utf8(comment)),
      ...(cover ? [frame("APIC", latin(`\x00${cover.type}\0\x03\0`), cover.bytes)] : []),
      ...(chapters.length ? [contents(chapters.length)] : []),
      ...chapters.map((chapter, i) => {
        const times = big([chapter.start * MS, 4], [ends[i] * MS, 4], [2 ** 32 - 1, 4], [2 ** 32 - 1, 4]);
        return frame("CHAP", latin(`c${i}\0`), times, textFrame("TIT2", chapter.title));
      }),
    ];
    const tag = joined(...frames);
    return new Blob([latin("ID3\x04\0\0"), syncSafe(tag.length), tag, ...this.#pieces], { type: "audio/mpeg" });
  }
}

/** Size and bit rate of the frame that begins here. @param {Bytes} head */
function frameIn(head) {
  const version = /** @type {0 | 2 | 3} */ ((head[1] >> 3) & 3);
  const isFirst = version === 3;
  const bitRate = MS * KBITS[isFirst ? 0 : 1][head[2] >> 4];
  const rate = RATES[(head[2] >> 2) & 3] / { 3: 1, 2: 2, 0: 4 }[version];
  return { size: Math.floor(((isFirst ? 144 : 72) * bitRate) / rate) + ((head[2] >> 1) & 1), bitRate };
}

/** @param {string} name @param {Bytes[]} content */
function frame(name, ...content) {
  const all = joined(...content);
  return joined(latin(name), syncSafe(all.length), big([0, 2]), all);
}

/** @param {string} name @param {string} text */
function textFrame(name, text) {
  return frame(name, latin("\x03"), utf8(text));
}

/** @param {number} count */
function contents(count) {
  const listed = Array.from({ length: Math.min(count, MOST_CHILDREN) }, (_, i) => `c${i}\0`);
  return frame("CTOC", latin("toc\0"), big([3, 1], [listed.length, 1]), latin(listed.join("")));
}

/** A number in bytes of seven bits. @param {number} value */
function syncSafe(value) {
  return big(...[21, 14, 7, 0].map((bits) => [(value >>> bits) & 127, 1]));
}

/** WAV (RIFF) with a point and a label at each chapter. */

const HEAD_BYTES = 4096;

export class Wav {
  static source = "wav";
  /** The chunk `fmt `. @type {Bytes} */
  #format = new Uint8Array();
  #size = 0;
  /** @type {Blob[]} */
  #pieces = [];

  get seconds() {
    return this.#size ? this.#size / this.#number(16, 4) : 0;
  }

  /** A field of the format. @param {number} place @param {number} size */
  #number(place, size) {
    return this.#format.slice(place, place + size).reduceRight((sum, byte) => sum * 256 + byte, 0);
  }

  /** @param {Blob} part */
  async add(part) {
    const head = await bytesIn(part, 0, HEAD_BYTES);
    const letters = String.fromCharCode(...head);
    const start = letters.indexOf("fmt ");
    this.#format = head.slice(start, start + 24);
    const piece = part.slice(letters.indexOf("data", start) + 8);
    this.#pieces.push(piece);
    this.#size += piece.size;
  }

  /** @param {Tags} tags */
  finish({ title, author, comment, chapters }) {
    const rate = this.#number(12, 4);
    const points = chapters.map(({ start }, i) => [[i + 1, 4], [start * rate, 4], [0x61746164, 4], [0, 8], [start * rate, 4]]);
    const labels = chapters.map((chapter, i) => chunk("labl", little([i + 1, 4]), utf8(`${chapter.title}\0`)));
    const texts = Object.entries({ INAM: title, IART: author, ICMT: comment });
    const about = texts.flatMap(([name, text]) => (text ? [chunk(name, utf8(`${text}\0`))] : []));
    const marks = [chunk("cue ", little([points.length, 4], ...points.flat())), chunk("LIST", latin("adtl"), ...labels)];
    const before = joined(
      latin("WAVE"),
      this.#format,
      chunk("LIST", latin("INFO"), ...about),
      ...(chapters.length ? marks : []),
      latin("data"),
      little([this.#size, 4]),
    );
    checkSize(before.length + this.#size, HINT);
    return new Blob([latin("RIFF"), little([before.length + this.#size, 4]), before, ...this.#pieces], { type: "audio/wav" });
  }
}

/** @param {string} name @param {Bytes[]} content */
function chunk(name, ...content) {
  const all = joined(...content);
  return joined(latin(name), little([all.length, 4]), all, new Uint8Array(all.length % 2));
}
