/** Places in a text, and what was changed between two texts. */

const MARK = "\ufeff";

/**
 * Where each code point begins, in UTF-16 units; one more for the end: the service counts code points, the browser units. A byte order mark in front is not counted, as
 * the service drops it.
 * @param {string} text
 * @returns {number[]}
 */
export function placesOf(text) {
  const places = [];
  let at = 0;
  for (const point of Array.from(text)) {
    if (at > 0 || point !== MARK) places.push(at);
    at += point.length;
  }
  places.push(at);
  return places;
}

/**
 * What was changed between two texts: `before[start:oldEnd]` became `after[start:newEnd]`.
 * @param {string} before
 * @param {string} after
 * @returns {{start: number, oldEnd: number, newEnd: number}}
 */
export function difference(before, after) {
  const start = sameHead(before, after);
  const most = Math.min(before.length, after.length) - start;
  const tail = Math.min(most, sameTail(before, after));
  return { start, oldEnd: before.length - tail, newEnd: after.length - tail };
}

/**
 * How much of the longer of two is the same at both ends, 0 to 1.
 * @param {string} one
 * @param {string} other
 */
export function likeness(one, other) {
  const { start, oldEnd } = difference(one, other);
  return (start + one.length - oldEnd) / Math.max(one.length, other.length, 1);
}

/**
 * How many items two texts or lists have in common at the beginning.
 * @param {ArrayLike<unknown>} a
 * @param {ArrayLike<unknown>} b
 */
export function sameHead(a, b) {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/** The same at the end. @param {ArrayLike<unknown>} a @param {ArrayLike<unknown>} b */
export function sameTail(a, b) {
  let length = 0;
  while (length < a.length && length < b.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return length;
}
