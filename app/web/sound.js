/** Samples that sound while more of them arrive. */

const USUAL_RATE = 24000;
const FULL_SCALE = 32768;
const LEAD = 0.1;
/** Seconds from the arrival of the first piece to its sound, in which the next one arrives. */

export class LiveSound {
  /** The time of the context at which the sound began, had it never paused. @type {number | null} */
  #start = null;
  /** That were pushed. */
  #seconds = 0;
  #isWhole = false;
  #isClosed = false;
  /** Pieces that have not been played to their end. */
  #sounding = 0;
  isPaused = false;

  /** Created by a click, or some browsers keep it silent. @param {() => void} ended */
  constructor(ended) {
    this.ended = ended;
    this.context = new AudioContext({ sampleRate: USUAL_RATE });
    // Safari starts no sound by itself; a close in between is no failure.
    this.context.resume().catch(() => {});
  }

  /** Play samples after those before. @param {Int16Array} samples @param {number} rate */
  push(samples, rate) {
    if (!samples.length || this.#isClosed) return;
    const buffer = this.context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / FULL_SCALE), 0);
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    source.addEventListener("ended", () => this.#played());
    source.start(this.#place(rate));
    this.#sounding++;
    this.#seconds += samples.length / rate;
  }

  /** No more samples follow. */
  complete() {
    this.#isWhole = true;
    this.#check();
  }

  /** Seconds that were pushed. */
  get pushed() {
    return this.#seconds;
  }

  /** Seconds that were heard. */
  get heard() {
    if (this.#start === null) return 0;
    return Math.min(Math.max(this.context.currentTime - this.#start, 0), this.#seconds);
  }

  pause() {
    this.isPaused = true;
    return this.context.suspend();
  }

  resume() {
    this.isPaused = false;
    return this.context.resume();
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.context.close();
  }

  /**
   * When the next piece is to sound: right after the one before or, if it comes too late for that, soon. Whole samples,
   * since a browser would interpolate between them.
   * @param {number} rate
   */
  #place(rate) {
    const now = this.context.currentTime;
    if (this.#start === null || this.#start + this.#seconds < now)
      this.#start = Math.ceil((now + LEAD - this.#seconds) * rate) / rate;
    return this.#start + this.#seconds;
  }

  #played() {
    this.#sounding--;
    this.#check();
  }

  #check() {
    if (this.#isWhole && this.#sounding === 0 && !this.#isClosed) this.ended();
  }
}

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
