/** Chapters: where a long text is cut into parts. */

/** @typedef {import("./project.js").Chapter} Chapter */

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

/** The chapter that a part begins; nothing for a further part of a long one. @param {import("./project.js").Part} part */
export function chapterOf({ title }) {
  const [, name, number] = title.match(/^(.*?)(?: \((\d+)\))?$/) ?? [];
  return number && number !== "1" ? "" : name;
}
