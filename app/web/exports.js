/** What can be taken along: sound, subtitles, a curl command, SSML. */

import { copy, download, fileNameOf, zipped } from "./files.js";
import { curlOf, ssmlOf } from "./markup.js";
import { planToShow, planToSpeak } from "./plan.js";
import { takesOf } from "./player.js";
import { titleOf } from "./project.js";
import { cuesOf, toSrt, toVtt } from "./subtitles.js";

/**
 * @typedef {import("./player.js").Lines} Lines
 *
 * @typedef {object} Desk   what is on the page
 * @property {import("./service.js").Api} api
 * @property {import("./speech.js").Takes} takes
 * @property {import("./connection.js").Attempts} attempts
 * @property {import("./notices.js").Notices} notices
 * @property {import("./studio.js").Studio} studio
 * @property {() => Promise<Lines | null>} ready   the shown part; null without a text or after a failure
 */

/** What the page offers of the formats that the service has. */
const NAMES = /** @type {Record<string, string>} */ ({
  mp3: "MP3",
  m4b: "M4B",
  wav: "WAV",
  flac: "FLAC",
  opus: "Opus",
  aac: "AAC",
});
const SUBTITLES = /** @type {Record<string, (cues: import("./subtitles.js").Cue[]) => string>} */ ({
  srt: toSrt,
  vtt: toVtt,
});

export class Exports {
  #controller = new AbortController();

  /** @param {HTMLElement} menu @param {Desk} desk */
  constructor(menu, desk) {
    this.menu = menu;
    this.desk = desk;
    this.whole = /** @type {HTMLInputElement} */ (menu.querySelector("input[value=whole]"));
    menu.addEventListener("beforetoggle", () => this.#showScope());
    menu.addEventListener("click", ({ target }) => {
      const { format, kind } = /** @type {HTMLElement} */ (target).dataset;
      if (!format && !kind) return;
      menu.hidePopover();
      if (format) this.save(format);
      else this.copy(kind ?? "");
    });
  }

  /** @param {string[]} formats   of the service */
  offer(formats) {
    const buttons = Object.entries(NAMES).flatMap(([format, name]) => {
      if (!formats.includes(format)) return [];
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.format = format;
      button.textContent = name;
      return button;
    });
    this.menu.querySelector(".formats")?.replaceChildren(...buttons);
  }

  #showScope() {
    /** @type {HTMLElement} */ (this.menu.querySelector(".scope")).hidden = this.desk.studio.content.parts.length === 1;
  }

  /** @param {string} format   of sound or of subtitles */
  async save(format) {
    const { attempts, notices, studio } = this.desk;
    this.#controller.abort();
    const { signal } = (this.#controller = new AbortController());
    const isWhole = studio.content.parts.length > 1 && this.whole.checked;
    const work = () => (isWhole ? this.#saveWhole(format, signal) : this.#savePart(format, signal));
    const name = await attempts.try("save", work, () => this.save(format));
    if (name) notices.say(`Saved as ${name}.`);
    else if (signal.aborted) notices.say("Cancelled.");
  }

  /** @param {string} format @param {AbortSignal} signal @returns {Promise<string>} the name of the file */
  async #savePart(format, signal) {
    const { studio, ready } = this.desk;
    const lines = await ready();
    if (!lines) return "";
    const { name, content, current } = studio.project;
    const isOne = content.parts.length === 1;
    const title = isOne ? name : `${name}, ${titleOf(content.parts[current], current)}`;
    const file = `${fileNameOf(title)}.${format}`;
    this.#say(`Making ${file}…`);
    download(await this.#file(lines, format, signal, (share) => this.#progress(share)), file);
    return file;
  }

  /** @param {string} format @param {AbortSignal} signal */
  async #saveWhole(format, signal) {
    const { studio } = this.desk;
    const { name, content } = studio.project;
    const count = content.parts.length;
    const files = [];
    for (const [i, part] of content.parts.entries()) {
      this.#say(`Making part ${i + 1} of ${count}…`);
      this.#progress(i / count);
      const lines = await studio.lines(i, signal);
      signal.throwIfAborted();
      if (!lines) return "";
      if (!lines.sentences.length) continue;
      const number = String(i + 1).padStart(String(count).length, "0");
      const file = await this.#file(lines, format, signal, (share) => this.#progress((i + share) / count));
      files.push({ name: `${number} ${fileNameOf(titleOf(part, i))}.${format}`, file });
    }
    const archive = `${fileNameOf(name)}.zip`;
    download(await zipped(files), archive);
    return archive;
  }

  /**
   * @param {Lines} lines
   * @param {string} format
   * @param {AbortSignal} signal
   * @param {(share: number) => void} progress
   */
  async #file(lines, format, signal, progress) {
    const { api } = this.desk;
    const plan = planToSpeak(lines.voice, lines.sentences);
    if (!(format in SUBTITLES)) return api.file({ plan }, format, signal);
    const takes = await takesOf(this.desk, { ...lines, hasNext: false }, signal, progress);
    return new Blob([SUBTITLES[format](cuesOf(lines, takes))], { type: "text/plain" });
  }

  /** @param {string} text */
  #say(text) {
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.textContent = "Cancel";
    cancel.addEventListener("click", () => this.#controller.abort());
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", "Progress");
    this.desk.notices.sayOn(text, progress, cancel);
  }

  /** @param {number} share */
  #progress(share) {
    const progress = this.desk.notices.status.querySelector("progress");
    if (progress) progress.value = share;
  }

  /** @param {string} kind   `curl` or `ssml` */
  async copy(kind) {
    const { api, notices, ready } = this.desk;
    const lines = await ready();
    if (!lines) return;
    const { voice, sentences } = lines;
    const withKey = api.key() !== null;
    const text =
      kind === "ssml" ? ssmlOf(voice, sentences) : curlOf(planToShow(voice, sentences), document.baseURI, withKey);
    const name = kind === "ssml" ? "SSML" : "curl command";
    const note = kind === "curl" && withKey ? " Set INTONE_KEY before you run it." : "";
    notices.say(
      (await copy(text))
        ? `The ${name} is on the clipboard.${note}`
        : "The browser does not let this page use the clipboard.",
    );
  }
}
