/** Who speaks, and texts to begin with. */

import { EMOTIONS, signOf } from "./emotions.js";
import { offer, times, write } from "./inspector.js";

/** Who speaks: the choice of a voice, how it sounds in each emotion, and how strongly it feels the text. */

/** @typedef {import("./service.js").Voice} Voice */

export const SAMPLE = "There is something I have to tell you.";
/** The same words each time, so that only the feeling differs. */

const MAX_CHARACTERS = 12;

export class Cast {
  /** @type {Voice[]} */
  #voices = [];
  /**
   * How readily and how strongly emotions are voiced, 0 to 2. Nothing before somebody chose: the service has a setting
   * of its own, which counts until then.
   * @type {number | undefined}
   */
  expressiveness;
  /** Voices of the dialogue and of characters, by `dialogue` or name. @type {Record<string, string>} */
  assigned;
  /** Names of the characters in the text. @type {string[]} */
  #characters = [];

  /**
   * @param {HTMLElement} section
   * @param {{chosen: () => void, hear: (emotion: string, button: HTMLElement) => void,
   *   sample: (button: HTMLElement) => void}} on
   * @param {number | undefined} expressiveness   that was chosen before
   * @param {Record<string, string>} assigned   that were chosen before
   */
  constructor(section, on, expressiveness, assigned) {
    this.section = section;
    this.on = on;
    this.assigned = assigned;
    this.select = /** @type {HTMLSelectElement} */ (section.querySelector("select[name=narrator]"));
    this.select.addEventListener("change", on.chosen);
    this.dialogue = /** @type {HTMLSelectElement} */ (section.querySelector("select[name=dialogue]"));
    this.dialogue.addEventListener("change", () => this.#assign("dialogue", this.dialogue.value));
    const sample = /** @type {HTMLButtonElement} */ (section.querySelector(".sample"));
    sample.addEventListener("click", () => on.sample(sample));
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
    return this.find(this.select.value);
  }

  /** @param {string | undefined} name @returns {Voice | undefined} */
  find(name) {
    return this.#voices.find((one) => one.name === name);
  }

  /** All voices, to choose from; none if there is no choice. */
  get choices() {
    return this.#voices.length > 1 ? this.#voices : [];
  }

  /** Show a choice for each character of the text. @param {import("./plan.js").Utterance[]} utterances */
  showCharacters(utterances) {
    const names = [...new Set(utterances.flatMap(({ speaker }) => speaker ?? []))].slice(0, MAX_CHARACTERS);
    if (names.join("\n") === this.#characters.join("\n")) return;
    this.#characters = names;
    this.#showChoices();
  }

  #showChoices() {
    const group = /** @type {HTMLElement} */ (this.section.querySelector(".characters"));
    group.hidden = !this.choices.length || !this.#characters.length;
    group.replaceChildren(
      ...this.#characters.map((name) => {
        const label = document.createElement("label");
        label.className = "pick";
        const select = document.createElement("select");
        offer(select, this.choices, this.assigned[name], "as dialogue");
        select.addEventListener("change", () => this.#assign(name, select.value));
        label.append(`${name} `, select);
        return label;
      }),
    );
  }

  /** @param {string} who @param {string} voice   nothing for the voice that speaks otherwise */
  #assign(who, voice) {
    const { [who]: _, ...others } = this.assigned;
    this.assigned = voice ? { ...others, [who]: voice } : others;
    this.on.chosen();
  }

  /** @param {number | undefined} expressiveness */
  #express(expressiveness) {
    this.expressiveness = expressiveness;
    this.dial.value = String(expressiveness ?? this.dial.defaultValue);
    this.reset.hidden = expressiveness === undefined;
    write(this.dial, expressiveness === undefined ? "default" : times(expressiveness));
  }

  /** @param {import("./service.js").Voices} voices */
  show(voices) {
    this.#voices = voices.voices;
    const options = voices.voices.map((one) => new Option(`${one.display_name}, ${one.locale}`, one.name));
    this.select.replaceChildren(...options);
    this.select.value = voices.default;
    /** @type {HTMLElement} */ (this.dialogue.closest(".several")).hidden = !this.choices.length;
    this.assigned = Object.fromEntries(Object.entries(this.assigned).filter(([, voice]) => this.find(voice)));
    offer(this.dialogue, this.choices, this.assigned.dialogue, "same voice");
    this.#showChoices();
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

/** Texts to begin with. */

/** @typedef {{name: string, text: string}} Example */

/** @type {readonly Example[]} */
export const EXAMPLES = [
  {
    name: "The letter",
    text: "The letter came this morning, in a plain white envelope. Oh wow, I never expected that! We got the house, and I am so happy that I could sing! I only wish Grandma could see it; I miss her so much.",
  },
  {
    name: "A noise at night",
    text: "It was past midnight when the stairs creaked. Something is moving behind that door, and I am terrified. Please don't leave me alone in here, I am so scared! It is only the cat. I am so glad to see you, little one.",
  },
  {
    name: "Late again",
    text: "The train was late again. How dare you lie to me about it! I'm so sorry. I never wanted to hurt you, and I feel so sad about it. Let us talk about it tomorrow.",
  },
  {
    name: "Dinner",
    text: "Dinner is at eight. Ugh, the smell in that kitchen is disgusting, it makes me sick! Oh wow, I did not expect that: you cooked all of this for me? That is so sweet, thank you!",
  },
];

/** A button for each. @param {HTMLElement} group @param {(example: Example) => void} chosen */
export function offerExamples(group, chosen) {
  const buttons = EXAMPLES.map((example) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = example.name;
    button.addEventListener("click", () => chosen(example));
    return button;
  });
  group.append(...buttons);
}
