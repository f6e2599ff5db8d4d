/** Who speaks: the choice of a voice, and how it sounds in each emotion. */

import { EMOTIONS, signOf } from "./emotions.js";

/** @typedef {import("./api.js").Voice} Voice */

export const SAMPLE = "There is something I have to tell you.";
/** The same words each time, so that only the feeling differs. */

export class Cast {
  /** @type {Voice[]} */
  #voices = [];

  /**
   * @param {HTMLElement} section
   * @param {{chosen: () => void, hear: (emotion: string, button: HTMLElement) => void}} on
   */
  constructor(section, on) {
    this.select = /** @type {HTMLSelectElement} */ (section.querySelector("select"));
    this.select.addEventListener("change", on.chosen);
    const buttons = EMOTIONS.map(({ name }) => button(name, on.hear));
    section.querySelector(".moods")?.append(...buttons);
  }

  /** The chosen voice; none before they are known. @returns {Voice | undefined} */
  get voice() {
    return this.#voices.find((one) => one.name === this.select.value);
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
