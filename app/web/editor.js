/** The sheet of paper: the typed text, and below it the same text with its sentences coloured. */

import { Labels } from "./labels.js";
import { emotionIn, strengthIn } from "./passage.js";

/**
 * @typedef {import("./passage.js").Passage} Passage
 * @typedef {import("./labels.js").Adds} Adds
 *
 * @typedef {object} EditorEvents
 * @property {(text: string) => void} typed
 * @property {(step: "undo" | "redo") => void} stepped   by the menu of the browser
 * @property {() => void} selected   other sentences
 * @property {() => void} opened   the selected sentences shall be changed
 * @property {(index: number, box: DOMRect | null) => void} pointed   at which the mouse points; -1 for none
 */

const WORD = "word";
const FOUND = "found";
const END = "\u200b";
/** Behind the text, so that an empty last line has its height. */

export class Editor {
  /** The sentence that was selected last; -1 if there are none. */
  selected = -1;
  /** All selected sentences, in order. @type {number[]} */
  selection = [];
  /** Where a selection of several sentences began. */
  #anchor = 0;
  /** @type {HTMLElement[]} */
  #marks = [];
  /** What a search has found. @type {[number, number] | null} */
  #found = null;

  /** @param {HTMLElement} paper @param {EditorEvents} on */
  constructor(paper, on) {
    this.paper = paper;
    this.area = /** @type {HTMLTextAreaElement} */ (paper.querySelector("textarea"));
    this.backdrop = /** @type {HTMLElement} */ (paper.querySelector(".backdrop"));
    this.labels = new Labels(/** @type {HTMLElement} */ (paper.querySelector(".labels")), {
      focused: (index, adds) => this.#choose(index, adds),
      opened: (index, adds) => {
        this.#choose(index, adds);
        if (adds === "only") on.opened();
      },
      pointed: on.pointed,
    });
    this.on = on;
    this.#listen();
  }

  /** The text may be another. @param {Passage} passage @param {number} caret */
  load(passage, caret) {
    if (this.area.value !== passage.text) {
      this.area.value = passage.text;
      this.selected = passage.at(caret);
      this.selection = [];
    }
    this.area.setSelectionRange(caret, caret);
  }

  get caret() {
    return this.area.selectionStart;
  }

  /** Select a stretch of the text, and show it. @param {number} from @param {number} to */
  reveal(from, to) {
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(from, to);
    this.#followCaret();
    this.#marks[this.selected]?.scrollIntoView({ block: "center" });
    // A selection is not shown in a text without the focus.
    this.#found = [from, to];
    this.#showFound();
  }

  /** Show no place any more. */
  conceal() {
    this.#found = null;
    this.#showFound();
  }

  #showFound() {
    highlight(FOUND, this.#found && this.#rangeOf(...this.#found));
  }

  /** A stretch of the coloured text. @param {number} from @param {number} to */
  #rangeOf(from, to) {
    const range = document.createRange();
    const texts = document.createTreeWalker(this.backdrop, NodeFilter.SHOW_TEXT);
    let start = 0;
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const length = node.nodeValue?.length ?? 0;
      if (start <= from && from < start + length) range.setStart(node, from - start);
      if (start < to && to <= start + length) range.setEnd(node, to - start);
      start += length;
    }
    return range;
  }

  /** Draw the text with its sentences. @param {Passage} passage */
  show(passage) {
    this.passage = passage;
    const { text, sentences } = passage;
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
    if (this.#found) this.#showFound();
    this.labels.show(sentences);
    this.select(
      this.selected,
      this.selection.filter((i) => i < sentences.length),
    );
    this.arrange();
  }

  /** One sentence is always selected, if there are any. @param {number} index @param {number[]} [all] */
  select(index, all = []) {
    this.selected = Math.min(Math.max(index, 0), this.#marks.length - 1);
    const others = all.filter((i) => i !== this.selected);
    this.selection = this.selected < 0 ? [] : [...others, this.selected].toSorted((a, b) => a - b);
    this.#marks.forEach((mark, i) => mark.classList.toggle("selected", this.selection.includes(i)));
    this.labels.select(this.selected, this.selection.length > 1 ? this.selection : []);
  }

  /** @param {number} index @param {Adds} adds */
  #choose(index, adds) {
    if (adds === "to") {
      const [from, to] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
      this.select(
        index,
        Array.from({ length: to - from + 1 }, (_, i) => from + i),
      );
    } else if (adds === "also" && this.selection.length > 1 && this.selection.includes(index)) {
      const others = this.selection.filter((i) => i !== index);
      this.select(others[others.length - 1], others);
    } else {
      this.#anchor = index;
      this.select(index, adds === "also" ? this.selection : []);
    }
    this.on.selected();
  }

  /** Labels go above the beginnings of their sentences. */
  arrange() {
    const box = this.paper.getBoundingClientRect();
    const lines = this.#marks.map(
      (mark) => [...mark.getClientRects()].find((rect) => rect.width > 1) ?? mark.getBoundingClientRect(),
    );
    this.labels.place(
      lines.map((rect) => ({ left: rect.left - box.left, top: rect.top - box.top })),
      box.width,
    );
  }

  /** Mark what is heard now; nothing without a sentence. @param {number} [index] @param {[number, number]} [word] */
  hear(index = -1, word) {
    this.#marks.forEach((mark, i) => {
      const isHeard = i === index;
      if (isHeard && !mark.classList.contains("heard")) mark.scrollIntoView({ block: "nearest" });
      mark.classList.toggle("heard", isHeard);
    });
    this.#markWord(index, word);
  }

  /** @param {number} index @param {[number, number] | undefined} word   UTF-16 units of the sentence */
  #markWord(index, word) {
    const node = this.#marks[index]?.firstChild;
    if (!node || !word) return highlight(WORD, null);
    const range = document.createRange();
    const length = node.textContent?.length ?? 0;
    range.setStart(node, Math.min(word[0], length));
    range.setEnd(node, Math.min(word[1], length));
    highlight(WORD, range);
  }

  #listen() {
    const { area } = this;
    area.addEventListener("input", () => {
      this.#found = null;
      this.on.typed(area.value);
    });
    // The browser knows nothing of pins, so that its own steps would lose them.
    area.addEventListener("beforeinput", (event) => {
      if (!event.inputType.startsWith("history")) return;
      event.preventDefault();
      this.on.stepped(event.inputType === "historyUndo" ? "undo" : "redo");
    });
    for (const kind of ["click", "keyup", "focus"]) area.addEventListener(kind, () => this.#followCaret());
    area.addEventListener("pointermove", (event) => this.#point(event));
    area.addEventListener("pointerleave", () => {
      this.labels.point(-1);
      this.on.pointed(-1, null);
    });
    new ResizeObserver(() => this.arrange()).observe(this.paper);
  }

  #followCaret() {
    const { selectionStart, selectionEnd } = this.area;
    const index = this.passage?.at(selectionStart) ?? -1;
    const all = this.passage?.between(selectionStart, selectionEnd) ?? [];
    if (index < 0 || (index === this.selected && String(all) === String(this.selection))) return;
    this.#anchor = index;
    this.select(index, all.length > 1 ? all : []);
    this.on.selected();
  }

  /**
   * The typed text lies above the coloured one, so that the browser has to return what is below the mouse.
   * @param {PointerEvent} event
   */
  #point({ clientX, clientY, pointerType }) {
    if (pointerType === "touch") return;
    const below = document.elementsFromPoint(clientX, clientY);
    const mark = this.#marks.find((one) => below.includes(one));
    const index = mark ? this.#marks.indexOf(mark) : -1;
    this.labels.point(index);
    this.on.pointed(index, mark ? lineAt(mark, clientY) : null);
  }
}

/** Mark a range, if the browser can. @param {string} name @param {Range | null} range */
function highlight(name, range) {
  if (!("highlights" in CSS)) return;
  if (range) CSS.highlights.set(name, new Highlight(range));
  else CSS.highlights.delete(name);
}

/** The line of a mark that is at a height. @param {HTMLElement} mark @param {number} y */
function lineAt(mark, y) {
  const lines = [...mark.getClientRects()];
  return lines.find((rect) => rect.top <= y && y <= rect.bottom) ?? lines[0] ?? null;
}
