/** Who speaks, and texts to begin with. */

import { EMOTIONS, signOf } from "./emotions.js";
import { times, write } from "./inspector.js";

/** Who speaks: the choice of a voice, how it sounds in each emotion, and how strongly it feels the text. */

/** @typedef {import("./service.js").Voice} Voice */

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

  /** @param {import("./service.js").Voices} voices */
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
