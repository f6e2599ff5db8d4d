/** Where the sentences and words of a sound are, and its picture. */

import { emotionOf, EMOTIONS } from "./emotions.js";

/**
 * @typedef {{start: number, end: number, place: [number, number]}} Stretch   seconds; UTF-16 units of the text
 * @typedef {Stretch & {emotion: string, words: Stretch[]}} SpokenSentence
 */

/**
 * @param {{start?: number, end?: number, span: [number, number] | null}} one
 * @param {number[]} places
 * @returns {Stretch}
 */
export function stretch({ start = 0, end = 0, span }, places) {
  const [from, to] = span ?? [0, 0];
  return { start, end, place: [places[from], places[to]] };
}

/** @param {string} base64 */
export function bytesOf(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/**
 * What is heard at a time: the last that has begun.
 * @template {Stretch} S
 * @param {S[]} stretches
 * @param {number} time
 * @returns {S | undefined}
 */
export function heardAt(stretches, time) {
  return stretches.findLast((one) => one.start <= time);
}

/** The sound drawn on a canvas, each sentence in the colour and with the sign of its emotion; a click in it seeks. */

/**
 * @typedef {object} Sound   what is drawn
 * @property {number} duration   seconds
 * @property {number[]} peaks   0 to 1
 * @property {{start: number, end: number, emotion: string}[]} sentences
 */

const BAR = 3;
const STEP = 5;
const SIGN = 12;
const HEAD = 20;
/** Pixels for the signs above the bars. */
const SHORT_STEP = 1;
const LONG_STEP = 5;
/** Seconds that the arrow keys go. */

export class Waveform {
  /** @type {Sound} */
  #sound = { duration: 0, peaks: [], sentences: [] };
  #time = 0;
  /** @type {Record<string, string>} */
  #colours = {};

  /** @param {HTMLCanvasElement} canvas @param {(time: number) => void} seek */
  constructor(canvas, seek) {
    this.canvas = canvas;
    this.seek = seek;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    canvas.addEventListener("pointerdown", (event) => this.#drag(event));
    canvas.addEventListener("pointermove", (event) => event.buttons && this.#drag(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  /** @param {Sound} sound @param {number} [time] seconds */
  show({ duration, peaks, sentences }, time = 0) {
    this.#sound = { duration, peaks, sentences };
    this.canvas.setAttribute("aria-valuemax", duration.toFixed(1));
    this.#time = time;
    this.paint();
    this.at(time);
  }

  /** @param {number} time seconds */
  at(time) {
    this.#time = time;
    this.canvas.setAttribute("aria-valuenow", time.toFixed(1));
    this.canvas.setAttribute("aria-valuetext", `${time.toFixed(1)} of ${this.#sound.duration.toFixed(1)} seconds`);
    this.#draw();
  }

  /** Anew, in the colours and at the size of now. */
  paint() {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = devicePixelRatio;
    this.canvas.width = clientWidth * scale;
    this.canvas.height = clientHeight * scale;
    this.pen.setTransform(scale, 0, 0, scale, 0, 0);
    this.#colours = coloursIn(/** @type {HTMLElement} */ (this.canvas.parentElement));
    this.#draw();
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.pen.clearRect(0, 0, width, height);
    const { duration } = this.#sound;
    if (!duration) return;
    for (let x = 0; x + BAR <= width; x += STEP) this.#bar(x, width, height);
    for (const one of this.#sound.sentences)
      this.#sign(one, (one.start / duration) * width, (one.end / duration) * width);
    if (this.#time > 0) this.#needle((this.#time / duration) * width, height);
  }

  /** @param {number} x @param {number} width @param {number} height */
  #bar(x, width, height) {
    const { duration, peaks, sentences } = this.#sound;
    const time = ((x + BAR / 2) / width) * duration;
    const from = Math.floor((x / width) * peaks.length);
    const to = Math.max(from + 1, Math.floor(((x + STEP) / width) * peaks.length));
    const loud = peaks.slice(from, to).reduce((a, b) => Math.max(a, b), 0);
    const room = height - HEAD;
    const tall = Math.max(BAR, loud * room);
    const emotion = sentences.find((one) => one.start <= time && time <= one.end)?.emotion;
    this.pen.fillStyle = this.#colours[emotion ?? "silence"];
    this.pen.globalAlpha = time <= this.#time || this.#time === 0 ? 1 : 0.4;
    this.pen.beginPath();
    this.pen.roundRect(x, HEAD + (room - tall) / 2, BAR, tall, BAR / 2);
    this.pen.fill();
    this.pen.globalAlpha = 1;
  }

  /** @param {{emotion: string}} sentence @param {number} left @param {number} right */
  #sign({ emotion }, left, right) {
    if (right - left < SIGN) return;
    const { shape, lines } = emotionOf(emotion);
    this.pen.save();
    this.pen.translate(left, 1);
    this.pen.scale(SIGN / 16, SIGN / 16);
    this.pen.fillStyle = this.pen.strokeStyle = this.#colours[emotion];
    this.pen.lineWidth = 1.8;
    this.pen.lineCap = "round";
    this.pen.fill(new Path2D(shape), "evenodd");
    this.pen.stroke(new Path2D(lines));
    this.pen.restore();
  }

  /** @param {number} x @param {number} height */
  #needle(x, height) {
    this.pen.fillStyle = this.#colours.needle;
    this.pen.fillRect(x - 0.75, HEAD - 4, 1.5, height - HEAD + 4);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.#sound.duration) return;
    this.canvas.setPointerCapture(event.pointerId);
    const share = event.offsetX / this.canvas.clientWidth;
    this.seek(Math.min(Math.max(share, 0), 1) * this.#sound.duration);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { duration } = this.#sound;
    const step = event.shiftKey ? LONG_STEP : SHORT_STEP;
    const [less, more] = [this.#time - step, this.#time + step];
    const to = /** @type {Record<string, number>} */ ({
      ArrowLeft: less,
      ArrowDown: less,
      ArrowRight: more,
      ArrowUp: more,
      PageDown: this.#time - LONG_STEP,
      PageUp: this.#time + LONG_STEP,
      Home: 0,
      End: duration,
    })[event.key];
    if (to === undefined || !duration) return;
    event.preventDefault();
    this.seek(Math.min(Math.max(to, 0), duration));
  }
}

/** The colours of colours.css, as they are in the theme of now. @param {HTMLElement} parent */
function coloursIn(parent) {
  const probe = document.createElement("i");
  probe.className = "probe";
  parent.append(probe);
  const names = [...EMOTIONS.map(({ name }) => name), "silence", "needle"];
  const colours = names.map((name) => {
    probe.dataset.emotion = name;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours);
}
