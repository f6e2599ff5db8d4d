/** A project: a text in parts, what was changed in it, who speaks it, and its file. All values are immutable. */

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

/** Chapters: where a long text is cut into parts. */

const ORDINAL =
  "\\d{1,3}|[ivxlc]{1,7}|(?:twenty|thirty|forty|fifty)?[ -]?(?:one|two|three|four|five|six|seven|eight|nine)|" +
  "ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty|thirty|forty|fifty";
const HEADING = new RegExp(
  `^(?:#{1,6} +\\S.*|(?:chapter|part|book) +(?:${ORDINAL})\\b.{0,80}|prologue|epilogue)[ \\t]*$`,
  "gim",
);
/** A line that begins a chapter: a heading of Markdown, or one that calls itself so. */
const BREAKS = [/\n[ \t]*\n\s*/g, /[.!?…]["'”’)\]]*\s+/g, /\s+/g];
/** Where a text may be cut, the best first: paragraphs, sentences, words. */
const LEAST_SHARE = 0.5;

/**
 * Cut a text at its headings, and chapters that are too long between paragraphs. The texts are the whole text.
 * @param {string} text
 * @param {number} limit   characters of a part
 * @returns {Chapter[]}
 */
export function chaptersIn(text, limit) {
  const found = [...text.matchAll(HEADING)].filter(({ index }) => isAlone(text, index));
  const starts = [...new Set([0, ...found.map(({ index }) => index)])];
  const headed = starts.map((start, i) => text.slice(start, starts[i + 1]));
  // What stands before the first heading is no chapter if it is blank.
  if (headed.length > 1 && !headed[0].trim()) headed.splice(0, 2, headed[0] + headed[1]);
  return headed.flatMap((chapter) => divided(headingOf(chapter), chapter, limit));
}

/** Whether the line before is blank, or there is none. @param {string} text @param {number} start */
function isAlone(text, start) {
  return /(?:^|\n)[ \t]*\n$|^$/.test(text.slice(Math.max(0, start - 80), start));
}

/** @param {string} chapter */
function headingOf(chapter) {
  const first = chapter.trimStart().split("\n", 1)[0].trim();
  return first.match(HEADING) ? first.replace(/^#+ */, "") : "";
}

/**
 * Cut a chapter that is longer than a part.
 * @param {string} title
 * @param {string} text
 * @param {number} limit
 * @returns {Chapter[]}
 */
export function divided(title, text, limit) {
  const texts = [];
  let rest = text;
  while (rest.length > limit) {
    const end = cutBefore(rest, limit);
    texts.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest.trim() || !texts.length) texts.push(rest);
  else texts.push(texts.pop() + rest);
  const named = (/** @type {number} */ i) => (title && texts.length > 1 ? `${title} (${i + 1})` : title);
  return texts.map((one, i) => ({ title: named(i), text: one }));
}

/** The best place for a cut, not later than a limit. @param {string} text @param {number} limit */
export function cutBefore(text, limit) {
  const head = text.slice(0, limit);
  for (const pattern of BREAKS) {
    const ends = [...head.matchAll(pattern)].map((match) => match.index + match[0].length);
    const last = ends.findLast((end) => end < limit);
    if (last && last > limit * LEAST_SHARE) return last;
  }
  // Between the two halves of a sign there is no place.
  return /[\ud800-\udbff]/.test(text[limit - 1]) ? limit - 1 : limit;
}
