/** A project: a text in parts, what was changed in it, who speaks it, and its file. All values are immutable. */

import { chaptersIn, divided } from "./chapters.js";

/**
 * @typedef {import("./plan.js").Edits} Edits
 *
 * @typedef {{at: number, text: string, edits: Edits}} Pin   the edits of a sentence: its number in the part, its text
 * @typedef {{title: string, text: string, pins: Pin[], format?: string}} Part   `format` as `input_format` of a request
 * @typedef {object} Settings
 * @property {string} [voice]   of the narrator; the service's default if it is absent
 * @property {Record<string, string>} voices   voices of the dialogue and of characters, by `dialogue` or name
 * @property {number} [expressiveness]   0 to 2; the service's default if it is absent
 * @property {Record<string, string>} lexicon   readings of words
 *
 * @typedef {{parts: Part[], settings: Settings}} Content
 * @typedef {{id: string, name: string, author?: string, cover?: string, content: Content, current: number}} Project
 *   `cover`: JPEG or PNG as a URL of kind `data:`; `current`: the part that is shown
 * @typedef {{title: string, text: string, format?: string}} Chapter
 */

const FORMAT = "intone-project";
const VERSION = 1;
const FORMATS = ["auto", "text", "markdown", "html"];
const NAME_CHARACTERS = 200;
const COVER = /^data:image\/(?:jpeg|png);base64,[A-Za-z0-9+/]*=*$/;
/** The pictures that audiobooks hold. */
export const MOST_COVER_BYTES = 3_000_000;
export const PART_CHARACTERS = 4000;
/** A part is planned at once, and a plan of this length takes the service about a second. */

/** @type {Settings} */
const NO_SETTINGS = { voices: {}, lexicon: {} };

/** @param {string} name @param {Chapter[]} chapters   at least one @param {string} [author] @returns {Project} */
export function newProject(name, chapters, author = "") {
  const parts = chapters.map((chapter) => ({ ...chapter, pins: [] }));
  const [title, writer] = [name, author].map((one) => one.slice(0, NAME_CHARACTERS));
  return { id: newId(), name: title, author: writer, content: { parts, settings: NO_SETTINGS }, current: 0 };
}

/** `crypto.randomUUID` is missing away from https and localhost. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Return the content with another part, or with several in its place.
 * @param {Content} content
 * @param {number} index
 * @param {Part[]} parts
 * @returns {Content}
 */
export function withParts(content, index, ...parts) {
  return { ...content, parts: content.parts.toSpliced(index, 1, ...parts) };
}

/**
 * The parts that a part becomes whose text is too long.
 * @param {Part} part
 * @param {string} text   the new one
 * @param {boolean} isOnly   whether the project has no other part: then headings begin parts
 * @param {number} limit   characters of a part
 * @param {(start: number, end: number) => Pin[]} pins   in a stretch of the text
 * @returns {Part[]}
 */
export function partsIn(part, text, isOnly, limit, pins) {
  const chapters = isOnly && !part.title ? chaptersIn(text, limit) : divided(part.title, text, limit);
  let end = 0;
  return chapters.map((chapter) => {
    const start = end;
    end += chapter.text.length;
    return { ...part, ...chapter, pins: pins(start, end) };
  });
}

/** The name of a part: its title, or its number. @param {Part} part @param {number} index */
export function titleOf(part, index) {
  return part.title || `Part ${index + 1}`;
}

/** @param {Content} content */
export function charactersOf(content) {
  return content.parts.reduce((sum, { text }) => sum + text.length, 0);
}

/** The project as a file. @param {Project} project */
export function toFile({ name, author, cover, content }) {
  return JSON.stringify({ format: FORMAT, version: VERSION, name, author, cover, ...content }, null, 1);
}

/**
 * Read the file of a project. Only known fields are taken over, each with its type.
 * Longer parts than the page shows are divided.
 * @param {string} json
 * @param {number} limit   characters of a part
 * @returns {Project | null}   null if it is no such file
 */
export function fromFile(json, limit) {
  const data = parsed(json);
  if (data?.format !== FORMAT || !Array.isArray(data.parts)) return null;
  const parts = data.parts.flatMap((/** @type {any} */ part) => partsFrom(part, limit));
  const { voice, voices, expressiveness, lexicon } = data.settings ?? {};
  const settings = {
    ...(typeof voice === "string" ? { voice } : {}),
    voices: stringsIn(voices),
    ...(typeof expressiveness === "number" ? { expressiveness: Math.min(Math.max(expressiveness, 0), 2) } : {}),
    lexicon: stringsIn(lexicon),
  };
  const project = newProject(String(data.name ?? "Project"), [{ title: "", text: "" }], String(data.author ?? ""));
  const cover = isCover(data.cover) ? { cover: data.cover } : {};
  return { ...project, ...cover, content: { parts: parts.length ? parts : project.content.parts, settings } };
}

/** Whether this is a picture that a project may have. @param {unknown} url */
export function isCover(url) {
  return typeof url === "string" && url.length < 1.4 * MOST_COVER_BYTES && COVER.test(url);
}

/** @param {string} json */
function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** @param {any} part @param {number} limit @returns {Part[]} */
function partsFrom(part, limit) {
  /** @type {Pin[]} */
  const pins = (Array.isArray(part?.pins) ? part.pins : []).map((/** @type {any} */ pin) => ({
    at: Number(pin?.at) || 0,
    text: textFrom(pin?.text),
    edits: editsFrom(pin?.edits),
  }));
  const format = FORMATS.includes(part?.format) ? { format: part.format } : {};
  const chapters = divided(String(part?.title ?? "").slice(0, NAME_CHARACTERS), textFrom(part?.text), limit);
  return chapters.map((chapter) => {
    const own = chapters.length === 1 ? pins : pins.filter(({ text }) => chapter.text.includes(text));
    return { ...chapter, ...format, pins: own };
  });
}

/** A text with the line ends of a text area, which knows no others. @param {unknown} text */
function textFrom(text) {
  return String(text ?? "").replace(/\r\n?/g, "\n");
}

const FIELDS = /** @type {const} */ ({
  emotion: "string",
  voice: "string",
  degree: "number",
  speed: "number",
  pitch: "number",
  pause_after: "number",
  take: "number",
});

/** @param {any} edits @returns {Edits} */
function editsFrom(edits) {
  const known = Object.entries(FIELDS).filter(([name, type]) => typeof edits?.[name] === type);
  return Object.fromEntries(known.map(([name]) => [name, edits[name]]));
}

/** @param {any} object @returns {Record<string, string>} */
function stringsIn(object) {
  return Object.fromEntries(Object.entries(object ?? {}).filter(([, value]) => typeof value === "string"));
}
