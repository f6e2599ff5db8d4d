/** What can be taken along: sound, subtitles, the plan, and what is copied. */

import { chapterOf } from "./chapters.js";
import { curlOf, ssmlOf } from "./copies.js";
import { copy, download, fileNameOf, zipped } from "./files.js";
import { planToShow, planToSpeak } from "./plan.js";
import { titleOf } from "./project.js";
import { cuesOf, takesOf, toSrt, toVtt } from "./subtitles.js";
import { utteranceIn } from "./takes.js";

/**
 * @typedef {import("./player.js").Lines} Lines
 *
 * @typedef {object} Context   what is on the page
 * @property {import("./service.js").Api} api
 * @property {import("./takes.js").Takes} takes
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
const JOINED = ["m4b", "mp3", "wav"];
/** Formats whose parts can be joined. */
const SUBTITLES = /** @type {Record<string, (cues: import("./subtitles.js").Cue[]) => string>} */ ({
  srt: toSrt,
  vtt: toVtt,
});

export class Exports {
  #controller = new AbortController();
  /** Sounds of parts that were made for an export that failed, by what they speak. @type {Map<string, Blob>} */
  #made = new Map();

  /** @param {HTMLElement} menu @param {Context} context */
  constructor(menu, context) {
    this.menu = menu;
    this.context = context;
    menu.addEventListener("beforetoggle", () => this.#showScope());
    menu.addEventListener("change", () => this.#showScope());
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
      if (format === "m4b") button.title = "Audiobook with chapters, author and cover";
      return button;
    });
    this.menu.querySelector(".formats")?.replaceChildren(...buttons);
  }

  /** How much is exported: the shown part, all parts in one file, or each in a file. */
  get #scope() {
    if (this.context.studio.content.parts.length === 1) return "part";
    return /** @type {HTMLInputElement} */ (this.menu.querySelector("input:checked")).value;
  }

  #showScope() {
    const { parts } = this.context.studio.content;
    /** @type {HTMLElement} */ (this.menu.querySelector(".scope")).hidden = parts.length === 1;
    const isJoined = this.#scope === "whole";
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.menu.querySelectorAll("[data-format]"))) {
      const format = button.dataset.format ?? "";
      button.hidden = isJoined && !JOINED.includes(format) && format !== "jsonl";
    }
    /** @type {HTMLElement} */ (this.menu.querySelector(".subtitles")).hidden = isJoined;
  }

  /** @param {string} format   of sound or of subtitles */
  async save(format) {
    const { attempts, notices } = this.context;
    this.#controller.abort();
    const { signal } = (this.#controller = new AbortController());
    const work = () => this.#saved(format, signal);
    const name = await attempts.try("save", work, () => this.save(format));
    if (name) {
      this.#made.clear();
      notices.say(`Saved as ${name}.`);
    } else if (signal.aborted) notices.say("Cancelled.");
  }

  /** @param {string} format @param {AbortSignal} signal @returns {Promise<string>} the name of the file */
  #saved(format, signal) {
    const scope = this.#scope;
    if (format === "jsonl") return this.#savePlan(format, signal);
    if (scope === "each") return this.#saveEach(format, signal);
    if (scope === "whole" || format === "m4b") return this.#saveJoined(format, signal, scope);
    return this.#savePart(format, signal);
  }

  /** @param {string} format @param {AbortSignal} signal */
  async #savePart(format, signal) {
    const { studio, ready } = this.context;
    const { project } = studio;
    const lines = await ready();
    if (!lines) return "";
    const file = `${fileNameOf(this.#titleOf(project, "part"))}.${format}`;
    this.#say(`Making ${file}…`);
    download(await this.#file(lines, format, signal, (share) => this.#progress(share)), file);
    return file;
  }

  /** @param {import("./project.js").Project} project @param {string} scope */
  #titleOf({ name, content: { parts }, current }, scope) {
    return scope === "part" && parts.length > 1 ? `${name}, ${titleOf(parts[current], current)}` : name;
  }

  /**
   * One file of all parts, or of the shown one, with chapters and tags.
   * @param {string} format
   * @param {AbortSignal} signal
   * @param {string} scope
   */
  async #saveJoined(format, signal, scope) {
    const { project } = this.context.studio;
    const title = this.#titleOf(project, scope);
    const parts = this.#parts(project, signal, scope === "part" ? project.current : undefined);
    const make = (/** @type {object} */ plan, /** @type {string} */ source) => this.#sound(plan, source, signal);
    // Few visits need these scripts.
    const { joinedFile } = await import("./book.js");
    const file = await joinedFile(format, parts, { ...project, name: title }, make);
    if (!file) return this.#sayNothing();
    const name = `${fileNameOf(title)}.${format}`;
    download(file, name);
    return name;
  }

  /** The sound of a plan; what an export before has made is not made again. @param {object} plan @param {string} format @param {AbortSignal} signal */
  async #sound(plan, format, signal) {
    const key = JSON.stringify([format, plan]);
    const sound = this.#made.get(key) ?? (await this.context.api.file({ plan }, format, signal));
    this.#made.set(key, sound);
    return sound;
  }

  /**
   * The plan of all parts as lines of JSON, as `intone say --plan` reads it.
   * @param {string} format
   * @param {AbortSignal} signal
   */
  async #savePlan(format, signal) {
    const { project } = this.context.studio;
    const { name, author } = project;
    const rows = [];
    for await (const { lines, part } of this.#parts(project, signal)) {
      const title = chapterOf(part);
      rows.push(...(rows.length ? [] : [{ voice: lines.voice, title: name, ...(author ? { author } : {}) }]), ...(title ? [{ chapter: title }] : []));
      rows.push(...lines.sentences.map((_, i) => utteranceIn(lines.sentences, i, lines.hasNext)));
    }
    const file = `${fileNameOf(name)}.${format}`;
    if (!rows.length) return this.#sayNothing();
    download(new Blob(rows.map((row) => `${JSON.stringify(row)}\n`)), file);
    return file;
  }

  /**
   * All parts that have a text, or one of them, each with its plan.
   * @param {import("./project.js").Project} project   as it was when the export began
   * @param {AbortSignal} signal
   * @param {number} [only]   number of a part
   */
  async *#parts(project, signal, only) {
    const { parts } = project.content;
    for (const [index, part] of parts.entries()) {
      if (!part.text.trim() || (only ?? index) !== index) continue;
      this.#say(only === undefined ? `Making part ${index + 1} of ${parts.length}…` : "Making the file…");
      this.#progress(only === undefined ? index / parts.length : 0);
      const lines = await this.context.studio.lines(index, signal, project);
      // A failure was reported; a file without the part would be incomplete.
      if (!lines) this.#controller.abort();
      signal.throwIfAborted();
      if (lines) yield { lines: { ...lines, hasNext: lines.hasNext && only === undefined }, part, index };
    }
  }

  /** @param {string} format @param {AbortSignal} signal */
  async #saveEach(format, signal) {
    const { project } = this.context.studio;
    const { name, content } = project;
    const count = content.parts.length;
    const files = [];
    for await (const { lines, part, index } of this.#parts(project, signal)) {
      const number = String(index + 1).padStart(String(count).length, "0");
      const file = await this.#file(lines, format, signal, (share) => this.#progress((index + share) / count));
      files.push({ name: `${number} ${fileNameOf(titleOf(part, index))}.${format}`, file });
    }
    if (!files.length) return this.#sayNothing();
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
    const plan = planToSpeak(lines.voice, lines.sentences);
    if (!(format in SUBTITLES)) return this.#sound(plan, format, signal);
    const takes = await takesOf(this.context, { ...lines, hasNext: false }, signal, progress);
    return new Blob([SUBTITLES[format](cuesOf(lines, takes))], { type: "text/plain" });
  }

  #sayNothing() {
    this.context.notices.say("Write something first, or try an example.");
    return "";
  }

  /** @param {string} text */
  #say(text) {
    const cancel = document.createElement("button");
    cancel.type = "button";
    cancel.textContent = "Cancel";
    cancel.addEventListener("click", () => this.#controller.abort());
    const progress = document.createElement("progress");
    progress.setAttribute("aria-label", "Progress");
    this.context.notices.sayOn(text, progress, cancel);
  }

  /** @param {number} share */
  #progress(share) {
    const progress = this.context.notices.status.querySelector("progress");
    if (progress) progress.value = share;
  }

  /** @param {string} kind   `curl` or `ssml` */
  async copy(kind) {
    const { api, notices, ready } = this.context;
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
