/** Who speaks: the choice of a voice, how it sounds in each emotion, and how strongly it feels the text. */

import { times, write } from "./dials.js";
import { EMOTIONS, signOf } from "./emotions.js";

/** @typedef {import("./api.js").Voice} Voice */

export const SAMPLE = "There is something I have to tell you.";
/** The same words each time, so that only the feeling differs. */

export class Cast {
  /** @type {Voice[]} */
  #voices = [];
  /**
   * How readily and how strongly emotions are voiced, 0 to 2. Nothing before somebody chose: the service has a setting
   * of its own, which counts until then.
   * @type {number | undefined}
   */
  expressiveness;

  /**
   * @param {HTMLElement} section
   * @param {{chosen: () => void, hear: (emotion: string, button: HTMLElement) => void}} on
   * @param {number | undefined} expressiveness   that was chosen before
   */
  constructor(section, on, expressiveness) {
    this.select = /** @type {HTMLSelectElement} */ (section.querySelector("select"));
    this.select.addEventListener("change", on.chosen);
    this.dial = /** @type {HTMLInputElement} */ (section.querySelector("input[name=expressiveness]"));
    this.dial.addEventListener("input", () => {
      this.#express(this.dial.valueAsNumber);
      on.chosen();
    });
    this.reset = /** @type {HTMLButtonElement} */ (section.querySelector(".default"));
    this.reset.addEventListener("click", () => {
      this.#express(undefined);
      this.dial.focus();
      on.chosen();
    });
    this.#express(expressiveness);
    const buttons = EMOTIONS.map(({ name }) => button(name, on.hear));
    section.querySelector(".moods")?.append(...buttons);
  }

  /** The chosen voice; none before they are known. @returns {Voice | undefined} */
  get voice() {
    return this.#voices.find((one) => one.name === this.select.value);
  }

  /** @param {number | undefined} expressiveness */
  #express(expressiveness) {
    this.expressiveness = expressiveness;
    this.dial.value = String(expressiveness ?? this.dial.defaultValue);
    this.reset.hidden = expressiveness === undefined;
    write(this.dial, expressiveness === undefined ? "default" : times(expressiveness));
  }

  /** @param {import("./api.js").Voices} voices */
  show(voices) {
    this.#voices = voices.voices;
    const options = voices.voices.map((one) => new Option(`${one.display_name}, ${one.locale}`, one.name));
    this.select.replaceChildren(...options);
    this.select.value = voices.default;
  }
}

/** @param {string} emotion @param {(emotion: string, button: HTMLElement) => void} hear */
function button(emotion, hear) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "mood";
  made.dataset.emotion = emotion;
  made.setAttribute("aria-label", `Hear ${emotion}`);
  const name = document.createElement("span");
  name.textContent = emotion;
  made.append(signOf(emotion), name);
  made.addEventListener("click", () => hear(emotion, made));
  return made;
}
