/** The panel of the selected sentences: their feeling with the probabilities of all seven, and how they are spoken. */

import { bar, offer, percent, times, write } from "./controls.js";
import { EMOTIONS, signOf } from "./emotions.js";
import { valueOf } from "./plan.js";
import { emotionIn, isEdited, strengthIn, whyIn } from "./passage.js";

/** Warnings of the plan that concern a stretch of the text, in code points. */
const PLACED = /^characters (\d+) to (\d+): (.*)$/s;

/**
 * @typedef {import("./plan.js").Field} Field
 * @typedef {import("./passage.js").Sentence} Sentence
 *
 * @typedef {object} InspectorEvents   requests of the panel
 * @property {(field: Field, value: string | number) => void} edited
 * @property {() => void} reset
 * @property {() => void} hear
 * @property {() => void} retake   request another rendition
 * @property {() => void} playFrom
 * @property {() => void} closed
 */

/** How the value of each dial is written. @type {Record<string, (value: number) => string>} */
const WRITTEN = {
  degree: (value) => (value ? times(value) : "none"),
  speed: (value) => `×${value.toFixed(2)}`,
  pitch: (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value)} st`,
  pause_after: (value) => `${value.toFixed(1)} s`,
};

export class Inspector {
  /** @param {HTMLElement} panel @param {InspectorEvents} on */
  constructor(panel, on) {
    this.panel = panel;
    this.on = on;
    this.dials = [.../** @type {NodeListOf<HTMLInputElement>} */ (panel.querySelectorAll("input[type=range]"))];
    this.feelings = EMOTIONS.map(({ name }) => feeling(name));
    this.#part(".feelings").append(...this.feelings);
    panel.addEventListener("input", (event) => this.#edited(/** @type {HTMLInputElement} */ (event.target)));
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.#part(".reset").addEventListener("click", on.reset);
    this.#part(".hear").addEventListener("click", on.hear);
    this.#part(".retake").addEventListener("click", on.retake);
    this.#part(".from").addEventListener("click", on.playFrom);
    this.#part(".close").addEventListener("click", () => this.close());
  }

  /**
   * @param {Sentence[]} sentences   that are selected; the first one lends its values
   * @param {string} number
   * @param {import("./service.js").Voice | undefined} voice   of the first
   * @param {import("./service.js").Voice[]} choices   voices to choose from
   * @param {import("./plan.js").Warning[]} warnings   of the plan
   */
  show(sentences, number, voice, choices, warnings) {
    const [sentence] = sentences;
    this.panel.classList.toggle("empty", !sentence);
    this.#part(".controls").hidden = !sentence;
    if (!sentence) return;
    const isOne = sentences.length === 1;
    this.#part("h2").textContent = isOne ? `Sentence ${number}` : `${sentences.length} sentences`;
    this.#part(".quote").textContent = sentences.map(({ utterance }) => utterance.text).join(" ");
    this.#part(".reason").textContent = isOne ? reasonOf(sentence, voice) : "What you change here, you change in all.";
    this.#showRemarks(isOne ? remarksOf(sentence, voice, warnings) : []);
    /** @type {HTMLButtonElement} */ (this.#part(".reset")).disabled = !sentences.some(isEdited);
    this.#showFeelings(sentences);
    this.#showDials(sentence, voice);
    const takes = isOne ? Number(valueOf(sentence, "take")) : 0;
    this.#part(".retake").textContent = takes ? `Take ${takes + 1}` : "Retake";
    const select = /** @type {HTMLSelectElement} */ (this.#part("select[name=voice]"));
    /** @type {HTMLElement} */ (select.closest(".several")).hidden = !choices.length;
    offer(select, choices, isOne ? voice?.name : commonOf(sentences, "voice"));
    const { speaker } = sentence.utterance;
    this.#part(".speaker").textContent = isOne && speaker ? `${speaker}, spoken by` : "Spoken by";
  }

  /** On a small screen the panel lies over the page. */
  open() {
    this.panel.classList.add("open");
    this.feelings
      .find((one) => one.querySelector("input")?.checked)
      ?.querySelector("input")
      ?.focus({ preventScroll: true });
  }

  close() {
    this.panel.classList.remove("open");
    this.on.closed();
  }

  /** @param {Sentence[]} sentences */
  #showFeelings(sentences) {
    const emotion = commonOf(sentences, "emotion");
    const { probabilities } = sentences.length === 1 ? sentences[0].utterance : { probabilities: null };
    this.feelings.forEach((row, i) => {
      const { name } = EMOTIONS[i];
      const share = probabilities?.[name];
      /** @type {HTMLInputElement} */ (row.querySelector("input")).checked = name === emotion;
      /** @type {HTMLElement} */ (row.querySelector(".share")).textContent = share === undefined ? "" : percent(share);
      row.querySelector(".bar")?.replaceWith(bar(share ?? 0));
    });
  }

  /** @param {string[]} remarks */
  #showRemarks(remarks) {
    const list = this.#part(".remarks");
    list.hidden = !remarks.length;
    list.replaceChildren(
      ...remarks.map((remark) => {
        const item = document.createElement("li");
        item.textContent = remark;
        return item;
      }),
    );
  }

  /** @param {Sentence} sentence @param {import("./service.js").Voice | undefined} voice */
  #showDials(sentence, voice) {
    for (const dial of this.dials) {
      const isStrength = dial.name === "degree";
      const field = /** @type {Field} */ (dial.name);
      const value = isStrength ? strengthIn(sentence) : Number(valueOf(sentence, field));
      dial.value = String(value);
      dial.disabled = isStrength && (value === 0 || voice?.degree === false);
      write(dial, WRITTEN[field](value));
    }
  }

  /** @param {HTMLInputElement} input */
  #edited({ type, name, value }) {
    if (type === "radio") this.on.edited("emotion", value);
    else this.on.edited(/** @type {Field} */ (name), name === "voice" ? value : Number(value));
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.panel.querySelector(selector));
  }
}

/** The value that all sentences have; nothing if they differ. @param {Sentence[]} sentences @param {Field} field */
function commonOf(sentences, field) {
  const values = new Set(sentences.map((one) => String(valueOf(one, field))));
  return values.size === 1 ? [...values][0] : undefined;
}

/** @param {Sentence} sentence @param {import("./service.js").Voice | undefined} voice */
function reasonOf(sentence, voice) {
  const emotion = emotionIn(sentence);
  const instead = voice?.fallbacks[emotion];
  if (instead) return `${voice?.display_name} has no ${emotion} and speaks it as ${instead}.`;
  if (voice?.degree === false && strengthIn(sentence)) {
    return `${whyIn(sentence)} ${voice.display_name} speaks every feeling at full strength.`;
  }
  return whyIn(sentence);
}

/**
 * What is to be known of a sentence besides its feeling: how it is read, and what the voice cannot do.
 * @param {Sentence} sentence
 * @param {import("./service.js").Voice | undefined} voice
 * @param {import("./plan.js").Warning[]} warnings   of the plan
 */
function remarksOf(sentence, voice, warnings) {
  const { text, spoken, span } = sentence.utterance;
  const emotion = emotionIn(sentence);
  const read = spoken && plain(spoken) !== plain(text) ? [`Read as “${spoken}”`] : [];
  const approximated = voice?.emotions[emotion]?.approximated
    ? [`${voice.display_name} has no ${emotion} of its own: rules change pitch, rate and level of its neutral voice.`]
    : [];
  const placed = warnings.flatMap(({ detail }) => {
    const [, from, to, what] = detail.match(PLACED) ?? [];
    const isHere = span && Number(from) < span[1] && Number(to) > span[0];
    return isHere ? what[0].toUpperCase() + what.slice(1) : [];
  });
  return [...approximated, ...placed, ...read];
}

/** Letters and digits alone, in which two readings may differ. @param {string} text */
function plain(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

/** @param {string} name */
function feeling(name) {
  const row = document.createElement("label");
  row.className = "feeling";
  row.dataset.emotion = name;
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "emotion", value: name });
  const text = document.createElement("span");
  text.textContent = name;
  const share = document.createElement("span");
  share.className = "share";
  row.append(input, signOf(name), text, bar(0), share);
  return row;
}
