/** What plays: the whole speech, or one sound by itself. */

import { isAborted } from "./service.js";
import { heardAt, Waveform } from "./sound.js";

/** Short sounds beside the whole: one sentence alone, the voice in one emotion. One at a time. */

export class Snippets {
  #audio = new Audio();
  #controller = new AbortController();

  /**
   * @param {(signal: AbortSignal) => Promise<Blob | null>} make   null after a failure, which is reported
   * @param {HTMLElement} button   that shows how far it is
   */
  async play(make, button) {
    this.stop();
    const { signal } = (this.#controller = new AbortController());
    button.classList.add("busy");
    const sound = await make(signal).finally(() => button.classList.remove("busy"));
    if (!sound || signal.aborted) return;
    URL.revokeObjectURL(this.#audio.src);
    this.#audio.src = URL.createObjectURL(sound);
    button.classList.add("sounding");
    const ended = () => button.classList.remove("sounding");
    for (const kind of ["ended", "pause", "emptied"]) this.#audio.addEventListener(kind, ended, { once: true });
    await this.#audio.play().catch(ended);
  }

  stop() {
    this.#controller.abort();
    this.#audio.pause();
  }
}

/** Play, stop, seek: the bar at the foot of the page. */

/**
 * @typedef {import("./sound.js").Speech} Speech
 * @typedef {import("./sound.js").Stretch} Stretch
 *
 * @typedef {object} Stage   what surrounds the bar
 * @property {(signal: AbortSignal) => Promise<Speech | null>} make   speaks the current text; null after a failure
 * @property {() => void} begin   sound is about to be heard
 * @property {(speech: Speech | null, sentence?: Stretch, word?: Stretch) => void} heard
 * @property {(text: string) => void} say
 */

export class Transport {
  /** What can be played. @type {Speech | null} */
  #speech = null;
  /** Whether it is what is written. */
  #fresh = false;
  /** @type {AbortController | null} */
  #making = null;
  #audio = new Audio();

  /** @param {HTMLElement} bar @param {Stage} stage */
  constructor(bar, stage) {
    this.stage = stage;
    this.bar = bar;
    this.playButton = /** @type {HTMLButtonElement} */ (bar.querySelector(".play"));
    this.stopButton = /** @type {HTMLButtonElement} */ (bar.querySelector(".stop"));
    this.clock = /** @type {HTMLElement} */ (bar.querySelector(".clock"));
    this.waveform = new Waveform(/** @type {HTMLCanvasElement} */ (bar.querySelector("canvas")), (time) =>
      this.#seek(time),
    );
    this.playButton.addEventListener("click", () => this.toggle());
    this.stopButton.addEventListener("click", () => this.stop());
    for (const kind of ["play", "pause", "ended"]) this.#audio.addEventListener(kind, () => this.#changed());
    this.#audio.addEventListener("ended", () => this.#ended());
  }

  get playing() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  /** Something else is written, or it is to be spoken otherwise. @param {import("./sound.js").Sound} preview */
  outdated(preview) {
    this.#fresh = false;
    this.preview = preview;
    if (!this.playing) this.#drop();
  }

  async toggle() {
    if (this.#making) return;
    if (this.playing) this.#audio.pause();
    else if (this.#speech) await this.#play();
    else await this.#makeAndPlay();
  }

  stop() {
    const busy = this.#making !== null || this.playing;
    this.#making?.abort();
    this.#audio.pause();
    if (this.#speech) this.#seek(0);
    this.stage.heard(null);
    if (!this.#fresh) this.#drop();
    if (busy) this.stage.say("Stopped.");
  }

  async #makeAndPlay() {
    const making = (this.#making = new AbortController());
    this.#changed();
    this.#fresh = true;
    const speech = await this.stage.make(making.signal).finally(() => (this.#making = null));
    if (speech && !making.signal.aborted) {
      this.#load(speech);
      await this.#play();
    }
    this.#changed();
  }

  /** @param {Speech} speech */
  #load(speech) {
    URL.revokeObjectURL(this.#audio.src);
    this.#speech = speech;
    this.#audio.src = URL.createObjectURL(speech.sound);
    this.waveform.show(speech);
  }

  async #play() {
    this.stage.begin();
    try {
      await this.#audio.play();
      this.stage.say("Playing.");
      this.#follow();
    } catch (error) {
      // A browser may want another click before it makes a sound; a stop in between is no failure.
      if (!isAborted(error)) this.stage.say("Ready. Press play once more.");
    }
  }

  #ended() {
    this.stage.heard(null);
    this.stage.say("Finished.");
    if (this.#fresh) this.#seek(0);
    else this.#drop();
  }

  /** What was spoken is not what is written any more. */
  #drop() {
    this.#speech = null;
    this.waveform.show(this.preview ?? { duration: 0, peaks: [], sentences: [] });
    this.stage.heard(null);
    this.#changed();
  }

  /** @param {number} time */
  #seek(time) {
    if (!this.#speech) return;
    this.#audio.currentTime = time;
    this.#show(time);
  }

  #follow() {
    this.#show(this.#audio.currentTime);
    if (this.playing) requestAnimationFrame(() => this.#follow());
  }

  /** @param {number} time */
  #show(time) {
    const speech = this.#speech;
    if (!speech) return;
    this.waveform.at(time);
    this.#showClock();
    const sentence = time > 0 ? heardAt(speech.sentences, time) : undefined;
    this.stage.heard(speech, sentence, sentence && heardAt(sentence.words, time));
  }

  #changed() {
    const state = this.#making ? "making" : this.playing ? "playing" : "still";
    this.bar.dataset.state = state;
    this.playButton.setAttribute("aria-label", { making: "Speaking…", playing: "Pause", still: "Play" }[state]);
    this.stopButton.disabled = state === "still" && this.#audio.currentTime === 0;
    this.#showClock();
  }

  #showClock() {
    const duration = this.#speech?.duration ?? this.preview?.duration ?? 0;
    const about = this.#speech || !duration ? "" : "about ";
    this.clock.textContent = `${clock(this.#speech ? this.#audio.currentTime : 0)} / ${about}${clock(duration)}`;
  }
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
