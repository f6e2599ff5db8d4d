/**
 * Audiobooks (M4B): AAC in MP4 (ISO/IEC 14496-12 and -14) with chapters as a text track (QuickTime) and as a list (Nero),
 * and tags as iTunes writes them.
 */

import { big, bytesIn, checkSize, joined, latin, utf8 } from "./bytes.js";

/**
 * @typedef {import("./bytes.js").Bytes} Bytes
 * @typedef {import("./book.js").Tags} Tags
 * @typedef {{size: number, duration: number}} Sample   bytes, and time in units of the track
 * @typedef {{name: string, place: number, samples: Sample[]}} Chunks   samples that lie in a row in the file
 */

const RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000];
const FRAME = 1024;
/** Samples of sound in a frame of AAC. */
const CHUNK_FRAMES = 22;
/** About a second, which a player reads at once. */
const MS = 1000;
const MOST_LISTED = 255;
/** Chapters in the list, whose count has a byte. */
const UNITY = big([65536, 4], [0, 12], [65536, 4], [0, 12], [2 ** 30, 4]);
/** A picture neither turned nor stretched. */
const HINT = "Export single parts, or the plan for intone say --plan.";

export class M4b {
  /** The format of the parts: AAC in ADTS. */
  static source = "aac";
  #rate = 0;
  /** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1). @type {Bytes} */
  #config = new Uint8Array();
  /** @type {Sample[]} */
  #frames = [];
  /** @type {Blob[]} */
  #pieces = [];

  get seconds() {
    return this.#rate ? (this.#frames.length * FRAME) / this.#rate : 0;
  }

  /** Add a part: its frames without the heads of ADTS (ISO/IEC 13818-7, 6.2). @param {Blob} part */
  async add(part) {
    const bytes = await bytesIn(part);
    const frames = new Uint8Array(bytes.length);
    let length = 0;
    for (let at = 0; at + 7 <= bytes.length; ) {
      const head = bytes[at + 1] & 1 ? 7 : 9;
      const size = ((bytes[at + 3] & 3) << 11) | (bytes[at + 4] << 3) | (bytes[at + 5] >> 5);
      if (!this.#rate) this.#configure(bytes[at + 2], bytes[at + 3]);
      frames.set(bytes.subarray(at + head, at + size), length);
      length += size - head;
      this.#frames.push({ size: size - head, duration: FRAME });
      at += size;
    }
    this.#pieces.push(new Blob([frames.subarray(0, length)]));
  }

  /** @param {number} third   byte of a head @param {number} fourth */
  #configure(third, fourth) {
    const kind = (third >> 6) + 1;
    const rate = (third >> 2) & 15;
    const channels = ((third & 1) << 2) | (fourth >> 6);
    this.#rate = RATES[rate];
    this.#config = big([(kind << 11) | (rate << 7) | (channels << 3), 2]);
  }

  /** @param {Tags} tags */
  finish(tags) {
    const titles = tags.chapters.map(({ title }) => titleSample(title));
    const starts = [...tags.chapters.map(({ start }) => start), this.seconds].map((time) => Math.round(time * MS));
    const texts = titles.map(({ length }, i) => ({ size: length, duration: starts[i + 1] - starts[i] }));
    const size = this.#pieces.reduce((sum, piece) => sum + piece.size, sizeOf(texts));
    checkSize(size, HINT);
    checkSize(this.#frames.length * FRAME, HINT, "It would be longer than two days.");
    const kind = box("ftyp", latin("M4B "), big([0, 4]), latin("M4B M4A mp42isom"));
    // Where the data begin depends on the size of what stands before them, which does not depend on it.
    const before = kind.length + this.#index(0, texts, tags).length + 8;
    const index = this.#index(before, texts, tags);
    return new Blob([kind, index, big([size + 8, 4]), latin("mdat"), ...titles, ...this.#pieces], { type: "audio/mp4" });
  }

  /** @param {number} place   of the data in the file @param {Sample[]} texts   titles of chapters @param {Tags} tags */
  #index(place, texts, tags) {
    const duration = Math.round(this.seconds * MS);
    const sound = { name: "mp4a", place: place + sizeOf(texts), samples: this.#frames };
    const chapters = texts.length ? [titleTrack({ name: "text", place, samples: texts }, duration)] : [];
    return box(
      "moov",
      full("mvhd", big([0, 8], [MS, 4], [duration, 4], [65536, 4], [256, 2], [0, 10]), UNITY, big([0, 24], [3, 4])),
      this.#soundTrack(sound, duration, texts.length > 0),
      ...chapters,
      box("udta", ...(texts.length ? [chapterList(tags.chapters)] : []), tagList(tags)),
    );
  }

  /** @param {Chunks} sound @param {number} duration   ms @param {boolean} hasChapters */
  #soundTrack(sound, duration, hasChapters) {
    const decoder = [descriptor(5, this.#config)];
    const config = descriptor(4, big([0x40, 1], [0x15, 1], [0, 3], [0, 8]), ...decoder);
    const stream = full("esds", descriptor(3, big([1, 2], [0, 1]), config, descriptor(6, big([2, 1]))));
    const entry = box("mp4a", big([0, 6], [1, 2], [0, 8], [1, 2], [16, 2], [0, 4], [this.#rate, 2], [0, 2]), stream);
    return box(
      "trak",
      trackHead(1, duration, 7, 256),
      ...(hasChapters ? [box("tref", box("chap", big([2, 4])))] : []),
      media("soun", this.#rate, full("smhd", big([0, 4])), entry, sound, CHUNK_FRAMES),
    );
  }
}

/** @param {Chunks} texts @param {number} duration   ms */
function titleTrack(texts, duration) {
  const look = full("gmin", big([64, 2], [0x8000, 2], [0x8000, 2], [0x8000, 2], [0, 4]));
  const entry = box("text", big([0, 6], [1, 2], [0, 44]));
  const about = box("gmhd", look, box("text", UNITY));
  return box("trak", trackHead(2, duration, 0, 0), media("text", MS, about, entry, texts, texts.samples.length));
}

/** @param {number} number @param {number} duration   ms @param {number} flags @param {number} volume */
function trackHead(number, duration, flags, volume) {
  const times = big([0, 8], [number, 4], [0, 4], [duration, 4], [0, 12], [volume, 2], [0, 2]);
  return full("tkhd", times, UNITY, big([0, 8])).with(11, flags);
}

/**
 * @param {string} kind
 * @param {number} scale   units per second
 * @param {Bytes} about
 * @param {Bytes} entry   how the samples are coded
 * @param {Chunks} chunks
 * @param {number} count   samples in a chunk
 */
function media(kind, scale, about, entry, { place, samples }, count) {
  const duration = samples.reduce((sum, one) => sum + one.duration, 0);
  const source = box("dinf", full("dref", big([1, 4]), full("url ").with(11, 1)));
  const table = box("stbl", full("stsd", big([1, 4]), entry), ...tablesOf(samples, place, count));
  return box(
    "mdia",
    full("mdhd", big([0, 8], [scale, 4], [duration, 4], [0x55c4, 2], [0, 2])),
    full("hdlr", big([0, 4]), latin(kind), big([0, 13])),
    box("minf", about, source, table),
  );
}

/** When samples are heard, how large they are, and where they lie. @param {Sample[]} samples @param {number} place @param {number} count */
function tablesOf(samples, place, count) {
  /** @type {number[][]} */
  const times = [];
  const places = [];
  const sizes = new DataView(new ArrayBuffer(4 * samples.length));
  samples.forEach(({ size, duration }, i) => {
    const last = times.at(-1);
    if (last && last[1] === duration) last[0]++;
    else times.push([1, duration]);
    if (i % count === 0) places.push(place);
    sizes.setUint32(4 * i, size);
    place += size;
  });
  const rest = samples.length % count;
  const chunks = [[1, count, 1], ...(rest ? [[places.length, rest, 1]] : [])].slice(samples.length < count ? 1 : 0);
  return [
    full("stts", words([times.length], ...times)),
    full("stsc", words([chunks.length], ...chunks)),
    full("stsz", words([0, samples.length]), new Uint8Array(sizes.buffer)),
    full("stco", words([places.length], places)),
  ];
}

/** @param {Sample[]} samples */
function sizeOf(samples) {
  return samples.reduce((sum, { size }) => sum + size, 0);
}

/** @param {string} title @returns {Bytes} */
function titleSample(title) {
  const text = utf8(title);
  return joined(big([text.length, 2]), text, box("encd", big([256, 4])));
}

/** @param {import("./book.js").Chapter[]} chapters */
function chapterList(chapters) {
  const listed = chapters.slice(0, MOST_LISTED).map(({ title, start }) => {
    const text = utf8(title).slice(0, 255);
    return joined(big([Math.round(start * 1e7), 8], [text.length, 1]), text);
  });
  return full("chpl", big([0, 4], [listed.length, 1]), ...listed).with(8, 1);
}

/** @param {Tags} tags */
function tagList({ title, author, comment, cover }) {
  const texts = { "©nam": title, "©alb": title, "©ART": author, aART: author, "©cmt": comment, "©gen": "Audiobook" };
  const items = Object.entries(texts).flatMap(([name, text]) => (text ? [box(name, tagData(1, utf8(text)))] : []));
  const picture = cover ? [box("covr", tagData(cover.type === "image/png" ? 14 : 13, cover.bytes))] : [];
  const list = box("ilst", ...items, box("stik", tagData(21, big([2, 1]))), ...picture);
  return full("meta", full("hdlr", big([0, 4]), latin("mdirappl"), big([0, 9])), list);
}

/** @param {number} kind @param {Bytes} value */
function tagData(kind, value) {
  return box("data", big([kind, 4], [0, 4]), value);
}

/** @param {string} name @param {Bytes[]} content */
function box(name, ...content) {
  const size = content.reduce((sum, { length }) => sum + length, 8);
  return joined(big([size, 4]), latin(name), ...content);
}

/** A box with a version and flags, which are 0. @param {string} name @param {Bytes[]} content */
function full(name, ...content) {
  return box(name, big([0, 4]), ...content);
}

/** A descriptor (ISO/IEC 14496-1, 8.3). @param {number} tag @param {Bytes[]} content */
function descriptor(tag, ...content) {
  const all = joined(...content);
  return joined(big([tag, 1], [all.length, 1]), all);
}

/** Numbers of 32 bits. @param {number[][]} rows @returns {Bytes} */
function words(...rows) {
  const all = rows.flat();
  const view = new DataView(new ArrayBuffer(4 * all.length));
  all.forEach((value, i) => view.setUint32(4 * i, value));
  return new Uint8Array(view.buffer);
}
