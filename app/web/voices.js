/** Who speaks: the choice of voices, how a voice sounds in each emotion, and how strongly it feels the text. */

import { offer, times, write } from "./controls.js";
import { EMOTIONS, signOf } from "./emotions.js";

/**
 * @typedef {import("./service.js").Voice} Voice
 * @typedef {import("./project.js").Settings} Settings
 *
 * @typedef {object} VoiceEvents
 * @property {(kind: string, change: Partial<Settings>) => void} changed
 * @property {(emotion: string, button: HTMLElement) => void} hear
 * @property {(button: HTMLElement) => void} sample
 */

export const SAMPLE = "There is something I have to tell you.";
/** The same words each time, so that only the feeling differs. */

const MAX_CHARACTERS = 12;

export class VoiceBar {
  /** @type {Voice[]} */
  #voices = [];
  #default = "";
  /** @type {Settings} */
  #settings = { voices: {}, lexicon: {} };
  /** Names of the characters in the text. @type {string[]} */
  #characters = [];

  /** @param {HTMLElement} section @param {VoiceEvents} on */
  constructor(section, on) {
    this.section = section;
    this.on = on;
    this.select = /** @type {HTMLSelectElement} */ (section.querySelector("select[name=narrator]"));
    this.select.addEventListener("change", () => on.changed("voice", { voice: this.select.value }));
    this.dialogue = /** @type {HTMLSelectElement} */ (section.querySelector("select[name=dialogue]"));
    this.dialogue.addEventListener("change", () => this.#assign("dialogue", this.dialogue.value));
    const sample = /** @type {HTMLButtonElement} */ (section.querySelector(".sample"));
    sample.addEventListener("click", () => on.sample(sample));
    this.dial = /** @type {HTMLInputElement} */ (section.querySelector("input[name=expressiveness]"));
    this.dial.addEventListener("input", () =>
      on.changed("expressiveness", { expressiveness: this.dial.valueAsNumber }),
    );
    this.reset = /** @type {HTMLButtonElement} */ (section.querySelector(".default"));
    this.reset.addEventListener("click", () => {
      this.dial.focus();
      on.changed("default expressiveness", { expressiveness: undefined });
    });
    const buttons = EMOTIONS.map(({ name }) => button(name, on.hear));
    section.querySelector(".moods")?.append(...buttons);
  }

  /** The voice of the narrator; none before the voices are known. @returns {Voice | undefined} */
  get voice() {
    return this.find(this.#settings.voice) ?? this.find(this.#default);
  }

  /** @param {string | undefined} name @returns {Voice | undefined} */
  find(name) {
    return this.#voices.find((one) => one.name === name);
  }

  /** All voices, to choose from; none if there is no choice. */
  get choices() {
    return this.#voices.length > 1 ? this.#voices : [];
  }

  /** The voices of the service. @param {import("./service.js").Voices} known */
  offer(known) {
    this.#voices = known.voices;
    this.#default = known.default;
    this.show(this.#settings);
  }

  /** Settings without voices that the service does not have. @param {Settings} settings @returns {Settings} */
  available(settings) {
    if (!this.#voices.length) return settings;
    const { voice, voices, ...others } = settings;
    const known = Object.entries(voices).filter(([, name]) => this.find(name));
    return { ...others, ...(this.find(voice) ? { voice } : {}), voices: Object.fromEntries(known) };
  }

  /** @param {Settings} settings */
  show(settings) {
    this.#settings = settings;
    const { expressiveness, voices } = settings;
    if (this.#voices.length) {
      const options = this.#voices.map((one) => new Option(`${one.display_name}, ${one.locale}`, one.name));
      this.select.replaceChildren(...options);
      this.select.value = this.voice?.name ?? "";
    }
    /** @type {HTMLElement} */ (this.dialogue.closest(".several")).hidden = !this.choices.length;
    offer(this.dialogue, this.choices, voices.dialogue, "same voice");
    this.dial.value = String(expressiveness ?? this.dial.defaultValue);
    this.reset.hidden = expressiveness === undefined;
    write(this.dial, expressiveness === undefined ? "default" : times(expressiveness));
    this.#showCharacters();
  }

  /** Show a choice for each character of the text. @param {import("./plan.js").Utterance[]} utterances */
  showCharacters(utterances) {
    this.#characters = [...new Set(utterances.flatMap(({ speaker }) => speaker ?? []))].slice(0, MAX_CHARACTERS);
    this.#showCharacters();
  }

  #showCharacters() {
    const group = /** @type {HTMLElement} */ (this.section.querySelector(".characters"));
    group.hidden = !this.choices.length || !this.#characters.length;
    const { voices } = this.#settings;
    const state = JSON.stringify([this.#characters, voices, this.choices.map(({ name }) => name)]);
    if (group.dataset.state === state) return;
    group.dataset.state = state;
    group.replaceChildren(
      ...this.#characters.map((name) => {
        const label = document.createElement("label");
        label.className = "pick";
        const select = document.createElement("select");
        offer(select, this.choices, voices[name], "as dialogue");
        select.addEventListener("change", () => this.#assign(name, select.value));
        label.append(`${name} `, select);
        return label;
      }),
    );
  }

  /** @param {string} who @param {string} voice   nothing for the voice that speaks otherwise */
  #assign(who, voice) {
    const { [who]: _, ...others } = this.#settings.voices;
    this.on.changed(`voice of ${who}`, { voices: voice ? { ...others, [who]: voice } : others });
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
