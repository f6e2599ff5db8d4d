/** The dialog of pronunciations: how names and other words are read in the whole project. */

/**
 * @typedef {object} PronunciationEvents
 * @property {() => string} word   that is selected in the text
 * @property {(lexicon: Record<string, string>) => void} changed
 * @property {(word: string, reading: string, button: HTMLElement) => void} hear
 */

const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 100;

export class Pronunciation {
  /** @type {Record<string, string>} */
  #lexicon = {};

  /** @param {HTMLDialogElement} dialog @param {HTMLElement} button   that opens it @param {PronunciationEvents} on */
  constructor(dialog, button, on) {
    this.dialog = dialog;
    this.on = on;
    this.word = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=word]"));
    this.reading = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=reading]"));
    for (const input of [this.word, this.reading]) input.maxLength = MOST_CHARACTERS;
    button.addEventListener("click", () => this.#open());
    const hear = /** @type {HTMLElement} */ (dialog.querySelector(".hear"));
    hear.addEventListener("click", () => on.hear(this.word.value.trim(), this.reading.value.trim(), hear));
    dialog.querySelector(".close")?.addEventListener("click", () => dialog.close());
    dialog.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add();
    });
  }

  /** @param {Record<string, string>} lexicon */
  show(lexicon) {
    if (lexicon === this.#lexicon) return;
    this.#lexicon = lexicon;
    const rows = Object.entries(lexicon).map(([word, reading]) => this.#row(word, reading));
    this.dialog.querySelector("ul")?.replaceChildren(...rows);
  }

  #open() {
    const word = this.on.word();
    this.word.value = word;
    this.reading.value = Object.hasOwn(this.#lexicon, word) ? this.#lexicon[word] : "";
    this.dialog.showModal();
    (word ? this.reading : this.word).focus();
  }

  #add() {
    const [word, reading] = [this.word.value.trim(), this.reading.value.trim()];
    const isNew = !Object.hasOwn(this.#lexicon, word);
    if (!word || !reading || (isNew && Object.keys(this.#lexicon).length >= MOST_ENTRIES)) return;
    this.on.changed({ ...this.#lexicon, [word]: reading });
    this.word.value = this.reading.value = "";
    this.word.focus();
  }

  /** @param {string} word @param {string} reading */
  #row(word, reading) {
    const row = document.createElement("li");
    const text = document.createElement("span");
    text.textContent = `${word} → ${reading}`;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "plain";
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove ${word}`);
    remove.addEventListener("click", () => {
      const { [word]: _, ...others } = this.#lexicon;
      this.on.changed(others);
      this.word.focus();
    });
    row.append(text, remove);
    return row;
  }
}
