/** What can be taken along: sound, subtitles, a curl command, SSML. */

import { emotionOf } from "./emotions.js";
import { copy, download, fileNameOf, zipped } from "./files.js";
import { planToShow, planToSpeak, valueOf } from "./plan.js";
import { takesOf } from "./player.js";
import { titleOf } from "./project.js";
import { SEED } from "./service.js";
import { utteranceIn } from "./speech.js";
import { cuesOf, toSrt, toVtt } from "./subtitles.js";

/**
 * @typedef {import("./player.js").Lines} Lines
 *
 * @typedef {object} Context   what is on the page
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

  /** @param {HTMLElement} menu @param {Context} context */
  constructor(menu, context) {
    this.menu = menu;
    this.context = context;
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
    const { parts } = this.context.studio.content;
    /** @type {HTMLElement} */ (this.menu.querySelector(".scope")).hidden = parts.length === 1;
  }

  /** @param {string} format   of sound or of subtitles */
  async save(format) {
    const { attempts, notices, studio } = this.context;
    this.#controller.abort();
    const { signal } = (this.#controller = new AbortController());
    const isWhole = studio.content.parts.length > 1 && this.whole.checked;
    const save = format === "jsonl" ? this.#savePlan : isWhole ? this.#saveWhole : this.#savePart;
    const work = () => save.call(this, format, signal);
    const name = await attempts.try("save", work, () => this.save(format));
    if (name) notices.say(`Saved as ${name}.`);
    else if (signal.aborted) notices.say("Cancelled.");
  }

  /** @param {string} format @param {AbortSignal} signal @returns {Promise<string>} the name of the file */
  async #savePart(format, signal) {
    const { studio, ready } = this.context;
    const { name, content, current } = studio.project;
    const lines = await ready();
    if (!lines) return "";
    const isOne = content.parts.length === 1;
    const title = isOne ? name : `${name}, ${titleOf(content.parts[current], current)}`;
    const file = `${fileNameOf(title)}.${format}`;
    this.#say(`Making ${file}…`);
    download(await this.#file(lines, format, signal, (share) => this.#progress(share)), file);
    return file;
  }

  /**
   * The plan of all parts as lines of JSON, as `intone say --plan` reads it.
   * @param {string} format
   * @param {AbortSignal} signal
   */
  async #savePlan(format, signal) {
    const { project } = this.context.studio;
    const { name } = project;
    const rows = [];
    for await (const { lines, part } of this.#parts(project, signal)) {
      const title = chapterOf(part);
      rows.push(...(rows.length ? [] : [{ voice: lines.voice, title: name }]), ...(title ? [{ chapter: title }] : []));
      rows.push(...lines.sentences.map((_, i) => utteranceIn(lines.sentences, i, lines.hasNext)));
    }
    const file = `${fileNameOf(name)}.${format}`;
    if (!rows.length) return this.#sayNothing();
    download(new Blob(rows.map((row) => `${JSON.stringify(row)}\n`)), file);
    return file;
  }

  /**
   * All parts that have a text, each with its plan.
   * @param {import("./project.js").Project} project   as it was when the export began
   * @param {AbortSignal} signal
   */
  async *#parts(project, signal) {
    const { parts } = project.content;
    for (const [index, part] of parts.entries()) {
      this.#say(`Making part ${index + 1} of ${parts.length}…`);
      this.#progress(index / parts.length);
      if (!part.text.trim()) continue;
      const lines = await this.context.studio.lines(index, signal, project);
      // A failure was reported; a file without the part would be incomplete.
      if (!lines) this.#controller.abort();
      signal.throwIfAborted();
      if (lines) yield { lines, part, index };
    }
  }

  /** @param {string} format @param {AbortSignal} signal */
  async #saveWhole(format, signal) {
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
    const { api } = this.context;
    const plan = planToSpeak(lines.voice, lines.sentences);
    if (!(format in SUBTITLES)) return api.file({ plan }, format, signal);
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

/** The chapter that a part begins; nothing for a further part of a long one. @param {import("./project.js").Part} part */
function chapterOf({ title }) {
  const [, name, number] = title.match(/^(.*?)(?: \((\d+)\))?$/) ?? [];
  return number && number !== "1" ? "" : name;
}

/** A plan as a command line. */

const END = "PLAN";

/**
 * The command that makes `speech.wav`. The body stands in a document of its own, so that no quote in it ends anything
 * and no text is too long for an argument.
 * @param {object} plan
 * @param {string} address   of the page
 * @param {boolean} withKey   the key itself is not written down: it would be kept wherever the command is pasted
 */
export function curlOf(plan, address, withKey) {
  const url = new URL("synthesize", address).href;
  return [
    `curl --fail-with-body -sS '${url.replaceAll("'", "%27")}' -o speech.wav \\`,
    ...(withKey ? ['  -H "Authorization: Bearer $INTONE_KEY" \\'] : []),
    `  -H 'Content-Type: application/json' --data-binary @- <<'${END}'`,
    JSON.stringify({ plan, format: "wav", seed: SEED }),
    END,
    "",
  ].join("\n");
}

/**
 * A plan as SSML with Azure's extension: every sentence with its feeling, so that it sounds elsewhere as it did here.
 */

const OPENING =
  '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="http://www.w3.org/2001/mstts" xml:lang="en-US">';
const ENTITIES = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" });
// XML 1.0 has no sign for these, not even as a reference.
const NO_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * @param {string} voice
 * @param {import("./plan.js").Edited[]} sentences
 */
export function ssmlOf(voice, sentences) {
  const lines = sentences.flatMap((sentence, i) => {
    const name = String(valueOf(sentence, "voice") ?? voice);
    const before = i ? String(valueOf(sentences[i - 1], "voice") ?? voice) : null;
    const change = name === before ? [] : [...(i ? ["  </voice>"] : []), `  <voice name="${escaped(name)}">`];
    return [...change, `    ${spoken(sentence)}${pause(sentence)}`];
  });
  return [OPENING, ...lines, "  </voice>", "</speak>", ""].join("\n");
}

/** @param {import("./plan.js").Edited} sentence */
function spoken(sentence) {
  const { style } = emotionOf(String(valueOf(sentence, "emotion")));
  const degree = Number(valueOf(sentence, "degree"));
  const strength = degree === 1 ? "" : ` styledegree="${degree}"`;
  // The markup inside says how names are read.
  const text = withProsody(sentence, sentence.utterance.ssml ?? escaped(sentence.utterance.text));
  return `<mstts:express-as style="${style}"${strength}>${text}</mstts:express-as>`;
}

/** @param {import("./plan.js").Edited} sentence @param {string} text */
function withProsody(sentence, text) {
  const speed = Number(valueOf(sentence, "speed"));
  const pitch = Number(valueOf(sentence, "pitch"));
  const rate = speed === 1 ? "" : ` rate="${speed}"`;
  const height = pitch === 0 ? "" : ` pitch="${pitch > 0 ? "+" : ""}${pitch}st"`;
  return rate || height ? `<prosody${rate}${height}>${text}</prosody>` : text;
}

/** @param {import("./plan.js").Edited} sentence */
function pause(sentence) {
  const seconds = Number(valueOf(sentence, "pause_after"));
  return `<break time="${Math.round(seconds * 1000)}ms"/>`;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(NO_XML, "").replace(/[&<>"]/g, (sign) => ENTITIES[sign]);
}
