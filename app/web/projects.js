/** Which project and which part of it is shown: the dialog of projects, and the strip above the text. */

import { charactersOf, isCover, MOST_COVER_BYTES, titleOf } from "./project.js";

/**
 * @typedef {import("./storage.js").Entry} Entry
 *
 * @typedef {object} ProjectEvents
 * @property {() => Promise<Entry[]>} list
 * @property {(id: string) => void} open
 * @property {() => void} create
 * @property {(id: string, name: string) => Promise<unknown>} remove
 * @property {() => void} save   the open one, as a file
 * @property {import("./studio.js").Studio["describe"]} describe   the open one
 */

export class Projects {
  #current = "";

  /** @param {HTMLDialogElement} dialog @param {HTMLElement} button   that opens it @param {ProjectEvents} on */
  constructor(dialog, button, on) {
    this.dialog = dialog;
    this.button = button;
    this.on = on;
    this.name = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=name]"));
    this.name.addEventListener("input", () => on.describe({ name: this.name.value.trim() || "Untitled" }));
    this.author = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=author]"));
    this.author.addEventListener("input", () => on.describe({ author: this.author.value.trim() }));
    this.picture = /** @type {HTMLImageElement} */ (dialog.querySelector(".cover img"));
    this.cover = /** @type {HTMLInputElement} */ (dialog.querySelector(".cover input"));
    this.cover.addEventListener("change", () => this.#chooseCover());
    dialog.querySelector(".cover .choose")?.addEventListener("click", () => this.cover.click());
    dialog.querySelector(".cover .drop")?.addEventListener("click", () => on.describe({ cover: undefined }));
    dialog.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      dialog.close();
    });
    const actions = { ".new": on.create, ".file": () => this.#pick(), ".download": on.save, ".close": () => {} };
    for (const [selector, act] of Object.entries(actions)) {
      dialog.querySelector(selector)?.addEventListener("click", () => {
        dialog.close();
        act();
      });
    }
    button.addEventListener("click", () => this.#open());
  }

  /** @param {import("./project.js").Project} project */
  show(project) {
    this.#current = project.id;
    /** @type {HTMLElement} */ (this.button.querySelector(".name")).textContent = project.name;
    if (document.activeElement !== this.name) this.name.value = project.name;
    if (document.activeElement !== this.author) this.author.value = project.author ?? "";
    this.picture.hidden = !project.cover;
    if (project.cover && this.picture.src !== project.cover) this.picture.src = project.cover;
    /** @type {HTMLElement} */ (this.dialog.querySelector(".cover .drop")).hidden = !project.cover;
    const count = `${charactersOf(project.content).toLocaleString("en")} characters`;
    /** @type {HTMLElement} */ (this.dialog.querySelector(".count")).textContent = count;
  }

  async #chooseCover() {
    const file = this.cover.files?.[0];
    this.cover.value = "";
    if (!file) return;
    const url = file.size > MOST_COVER_BYTES ? "" : await dataUrlOf(file);
    const isGood = isCover(url);
    /** @type {HTMLElement} */ (this.dialog.querySelector(".cover .why")).textContent = isGood
      ? ""
      : `Choose a JPEG or PNG of at most ${MOST_COVER_BYTES / 1e6} MB.`;
    if (isGood) this.on.describe({ cover: url });
  }

  async #open() {
    this.#list(await this.on.list());
    this.dialog.showModal();
  }

  #pick() {
    /** @type {HTMLInputElement} */ (document.querySelector("#file")).click();
  }

  /** @param {Entry[]} entries */
  #list(entries) {
    const others = entries.filter(({ id }) => id !== this.#current);
    /** @type {HTMLElement} */ (this.dialog.querySelector(".others")).hidden = !others.length;
    this.dialog.querySelector("ul")?.replaceChildren(...others.map((entry) => this.#row(entry)));
  }

  /** @param {Entry} entry */
  #row({ id, name, modified, characters }) {
    const row = document.createElement("li");
    const open = document.createElement("button");
    open.type = "button";
    open.className = "open";
    const title = document.createElement("span");
    title.textContent = name;
    const about = document.createElement("small");
    const date = new Date(modified).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
    about.textContent = `${characters.toLocaleString("en")} characters · ${date}`;
    open.append(title, about);
    open.addEventListener("click", () => {
      this.dialog.close();
      this.on.open(id);
    });
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "plain";
    remove.textContent = "Delete";
    remove.setAttribute("aria-label", `Delete ${name}`);
    // A second click is the answer to the question.
    remove.addEventListener("click", async () => {
      if (!remove.classList.toggle("sure")) return this.#list((await this.on.remove(id, name), await this.on.list()));
      remove.textContent = "Really?";
      remove.setAttribute("aria-label", `Really? Delete ${name}`);
    });
    row.append(open, remove);
    return row;
  }
}

/** @param {Blob} file @returns {Promise<string>} */
function dataUrlOf(file) {
  const reader = new FileReader();
  return new Promise((resolve) => {
    reader.addEventListener("load", () => resolve(String(reader.result)));
    reader.addEventListener("error", () => resolve(""));
    reader.readAsDataURL(file);
  });
}

/** The strip of parts above the text: which one is shown, its title, and others before and after it. */

/**
 * @typedef {object} PartEvents
 * @property {(index: number) => void} turn
 * @property {(title: string) => void} rename   the shown part
 * @property {() => void} remove   the shown part
 */

export class Parts {
  /** @param {HTMLElement} strip @param {PartEvents} on */
  constructor(strip, on) {
    this.strip = strip;
    this.select = /** @type {HTMLSelectElement} */ (strip.querySelector("select"));
    this.title = /** @type {HTMLInputElement} */ (strip.querySelector("input"));
    this.previous = /** @type {HTMLButtonElement} */ (strip.querySelector(".previous"));
    this.next = /** @type {HTMLButtonElement} */ (strip.querySelector(".next"));
    this.select.addEventListener("change", () => on.turn(this.select.selectedIndex));
    this.title.addEventListener("input", () => on.rename(this.title.value));
    this.previous.addEventListener("click", () => on.turn(this.select.selectedIndex - 1));
    this.next.addEventListener("click", () => on.turn(this.select.selectedIndex + 1));
    strip.querySelector(".remove")?.addEventListener("click", on.remove);
  }

  /** @param {import("./project.js").Part[]} parts @param {number} current */
  show(parts, current) {
    this.strip.classList.toggle("single", parts.length === 1);
    const names = parts.map((part, i) => `${i + 1}. ${titleOf(part, i)}`);
    const state = names.join("\n");
    if (this.select.dataset.state !== state) {
      this.select.replaceChildren(...names.map((name) => new Option(name)));
      this.select.dataset.state = state;
    }
    this.select.selectedIndex = current;
    if (document.activeElement !== this.title) this.title.value = parts[current].title;
    this.title.placeholder = titleOf({ ...parts[current], title: "" }, current);
    this.previous.disabled = current === 0;
    this.next.disabled = current === parts.length - 1;
    /** @type {HTMLElement} */ (this.strip.querySelector(".of")).textContent = `of ${parts.length}`;
  }
}
