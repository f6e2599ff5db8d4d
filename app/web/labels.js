/** The labels above the sentences: a toolbar, in which the arrow keys go from sentence to sentence; and what they hide. */

import { bar, percent } from "./controls.js";
import { EMOTIONS, signOf } from "./emotions.js";
import { emotionIn, isEdited, likelihood, strengthIn, whyIn } from "./passage.js";

/**
 * @typedef {import("./passage.js").Sentence} Sentence
 * @typedef {"only" | "to" | "also"} Adds   whether a sentence is selected alone, with all up to it, or beside others
 *
 * @typedef {object} LabelEvents
 * @property {(index: number, adds: Adds) => void} focused
 * @property {(index: number, adds: Adds) => void} opened
 * @property {(index: number, box: DOMRect | null) => void} pointed
 */

const GAP = 3;
/** Pixels between two labels. */

export class Labels {
  /** @type {HTMLButtonElement[]} */
  #buttons = [];

  /** How the next sentence is selected. @type {Adds} */
  #adds = "only";

  /** @param {HTMLElement} bar @param {LabelEvents} on */
  constructor(bar, on) {
    this.bar = bar;
    this.on = on;
    bar.addEventListener("focusin", (event) => this.#with(event, (i) => this.#focused(i)));
    bar.addEventListener("focusout", () => on.pointed(-1, null));
    bar.addEventListener("pointerdown", (event) => (this.#adds = addsOf(event)));
    bar.addEventListener("click", (event) => {
      const adds = addsOf(event);
      this.#adds = "only";
      this.#with(event, (i) => on.opened(i, adds));
    });
    bar.addEventListener("keydown", (event) => this.#with(event, (i) => this.#move(event, i)));
    bar.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch") this.#with(event, (i) => on.pointed(i, this.#box(i)));
    });
    bar.addEventListener("pointerleave", () => on.pointed(-1, null));
  }

  /**
   * One label for each sentence; those that are there already stay, and keep the focus.
   * @param {Sentence[]} sentences
   */
  show(sentences) {
    while (this.#buttons.length > sentences.length) this.#buttons.pop()?.remove();
    while (this.#buttons.length < sentences.length) this.#buttons.push(this.#add());
    sentences.forEach((sentence, i) => write(this.#buttons[i], sentence, `${i + 1} of ${sentences.length}`));
  }

  /** @param {number} index   of the sentence that the arrow keys leave @param {number[]} selected */
  select(index, selected) {
    this.#buttons.forEach((button, i) => {
      button.tabIndex = i === Math.max(index, 0) ? 0 : -1;
      button.setAttribute("aria-current", String(i === index));
      button.setAttribute("aria-pressed", String(i === index || selected.includes(i)));
      button.classList.toggle("selected", selected.includes(i));
    });
  }

  /** The mouse points at a sentence. @param {number} index   -1 for none */
  point(index) {
    this.#buttons.forEach((button, i) => button.classList.toggle("pointed", i === index));
  }

  /** @param {number} index */
  focus(index) {
    this.#buttons[index]?.focus({ preventScroll: true });
  }

  /**
   * Names give way to signs alone if sentences are short.
   * @param {{left: number, top: number}[]} places
   * @param {number} width
   */
  place(places, width) {
    for (const button of this.#buttons) button.classList.remove("short");
    const widths = this.#buttons.map((button) => button.offsetWidth);
    this.#buttons.forEach((button, i) => {
      const { left, top } = places[i];
      const next = places[i + 1];
      const right = next && Math.abs(next.top - top) < 1 ? next.left - GAP : width;
      button.classList.toggle("short", left + widths[i] > right);
      button.style.translate = `${left}px ${top}px`;
    });
  }

  /** @param {number} i */
  #focused(i) {
    // A click with a key is handled when it is complete.
    if (this.#adds !== "also") this.on.focused(i, this.#adds);
    if (this.#buttons[i].matches(":focus-visible")) this.on.pointed(i, this.#box(i));
  }

  #add() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tag";
    this.bar.append(button);
    return button;
  }

  /** @param {number} i */
  #box(i) {
    return this.#buttons[i].getBoundingClientRect();
  }

  /** @param {Event} event @param {(index: number) => void} then */
  #with(event, then) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (button) then(this.#buttons.indexOf(button));
  }

  /** @param {KeyboardEvent} event @param {number} i */
  #move(event, i) {
    const last = this.#buttons.length - 1;
    const places = /** @type {Record<string, number>} */ ({
      ArrowLeft: i - 1,
      ArrowUp: i - 1,
      ArrowRight: i + 1,
      ArrowDown: i + 1,
      Home: 0,
      End: last,
    });
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#adds = event.shiftKey ? "to" : "only";
    this.#buttons[Math.min(Math.max(to, 0), last)].focus();
    this.#adds = "only";
  }
}

/** @param {MouseEvent} event @returns {Adds} */
function addsOf({ shiftKey, ctrlKey, metaKey }) {
  return shiftKey ? "to" : ctrlKey || metaKey ? "also" : "only";
}

/** @param {HTMLButtonElement} button @param {Sentence} sentence @param {string} number */
function write(button, sentence, number) {
  const emotion = emotionIn(sentence);
  const likely = likelihood(sentence);
  const how = isEdited(sentence) ? "edited" : likely === null ? "" : `${Math.round(likely * 100)} percent likely`;
  const strength = strengthIn(sentence);
  const felt = strength ? `strength ${strength}` : "";
  const label = [`Sentence ${number}: ${emotion}`, how, felt, sentence.utterance.text].filter(Boolean).join(", ");
  if (button.getAttribute("aria-label") === label) return;
  const name = document.createElement("span");
  name.textContent = emotion;
  button.dataset.emotion = emotion;
  button.classList.toggle("edited", isEdited(sentence));
  button.setAttribute("aria-label", label);
  button.replaceChildren(signOf(emotion), name);
}

/**
 * How likely each emotion of a sentence is, beside the mouse or the focused label. For the eye: the panel says the
 * same.
 */

const SHOWN = 3;
const EDGE = 8;

export class Chances {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
    document.addEventListener("scroll", () => this.hide(), { passive: true });
  }

  hide() {
    this.box.hidden = true;
  }

  /** @param {import("./passage.js").Sentence | undefined} sentence @param {DOMRect | null} at */
  point(sentence, at) {
    if (sentence && at) this.#show(sentence, at);
    else this.hide();
  }

  /** @param {import("./passage.js").Sentence} sentence @param {DOMRect} at */
  #show(sentence, at) {
    const reason = document.createElement("p");
    reason.textContent = whyIn(sentence);
    this.box.replaceChildren(...rows(sentence.utterance.probabilities), reason);
    this.box.hidden = false;
    this.#place(at);
  }

  /** Below, or above if there is no room. @param {DOMRect} at */
  #place(at) {
    const { offsetWidth, offsetHeight, style } = this.box;
    const left = Math.max(EDGE, Math.min(at.left, document.documentElement.clientWidth - offsetWidth - EDGE));
    const below = at.bottom + EDGE;
    const top = below + offsetHeight > innerHeight ? at.top - offsetHeight - EDGE * 4 : below;
    style.translate = `${left}px ${top}px`;
  }
}

/** @param {Record<string, number> | null} probabilities */
function rows(probabilities) {
  if (!probabilities) return [];
  const likely = EMOTIONS.toSorted((a, b) => probabilities[b.name] - probabilities[a.name]).slice(0, SHOWN);
  return likely.map(({ name }) => {
    const row = document.createElement("div");
    row.dataset.emotion = name;
    row.append(signOf(name), word(name), bar(probabilities[name]), word(percent(probabilities[name])));
    return row;
  });
}

/** @param {string} text */
function word(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}
