/** What plays: the whole speech, or one sound by itself. */

import { isAborted } from "./service.js";
import { heardAt, Waveform } from "./sound.js";
import { LiveSound } from "./stream.js";

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
 * @typedef {import("./stream.js").StreamedSpeech} StreamedSpeech
 * @typedef {import("./sound.js").Stretch} Stretch
 * @typedef {(speech: StreamedSpeech, samples: Int16Array<ArrayBuffer>) => void} Hear   takes samples as they are made
 *
 * @typedef {object} Stage   what surrounds the bar
 * @property {(signal: AbortSignal, hear: Hear) => Promise<StreamedSpeech | null>} make   speaks the current text; null
 *   after a failure
 * @property {() => void} begin   sound is about to be heard
 * @property {(speech: StreamedSpeech | null, sentence?: Stretch, word?: Stretch) => void} heard
 * @property {(text: string) => void} say
 */

export class Transport {
  /** What can be played. @type {StreamedSpeech | null} */
  #speech = null;
  /** Whether it is what is written. */
  #fresh = false;
  /** Whether it has grown since it was drawn. */
  #grown = false;
  /** @type {AbortController | null} */
  #making = null;
  /** What plays the speech the first time, from its first samples on. @type {LiveSound | null} */
  #live = null;
  /** What plays it again, and from another place. */
  #audio = new Audio();
  #frame = 0;

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
    return !this.#player.paused && !this.#player.ended;
  }

  get #player() {
    return this.#live ?? this.#audio;
  }

  /** Something else is written, or it is to be spoken otherwise. @param {import("./sound.js").Sound} preview */
  outdated(preview) {
    this.#fresh = false;
    this.preview = preview;
    if (!this.playing) this.#drop();
  }

  async toggle() {
    if (this.#making && !this.#live) return;
    if (this.playing) await this.#player.pause();
    else if (this.#speech) await this.#play();
    else await this.#makeAndPlay();
  }

  stop() {
    const busy = this.#making !== null || this.playing;
    this.#making?.abort();
    this.#audio.pause();
    if (this.#speech?.whole) this.#seek(0, false);
    this.stage.heard(null);
    if (!this.#fresh || !this.#speech?.whole) this.#drop();
    if (busy) this.stage.say("Stopped.");
  }

  async #makeAndPlay() {
    const making = (this.#making = new AbortController());
    const live = new LiveSound({ changed: () => this.#changed(), ended: () => this.#ended() });
    this.#changed();
    this.#fresh = true;
    const speech = await this.stage.make(making.signal, (speech, samples) => this.#hear(live, speech, samples));
    if (this.#making === making) this.#making = null;
    if (speech && !making.signal.aborted) {
      this.#load(speech);
      this.#redraw();
      live.complete();
    } else {
      live.close();
      if (this.#live === live || (speech && this.#speech === speech)) this.#drop();
    }
    this.#changed();
  }

  /**
   * Play the next samples after those before.
   * @param {LiveSound} live
   * @param {StreamedSpeech} speech
   * @param {Int16Array<ArrayBuffer>} samples
   */
  #hear(live, speech, samples) {
    live.push(samples, speech.rate);
    this.#grown = true;
    if (this.#live === live) return;
    this.#live = live;
    this.#speech = speech;
    this.stage.begin();
    this.stage.say("Playing.");
    this.#follow();
  }

  /** From now on it can be played from every place. @param {StreamedSpeech} speech */
  #load(speech) {
    URL.revokeObjectURL(this.#audio.src);
    this.#speech = speech;
    this.#audio.src = URL.createObjectURL(speech.sound);
  }

  /** Nothing more is heard of the samples as they came. */
  #leaveLive() {
    const live = this.#live;
    this.#live = null;
    live?.close();
  }

  async #play() {
    this.stage.begin();
    try {
      await this.#player.play();
      this.stage.say("Playing.");
      this.#follow();
    } catch (error) {
      // A browser may want another click before it makes a sound; a stop in between is no failure.
      if (!isAborted(error)) this.stage.say("Ready. Press play once more.");
    }
  }

  #ended() {
    this.#leaveLive();
    this.stage.heard(null);
    this.stage.say("Finished.");
    if (this.#fresh) this.#seek(0);
    else this.#drop();
  }

  /** What was spoken is not what is written any more. */
  #drop() {
    if (this.#live) this.#making?.abort();
    this.#leaveLive();
    this.#speech = null;
    this.waveform.show(this.preview ?? { duration: 0, peaks: [], sentences: [] });
    this.stage.heard(null);
    this.#changed();
  }

  /** While it is made, there is only what comes next. @param {number} time @param {boolean} [playing] goes on there */
  #seek(time, playing = this.playing) {
    if (!this.#speech?.whole) return;
    if (this.#live) {
      this.#leaveLive();
      this.#redraw();
      if (playing) this.#audio.play();
    }
    this.#audio.currentTime = time;
    this.#show(time);
    this.#changed();
  }

  /** Show where it is, again and again while it plays. */
  #follow() {
    this.#changed();
    if (this.#grown) this.#redraw();
    this.#show(this.#player.currentTime);
    cancelAnimationFrame(this.#frame);
    if (this.playing) this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #redraw() {
    this.#grown = false;
    if (this.#speech) this.waveform.show(this.#speech, this.#player.currentTime);
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
    const state = this.#making && !this.#live ? "making" : this.playing ? "playing" : "still";
    this.bar.dataset.state = state;
    this.playButton.setAttribute("aria-label", { making: "Speaking…", playing: "Pause", still: "Play" }[state]);
    this.stopButton.disabled = state === "still" && this.#player.currentTime === 0;
    this.#showClock();
  }

  #showClock() {
    const duration = this.#speech?.duration ?? this.preview?.duration ?? 0;
    const about = this.#speech?.whole || !duration ? "" : "about ";
    this.clock.textContent = `${clock(this.#speech ? this.#player.currentTime : 0)} / ${about}${clock(duration)}`;
  }
}

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
