/** The dialog of projects: which there are, another one, their names and files. */

import { charactersOf } from "./project.js";

/**
 * @typedef {import("./storage.js").Entry} Entry
 *
 * @typedef {object} ProjectEvents
 * @property {() => Promise<Entry[]>} list
 * @property {(id: string) => void} open
 * @property {() => void} create
 * @property {(id: string, name: string) => Promise<unknown>} remove
 * @property {() => void} save   the open one, as a file
 * @property {(name: string) => void} rename   the open one
 */

export class Projects {
  #current = "";

  /** @param {HTMLDialogElement} dialog @param {HTMLElement} button   that opens it @param {ProjectEvents} on */
  constructor(dialog, button, on) {
    this.dialog = dialog;
    this.button = button;
    this.on = on;
    this.name = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=name]"));
    this.name.addEventListener("input", () => on.rename(this.name.value.trim() || "Untitled"));
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
    const count = `${charactersOf(project.content).toLocaleString("en")} characters`;
    /** @type {HTMLElement} */ (this.dialog.querySelector(".count")).textContent = count;
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
    });
    row.append(open, remove);
    return row;
  }
}
