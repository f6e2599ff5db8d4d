/** One file of many parts: an audiobook, MP3 or WAV with chapters, title, author and cover. */

import { chapterOf } from "./chapters.js";
import { Mp3, Wav } from "./joining.js";
import { M4b } from "./m4b.js";
import { utteranceIn } from "./takes.js";

/**
 * @typedef {{title: string, start: number}} Chapter   seconds from the beginning
 * @typedef {{type: string, bytes: import("./bytes.js").Bytes}} Cover
 * @typedef {{title: string, author: string, comment: string, cover: Cover | null, chapters: Chapter[]}} Tags
 * @typedef {{lines: import("./player.js").Lines, part: import("./project.js").Part}} PlannedPart
 */

const WRITERS = { m4b: M4b, mp3: Mp3, wav: Wav };

/**
 * Join the sounds of parts, each of which is made when the one before is written; only one is in memory at a time.
 * @param {string} format
 * @param {AsyncIterable<PlannedPart>} parts
 * @param {import("./project.js").Project} project   what the file says about itself
 * @param {(plan: object, format: string) => Promise<Blob>} make   the sound of a plan
 * @returns {Promise<Blob | null>} nothing without a text
 */
export async function joinedFile(format, parts, { name, author = "", cover }, make) {
  const Writer = WRITERS[/** @type {keyof typeof WRITERS} */ (format)];
  const writer = new Writer();
  /** @type {Chapter[]} */
  const chapters = [];
  let voice = "";
  for await (const { lines, part } of parts) {
    const title = chapterOf(part);
    if (title) chapters.push({ title, start: writer.seconds });
    const utterances = lines.sentences.map((_, i) => utteranceIn(lines.sentences, i, lines.hasNext));
    await writer.add(await make({ voice: lines.voice, utterances }, Writer.source));
    voice ||= lines.voice;
  }
  if (!writer.seconds) return null;
  if (chapters.length && chapters[0].start > 0) chapters.unshift({ title: name, start: 0 });
  // The mark of synthetic speech that files bear (Regulation (EU) 2024/1689, article 50).
  const comment = `Synthetic speech by Intone, voice ${voice}.`;
  return writer.finish({ title: name, author, comment, cover: cover ? coverIn(cover) : null, chapters });
}

/** @param {string} url   of kind `data:` @returns {Cover} */
function coverIn(url) {
  const [head, data] = url.split(",", 2);
  return { type: head.slice("data:".length, head.indexOf(";")), bytes: Uint8Array.from(atob(data), (one) => one.charCodeAt(0)) };
}
