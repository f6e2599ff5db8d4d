/** Play, stop, seek: the bar at the foot of the page. */

import { clock } from "./controls.js";
import { emotionIn } from "./passage.js";
import { keyOf, peaksOf, secondsOf, utteranceIn } from "./takes.js";
import { Waveform } from "./waveform.js";

/**
 * @typedef {import("./player.js").Place} Place
 * @typedef {import("./player.js").Lines} Lines
 * @typedef {import("./takes.js").Word} Word
 *
 * @typedef {object} TransportEvents   what surrounds the bar
 * @property {() => boolean} begin   sound is about to be heard; false if there is nothing to speak
 * @property {(lines: Lines | null, index?: number, word?: Word) => void} heard
 * @property {(part: number) => void} turn   another part is heard now, and shall be shown
 * @property {(text: string, stays?: boolean) => void} say
 */

export class Transport {
  /** Where the sound begins, or goes on. @type {Place} */
  #place = { part: 0, index: 0, offset: 0 };
  /** The part that is shown. */
  #part = 0;
  /** The part that was heard last. */
  #heardPart = -1;
  /** @type {ReturnType<typeof timelineOf>} */
  #timeline = [];
  /** @type {Lines | null} */
  #lines = null;
  #frame = 0;
  /** Whether the part that is heard is shown, too. */
  #isFollowing = false;
  #state = "still";

  /**
   * @param {HTMLElement} bar
   * @param {import("./player.js").Player} player
   * @param {import("./takes.js").Takes} takes
   * @param {TransportEvents} on
   */
  constructor(bar, player, takes, on) {
    this.bar = bar;
    this.player = player;
    this.takes = takes;
    this.on = on;
    this.playButton = /** @type {HTMLButtonElement} */ (bar.querySelector(".play"));
    this.stopButton = /** @type {HTMLButtonElement} */ (bar.querySelector(".stop"));
    this.clock = /** @type {HTMLElement} */ (bar.querySelector(".clock"));
    this.waveform = new Waveform(/** @type {HTMLCanvasElement} */ (bar.querySelector("canvas")), (time) =>
      this.#seek(time),
    );
    this.playButton.addEventListener("click", () => this.toggle());
    this.stopButton.addEventListener("click", () => this.stop());
  }

  /** Show a part as it is now. @param {number} part @param {Lines} lines @param {number} estimate   seconds */
  show(part, lines, estimate) {
    if (part !== this.#part && this.player.state === "still") this.#place = { part, index: 0, offset: 0 };
    this.#part = part;
    this.#lines = lines;
    this.#timeline = timelineOf(lines, this.takes, estimate);
    const stretches = this.#timeline.map(({ start, end, sentence, take }) => ({
      ...{ start, end, emotion: emotionIn(sentence) },
      peaks: take ? peaksOf(take) : null,
    }));
    this.waveform.show(stretches, this.#time);
    this.changed();
  }

  /** What waits in a pause may be spoken otherwise now. */
  outdated() {
    if (this.player.state !== "paused") return;
    const { heard } = this.player;
    if (heard) this.#place = { part: heard.part, index: heard.index, offset: 0 };
    this.player.stop();
  }

  async toggle() {
    const { state } = this.player;
    if (state === "playing") return this.player.pause();
    if (state === "paused") {
      this.on.begin();
      this.on.say("Playing.");
      return this.player.resume();
    }
    if (state === "still") this.#play(this.#place);
  }

  /** @param {number} index   of a sentence of the part that is shown */
  playFrom(index) {
    this.#play({ part: this.#part, index, offset: 0 });
  }

  stop() {
    const isBusy = this.player.state !== "still";
    this.player.stop();
    this.#rewind();
    if (isBusy) this.on.say("Stopped.");
  }

  /** All was heard, or all that could be synthesized. @param {Place | null} next */
  finished(next) {
    this.#rewind(next);
    if (!next) this.on.say("Finished.");
  }

  /** The state of the player, or the part that is shown, is another. */
  changed() {
    const state = this.player.state;
    const shown = state === "paused" ? "still" : state;
    this.bar.dataset.state = shown;
    this.playButton.setAttribute("aria-label", { making: "Speaking…", playing: "Pause", still: "Play" }[shown]);
    this.stopButton.disabled = state === "still" && this.#time === 0;
    if (state === "playing" && this.#state === "making") this.on.say("Playing.");
    this.#state = state;
    this.#showClock();
    if (state === "playing") this.#follow();
  }

  /** Show no other part when it is heard: somebody writes in this one. */
  stay() {
    this.#isFollowing = false;
  }

  /** @param {Place} place */
  #play(place) {
    this.#place = place;
    this.#isFollowing = true;
    this.#heardPart = place.part;
    if (!this.on.begin()) return;
    this.on.say("Speaking…", true);
    this.player.play(place);
  }

  /** @param {Place | null} [place] */
  #rewind(place) {
    this.#place = place ?? { part: this.#part, index: 0, offset: 0 };
    this.on.heard(null);
    this.waveform.at(this.#time);
    this.changed();
  }

  /** Seconds from the beginning of the part that is shown. */
  get #time() {
    const { heard } = this.player;
    const [index, time] = heard ? [heard.index, heard.time] : [this.#place.index, this.#place.offset];
    if ((heard ?? this.#place).part !== this.#part) return 0;
    return (this.#timeline[index]?.start ?? 0) + time;
  }

  /** @param {number} time */
  #seek(time) {
    const found = this.#timeline.findIndex(({ end }) => time < end);
    const index = found < 0 ? this.#timeline.length - 1 : found;
    if (index < 0) return;
    const { start, take } = this.#timeline[index];
    const place = { part: this.#part, index, offset: take ? time - start : 0 };
    if (this.player.state === "playing") return this.#play(place);
    this.player.stop();
    this.#place = place;
    this.on.heard(time > 0 ? this.#lines : null, index);
    this.waveform.at(this.#time);
    this.changed();
  }

  /** Show where it is, again and again while it plays. */
  #follow() {
    cancelAnimationFrame(this.#frame);
    const { heard } = this.player;
    if (heard && heard.part !== this.#heardPart) {
      const isFollowed = this.#isFollowing && this.#heardPart === this.#part;
      this.#heardPart = heard.part;
      if (isFollowed) this.on.turn(heard.part);
    }
    this.waveform.at(this.#time);
    this.#showClock();
    if (heard) {
      const word = heard.words().findLast(({ start }) => start <= heard.time);
      this.on.heard(heard.lines, heard.index, word);
    }
    if (this.player.state === "playing") this.#frame = requestAnimationFrame(() => this.#follow());
  }

  #showClock() {
    const { duration } = this.waveform;
    const about = this.#timeline.every(({ take }) => take) ? "" : "about ";
    this.clock.textContent = `${clock(this.#time)} / ${about}${clock(duration)}`;
  }
}

/**
 * Where each sentence of a part is in time: from its sound, or estimated from its length.
 * @param {Lines} lines
 * @param {import("./takes.js").Takes} takes
 * @param {number} estimate   seconds of the whole part
 */
function timelineOf({ sentences, hasNext }, takes, estimate) {
  const length = sentences.reduce((sum, one) => sum + one.end - one.start, 0) || 1;
  let at = 0;
  return sentences.map((sentence, i) => {
    const take = takes.find(keyOf(utteranceIn(sentences, i, hasNext)));
    const start = at;
    at += take ? secondsOf(take) : ((sentence.end - sentence.start) / length) * estimate;
    return { start, end: at, sentence, take };
  });
}
