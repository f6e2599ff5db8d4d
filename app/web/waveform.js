/** The sound drawn on a canvas, each sentence in the colour and with the sign of its emotion; a click in it seeks. */

import { emotionOf, EMOTIONS } from "./emotions.js";

/**
 * @typedef {object} Stretch   a sentence in the picture
 * @property {number} start   seconds
 * @property {number} end
 * @property {string} emotion
 * @property {number[] | null} peaks   loudness from 0 to 1 in even steps; null before it is synthesized
 */

const BAR = 3;
const STEP = 5;
const SIGN = 12;
const HEAD = 20;
/** Pixels for the signs above the bars. */
const QUIET = 0.05;
/** How loud is drawn what was not synthesized yet. */
const LEAST_PEAK = 0.01;
/** The loudest peak of a silent sound, which must not be drawn as loud. */
const SHORT_STEP = 1;
const LONG_STEP = 5;
/** Seconds that the arrow keys go. */

export class Waveform {
  /** @type {Stretch[]} */
  #stretches = [];
  /** One for each bar. @type {{time: number, loud: number, emotion: string}[]} */
  #bars = [];
  #time = 0;
  /** Where the pointer holds the needle. @type {number | null} */
  #dragged = null;
  /** @type {Record<string, string>} */
  #colours = {};

  /** @param {HTMLCanvasElement} canvas @param {(time: number) => void} seek */
  constructor(canvas, seek) {
    this.canvas = canvas;
    this.seek = seek;
    this.pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    canvas.addEventListener("pointerdown", (event) => this.#grasp(event));
    canvas.addEventListener("pointermove", (event) => this.#dragged !== null && this.#drag(event));
    canvas.addEventListener("pointerup", () => this.#dragged !== null && this.seek(this.#dragged));
    canvas.addEventListener("lostpointercapture", () => this.#drop());
    canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.paint()).observe(canvas);
  }

  get duration() {
    return this.#stretches.at(-1)?.end ?? 0;
  }

  /** @param {Stretch[]} stretches @param {number} time   seconds */
  show(stretches, time) {
    this.#stretches = stretches;
    this.canvas.setAttribute("aria-valuemax", this.duration.toFixed(1));
    this.#bars = barsOf(stretches, this.canvas.clientWidth);
    this.at(time);
  }

  /** @param {number} time seconds */
  at(time) {
    this.#time = time;
    this.canvas.setAttribute("aria-valuenow", time.toFixed(1));
    this.canvas.setAttribute("aria-valuetext", `${time.toFixed(1)} of ${this.duration.toFixed(1)} seconds`);
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
    this.#bars = barsOf(this.#stretches, clientWidth);
    this.#draw();
  }

  get #shown() {
    return this.#dragged ?? this.#time;
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.pen.clearRect(0, 0, width, height);
    const { duration } = this;
    if (!duration) return;
    this.#bars.forEach((bar, i) => this.#bar(bar, i * STEP, height));
    for (const one of this.#stretches)
      this.#sign(one, (one.start / duration) * width, (one.end / duration) * width);
    if (this.#shown > 0) this.#needle((this.#shown / duration) * width, height);
  }

  /** @param {{time: number, loud: number, emotion: string}} bar @param {number} x @param {number} height */
  #bar({ time, loud, emotion }, x, height) {
    const room = height - HEAD;
    const tall = Math.max(BAR, loud * room);
    this.pen.fillStyle = this.#colours[emotion];
    this.pen.globalAlpha = time <= this.#shown || this.#shown === 0 ? 1 : 0.4;
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
  #grasp(event) {
    if (!this.duration || event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.#drag(event);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const share = event.offsetX / this.canvas.clientWidth;
    this.#dragged = Math.min(Math.max(share, 0), 1) * this.duration;
    this.#draw();
  }

  #drop() {
    this.#dragged = null;
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { duration } = this;
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

/**
 * The bars of a picture, each as loud as the loudest that it covers.
 * @param {Stretch[]} stretches
 * @param {number} width   pixels
 */
function barsOf(stretches, width) {
  const duration = stretches.at(-1)?.end ?? 0;
  const loudest = stretches.reduce((most, one) => Math.max(most, ...(one.peaks ?? [])), LEAST_PEAK);
  const bars = [];
  let index = 0;
  for (let x = 0; duration && x + BAR <= width; x += STEP) {
    const [time, next] = [(x / width) * duration, ((x + STEP) / width) * duration];
    while (index < stretches.length - 1 && stretches[index].end <= time) index++;
    const { start, end, peaks, emotion } = stretches[index];
    const scale = (peaks?.length ?? 0) / (end - start || 1);
    const part = peaks?.slice(Math.floor((time - start) * scale), Math.floor((next - start) * scale) + 1);
    bars.push({ time, loud: part ? Math.max(...part, 0) / loudest : QUIET, emotion });
  }
  return bars;
}

/** The colours of base.css, as they are in the theme of now. @param {HTMLElement} parent */
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
