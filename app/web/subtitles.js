/** Subtitles of a part, from the times of its words: SubRip and WebVTT. */

import { Arrival, sliceOf } from "./speech.js";
import { keyOf, secondsOf, utteranceIn } from "./takes.js";

/**
 * @typedef {{start: number, end: number, lines: string[]}} Cue   seconds from the beginning of the part
 */

const LINE_CHARACTERS = 42;
const MOST_LINES = 2;
/** As broadcasters have it. */

/**
 * Synthesize all sentences of a part that have no sound yet; return their sounds in order.
 * @param {Pick<import("./player.js").PlayerEvents, "api" | "takes">} context
 * @param {import("./player.js").Lines} lines
 * @param {AbortSignal} signal
 * @param {(share: number) => void} progress
 * @returns {Promise<Take[]>}
 */
export async function takesOf({ api, takes }, { text, voice, sentences, hasNext }, signal, progress) {
  const utterances = sentences.map((_, i) => utteranceIn(sentences, i, hasNext));
  const keys = utterances.map(keyOf);
  const found = keys.map((key) => takes.find(key));
  for (let index = 0; index < sentences.length; ) {
    const [from, to] = found[index] ? [index, index + 1] : sliceOf(sentences, index, (i) => Boolean(found[i]));
    if (!found[index]) {
      const arrival = new Arrival(text, sentences.slice(from, to), (i, take) => {
        found[from + i] = take;
        takes.keep(keys[from + i], take);
        progress((from + i + 1) / sentences.length);
      });
      const plan = { voice, utterances: utterances.slice(from, to) };
      for await (const event of api.speak({ plan }, signal)) arrival.take(event);
    }
    index = to;
  }
  return found.filter((take) => take !== undefined);
}

/**
 * @param {import("./player.js").Lines} lines
 * @param {import("./takes.js").Take[]} takes   the sound of each sentence
 * @returns {Cue[]}
 */
export function cuesOf({ text, sentences }, takes) {
  let at = 0;
  return sentences.flatMap(({ start, end }, i) => {
    const take = takes[i];
    const from = at;
    at += secondsOf(take);
    const spoken = text.slice(start, end).replace(/\s/g, " ");
    return take.spoken > 0 ? cuesIn(spoken, take).map((cue) => shifted(cue, from)) : [];
  });
}

/**
 * The cues of one sentence: as many words in each as two lines have room for.
 * @param {string} text
 * @param {import("./takes.js").Take} take
 * @returns {Cue[]}
 */
function cuesIn(text, { words, spoken }) {
  const groups = grouped(linesOf(text), MOST_LINES);
  /** @type {Cue[]} */
  const cues = [];
  for (const group of groups) {
    const place = group[0].from;
    const word = words.find((one) => one.place[1] > place);
    const start = cues.length ? (word?.start ?? (place / text.length) * spoken) : 0;
    if (cues.length) cues[cues.length - 1].end = start;
    cues.push({ start, end: spoken, lines: group.map((line) => line.text) });
  }
  return cues.filter((cue) => cue.end > cue.start);
}

/** Lines of whole words. @param {string} text */
function linesOf(text) {
  /** @type {{from: number, text: string}[]} */
  const lines = [];
  for (const match of text.matchAll(/\S+/g)) {
    const last = lines.at(-1);
    if (last && last.text.length + 1 + match[0].length <= LINE_CHARACTERS) last.text += ` ${match[0]}`;
    else lines.push({ from: match.index, text: match[0] });
  }
  return lines;
}

/** @template T @param {T[]} all @param {number} size */
function grouped(all, size) {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}

/** @param {Cue} cue @param {number} by   seconds */
function shifted({ start, end, lines }, by) {
  return { start: start + by, end: end + by, lines };
}

/** @param {Cue[]} cues */
export function toSrt(cues) {
  const blocks = cues.map(({ start, end, lines }, i) =>
    [i + 1, `${timeOf(start, ",")} --> ${timeOf(end, ",")}`, ...lines].join("\n"),
  );
  return `${blocks.join("\n\n")}\n`;
}

/** @param {Cue[]} cues */
export function toVtt(cues) {
  const blocks = cues.map(({ start, end, lines }) =>
    [`${timeOf(start, ".")} --> ${timeOf(end, ".")}`, ...lines.map(escaped)].join("\n"),
  );
  return `WEBVTT\n\n${blocks.join("\n\n")}\n`;
}

/** What has a meaning of its own in WebVTT. @param {string} line */
function escaped(line) {
  return line.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** @param {number} seconds @param {string} point */
function timeOf(seconds, point) {
  const ms = Math.round(seconds * 1000);
  const pad = (/** @type {number} */ value, length = 2) => String(Math.floor(value)).padStart(length, "0");
  const [hours, minutes] = [pad(ms / 3_600_000), pad((ms / 60_000) % 60)];
  return `${hours}:${minutes}:${pad((ms / 1000) % 60)}${point}${pad(ms % 1000, 3)}`;
}
