/** The seven emotions: how they are drawn, and what Azure's markup calls them. Colours are in base.css. */

/**
 * @typedef {object} Emotion
 * @property {string} name
 * @property {string} shape   filled part of its sign, an SVG path in a square of 16
 * @property {string} lines   stroked part of its sign
 * @property {string} style   of `mstts:express-as`
 */

/** @type {readonly Emotion[]} */
export const EMOTIONS = [
  { name: "neutral", shape: "", lines: "M3.5 8h9", style: "calm" },
  {
    name: "joy",
    shape: "M8 5a3 3 0 1 0 0 6 3 3 0 1 0 0-6z",
    lines:
      "M8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1",
    style: "cheerful",
  },
  {
    name: "sadness",
    shape: "M8 1.2C8 1.2 3.4 6.9 3.4 10.2a4.6 4.6 0 0 0 9.2 0C12.6 6.9 8 1.2 8 1.2z",
    lines: "",
    style: "sad",
  },
  { name: "anger", shape: "M9.8.8 3 9.2h4L5.9 15.2 13 6.5H8.8z", lines: "", style: "angry" },
  {
    name: "fear",
    shape:
      "M2.8 14.8V7a5.2 5.2 0 0 1 10.4 0v7.8l-2.1-1.7-1.6 1.7L8 13.1l-1.5 1.7-1.6-1.7zM6 5.9a1.1 1.4 0 1 0 0 2.8 1.1 1.4 0 1 0 0-2.8zM10 5.9a1.1 1.4 0 1 0 0 2.8 1.1 1.4 0 1 0 0-2.8z",
    lines: "",
    style: "fearful",
  },
  {
    name: "surprise",
    shape: "M6.3 1.2h3.4L9 10.2H7zM8 11.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 1 0 0-3.2z",
    lines: "",
    style: "surprised",
  },
  {
    name: "disgust",
    shape: "",
    lines: "M3.6 2c-2 2.4 2 3.6 0 6s2 3.6 0 6M8 2C6 4.4 10 5.6 8 8s2 3.6 0 6M12.4 2c-2 2.4 2 3.6 0 6s2 3.6 0 6",
    style: "disgusted",
  },
];

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} name @returns {Emotion} */
export function emotionOf(name) {
  return EMOTIONS.find((emotion) => emotion.name === name) ?? EMOTIONS[0];
}

/** The sign of an emotion, for the eye only: its name always stands beside it. @param {string} name */
export function signOf(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("sign");
  const emotion = emotionOf(name);
  for (const part of /** @type {const} */ (["shape", "lines"])) {
    if (!emotion[part]) continue;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", emotion[part]);
    path.classList.add(part);
    svg.append(path);
  }
  return svg;
}
