/**
 * How likely each emotion of a sentence is, beside the mouse or the focused label. For the eye: the panel says the
 * same.
 */

import { EMOTIONS, signOf } from "./emotions.js";
import { whyIn } from "./script.js";

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

  /** @param {import("./script.js").Sentence | undefined} sentence @param {DOMRect | null} at */
  point(sentence, at) {
    if (sentence && at) this.#show(sentence, at);
    else this.hide();
  }

  /** @param {import("./script.js").Sentence} sentence @param {DOMRect} at */
  #show(sentence, at) {
    const reason = document.createElement("p");
    reason.textContent = whyIn(sentence);
    this.box.replaceChildren(...rows(sentence.utterance.probabilities), reason);
    this.box.hidden = false;
    this.#place(at);
  }

  /** Below, or above where there is no room. @param {DOMRect} at */
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

/** A bar as long as a share. @param {number} share */
export function bar(share) {
  const outer = document.createElement("span");
  const inner = document.createElement("span");
  outer.className = "bar";
  inner.style.inlineSize = `${share * 100}%`;
  outer.append(inner);
  return outer;
}

/** @param {number} share */
export function percent(share) {
  return `${Math.round(share * 100)}%`;
}
