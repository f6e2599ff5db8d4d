/** The sheet of paper and the labels of its sentences. */

import { signOf } from "./emotions.js";
import { emotionIn, isEdited, likelihood, strengthIn } from "./script.js";

/** The labels above the sentences: a toolbar, in which the arrow keys go from sentence to sentence. */

/**
 * @typedef {import("./script.js").Sentence} Sentence
 *
 * @typedef {object} TagEvents
 * @property {(index: number) => void} focused
 * @property {(index: number) => void} opened
 * @property {(index: number, box: DOMRect | null) => void} pointed
 */

const GAP = 3;
/** Pixels between two labels. */

export class Tags {
  /** @type {HTMLButtonElement[]} */
  #buttons = [];

  /** @param {HTMLElement} bar @param {TagEvents} on */
  constructor(bar, on) {
    this.bar = bar;
    this.on = on;
    bar.addEventListener("focusin", (event) => this.#with(event, (i) => this.#focused(i)));
    bar.addEventListener("focusout", () => on.pointed(-1, null));
    bar.addEventListener("click", (event) => this.#with(event, on.opened));
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

  /** @param {number} index */
  select(index) {
    this.#buttons.forEach((button, i) => {
      button.tabIndex = i === Math.max(index, 0) ? 0 : -1;
      button.setAttribute("aria-current", String(i === index));
    });
  }

  /** @param {number} index */
  focus(index) {
    this.#buttons[index]?.focus({ preventScroll: true });
  }

  /**
   * Names give way to signs alone where sentences are short.
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
    this.on.focused(i);
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
    this.#buttons[Math.min(Math.max(to, 0), last)].focus();
  }
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

/** The sheet of paper: the typed text, and below it the same text with its sentences coloured. */

/**
 * @typedef {import("./script.js").Script} Script
 * @typedef {import("./sound.js").Stretch} Stretch
 *
 * @typedef {object} Heard   of the editor
 * @property {(text: string, undone?: boolean) => void} typed   or taken back, or repeated, by the browser
 * @property {(index: number) => void} selected   the sentence that the caret or a label is in
 * @property {(index: number) => void} opened   the sentence that shall be changed
 * @property {(index: number, box: DOMRect | null) => void} pointed   at which the mouse points; -1 for none
 */

const WORD = "word";
const END = "\u200b";
/** Behind the text, so that an empty last line has its height. */

export class Editor {
  /** Of the sentences; -1 where there are none. */
  selected = -1;
  /** @type {HTMLElement[]} */
  #marks = [];

  /** @param {HTMLElement} paper @param {Heard} on */
  constructor(paper, on) {
    this.paper = paper;
    this.area = /** @type {HTMLTextAreaElement} */ (paper.querySelector("textarea"));
    this.backdrop = /** @type {HTMLElement} */ (paper.querySelector(".backdrop"));
    this.tags = new Tags(/** @type {HTMLElement} */ (paper.querySelector(".tags")), {
      focused: (index) => on.selected(index),
      opened: on.opened,
      pointed: on.pointed,
    });
    this.on = on;
    this.#listen();
  }

  /** The text to begin with. @param {string} text */
  begin(text) {
    this.area.value = text;
    this.area.setSelectionRange(0, 0);
    this.on.typed(text);
  }

  /** Another text, which Ctrl+Z takes back. @param {string} text */
  replace(text) {
    this.area.focus({ preventScroll: true });
    this.area.select();
    document.execCommand(text ? "insertText" : "delete", false, text);
    if (this.area.value !== text) this.begin(text);
    this.area.setSelectionRange(0, 0);
  }

  /** Draw the text with its sentences. @param {Script} script */
  show(script) {
    this.script = script;
    const { text, sentences } = script;
    /** @type {(string | Node)[]} */
    const parts = [];
    let at = 0;
    this.#marks = sentences.map((sentence) => {
      parts.push(text.slice(at, sentence.start));
      at = sentence.end;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(sentence.start, sentence.end);
      mark.dataset.emotion = emotionIn(sentence);
      mark.style.setProperty("--felt", String(strengthIn(sentence)));
      mark.classList.toggle("stale", sentence.stale);
      parts.push(mark);
      return mark;
    });
    this.backdrop.replaceChildren(...parts, text.slice(at) + END);
    this.tags.show(sentences);
    this.select(this.selected);
    this.arrange();
  }

  /** One sentence is always selected, if there are any. @param {number} index */
  select(index) {
    this.selected = Math.min(Math.max(index, 0), this.#marks.length - 1);
    this.#marks.forEach((mark, i) => mark.classList.toggle("selected", i === this.selected));
    this.tags.select(this.selected);
  }

  /** Labels go above the beginnings of their sentences. */
  arrange() {
    const box = this.paper.getBoundingClientRect();
    const lines = this.#marks.map(
      (mark) => [...mark.getClientRects()].find((rect) => rect.width > 1) ?? mark.getBoundingClientRect(),
    );
    this.tags.place(
      lines.map((rect) => ({ left: rect.left - box.left, top: rect.top - box.top })),
      box.width,
    );
  }

  /** What is heard now; the text must be the one that is spoken. @param {Stretch} [sentence] @param {Stretch} [word] */
  hear(sentence, word) {
    const index = sentence ? this.script?.at(sentence.place[0]) : -1;
    this.#marks.forEach((mark, i) => {
      const heard = i === index;
      if (heard && !mark.classList.contains("heard")) mark.scrollIntoView({ block: "nearest" });
      mark.classList.toggle("heard", heard);
    });
    this.#markWord(index ?? -1, word);
  }

  /** @param {number} index @param {Stretch | undefined} word */
  #markWord(index, word) {
    if (!("highlights" in CSS)) return;
    const node = this.#marks[index]?.firstChild;
    const from = this.script?.sentences[index]?.start ?? 0;
    if (!node || !word || word.place[0] < from) {
      CSS.highlights.delete(WORD);
      return;
    }
    const range = document.createRange();
    const length = node.textContent?.length ?? 0;
    range.setStart(node, Math.min(word.place[0] - from, length));
    range.setEnd(node, Math.min(word.place[1] - from, length));
    CSS.highlights.set(WORD, new Highlight(range));
  }

  #listen() {
    const { area } = this;
    area.addEventListener("input", (event) => {
      const kind = event instanceof InputEvent ? event.inputType : "";
      this.on.typed(area.value, kind.startsWith("history"));
    });
    for (const kind of ["click", "keyup", "focus"]) area.addEventListener(kind, () => this.#followCaret());
    area.addEventListener("pointermove", (event) => this.#point(event));
    area.addEventListener("pointerleave", () => this.on.pointed(-1, null));
    new ResizeObserver(() => this.arrange()).observe(this.paper);
  }

  #followCaret() {
    const index = this.script?.at(this.area.selectionStart) ?? -1;
    if (index >= 0 && index !== this.selected) this.on.selected(index);
  }

  /**
   * The typed text lies above the coloured one, so that the browser has to return what is below the mouse.
   * @param {PointerEvent} event
   */
  #point({ clientX, clientY, pointerType }) {
    if (pointerType === "touch") return;
    const below = document.elementsFromPoint(clientX, clientY);
    const mark = this.#marks.find((one) => below.includes(one));
    this.on.pointed(mark ? this.#marks.indexOf(mark) : -1, mark ? lineAt(mark, clientY) : null);
  }
}

/** The line of a mark that is at a height. @param {HTMLElement} mark @param {number} y */
function lineAt(mark, y) {
  const lines = [...mark.getClientRects()];
  return lines.find((rect) => rect.top <= y && y <= rect.bottom) ?? lines[0] ?? null;
}
