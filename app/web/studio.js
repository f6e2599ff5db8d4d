/** The project that is open: its changes, their steps back, its plans, and its keeping. */

import { cutBefore } from "./chapters.js";
import { History } from "./history.js";
import { Passage } from "./passage.js";
import { Plans } from "./plans.js";
import { newId, PART_CHARACTERS, partsIn, withParts } from "./project.js";
import { Keeper, recall, remember } from "./storage.js";

/**
 * @typedef {import("./project.js").Project} Project
 * @typedef {import("./project.js").Content} Content
 * @typedef {import("./project.js").Part} Part
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {{content: Content, current: number, caret: number}} State   what a step back restores
 *
 * @typedef {object} StudioEvents
 * @property {(shows: "all" | "plan") => void} changed   `all` if it may be another text
 * @property {() => number} caret
 * @property {(kept: boolean) => void} saved   whether the browser keeps projects
 * @property {(name: string) => void} forked   another tab changed the project, so that this is a copy now
 * @property {(part: Part, settings: import("./project.js").Settings, signal?: AbortSignal) => Promise<Plan | null>} plan
 *   null after a failure, which is reported
 */

const LAST_PROJECT = "intone-project";
const TYPING_MS = 200;
const CHARACTERS_PER_MS = 25;
/** A long text takes the service longer, so it gets fewer requests. */
const OPENING_CHARACTERS = 400;
/** A tenth of a part, so that its plan takes a tenth of the time. */

export class Studio {
  /** @type {Project} */
  project = { id: "", name: "", content: { parts: [], settings: { voices: {}, lexicon: {} } }, current: 0 };
  passage = new Passage();
  /** Characters of a part. */
  limit = PART_CHARACTERS;
  /** @type {History<State>} */
  history = new History();
  #controller = new AbortController();
  /** @type {Keeper} */
  #keeper;
  /** The newest plan of the shown part, or its making. @type {Promise<Plan | null>} */
  #latest = Promise.resolve(null);

  /** @param {import("./storage.js").Storage} storage @param {StudioEvents} on */
  constructor(storage, on) {
    this.storage = storage;
    this.plans = new Plans(storage, on.plan);
    this.on = on;
    this.#keeper = new Keeper(storage, { project: () => this.project, saved: on.saved, refused: () => this.#fork() });
  }

  get content() {
    return this.project.content;
  }

  get part() {
    return this.content.parts[this.project.current];
  }

  /**
   * The project of this tab, or the one that was changed last; null if there is none.
   * @returns {Promise<import("./storage.js").KeptProject | null>}
   */
  async recall() {
    try {
      const own = await this.storage.read(recall(LAST_PROJECT) ?? "");
      const [last] = own ? [own] : await this.storage.list();
      return (last && (await this.storage.read(last.id))) ?? null;
    } catch {
      return null;
    }
  }

  /** @param {import("./storage.js").KeptProject} project @param {boolean} isNew   whether it is to be kept from now on */
  async open(project, isNew = false) {
    await this.#keeper.settled();
    // No await from here on: what is typed belongs to the project that is shown.
    const { modified = 0, ...opened } = project;
    this.history.clear();
    this.plans.clear();
    this.project = opened;
    this.#keeper.begin(modified);
    remember(LAST_PROJECT, project.id);
    if (isNew) this.#save();
    this.turn(project.current);
  }

  /** Show another part. @param {number} index */
  turn(index) {
    const current = Math.min(Math.max(index, 0), this.content.parts.length - 1);
    const isSame = this.project.current === current;
    this.project = { ...this.project, current };
    if (!isSame) this.#save();
    this.history.separate();
    this.#show();
    this.on.changed("all");
    this.#planSoon(0);
  }

  /** What the project says about itself. @param {Partial<Pick<Project, "name" | "author" | "cover">>} change */
  describe(change) {
    this.project = { ...this.project, ...change };
    this.#save();
  }

  /** @param {string} title   of the shown part */
  retitle(title) {
    this.#record("title");
    const parts = withParts(this.content, this.project.current, { ...this.part, title });
    this.project = { ...this.project, content: parts };
    this.#save();
    this.on.changed("plan");
  }

  /** A text was typed. A part that becomes too long is cut. @param {string} text */
  type(text) {
    if (text.length > this.limit) return this.#cut(text);
    this.#record("typing");
    this.passage.type(text);
    if (!text.trim()) this.passage.clear();
    this.#put();
    this.on.changed("plan");
    this.#planSoon(TYPING_MS + text.length / CHARACTERS_PER_MS);
  }

  /** @param {string} text */
  #cut(text) {
    this.passage.type(text);
    const isOnly = this.content.parts.length === 1;
    const pins = (/** @type {number} */ start, /** @type {number} */ end) => this.passage.pinsWithin(start, end);
    const parts = partsIn(this.part, text, isOnly, this.limit, pins);
    const caret = this.on.caret();
    const isPasted = caret === text.length && text.length - this.part.text.length > this.limit;
    // The part that holds the end of what was typed; the beginning if a long text was pasted.
    let [at, before] = [0, 0];
    while (!isPasted && at < parts.length - 1 && before + parts[at].text.length <= caret)
      before += parts[at++].text.length;
    const { current } = this.project;
    this.change("cut", withParts(this.content, current, ...parts), current + at, caret - before);
  }

  /** Change some sentences of the shown part. @param {string} kind @param {(passage: Passage) => void} change */
  edit(kind, change) {
    this.#record(kind);
    change(this.passage);
    this.#put();
    this.on.changed("plan");
  }

  /** @param {string} kind @param {Partial<import("./project.js").Settings>} settings */
  set(kind, settings) {
    this.#record(kind);
    const all = { ...this.content.settings, ...settings };
    if (all.expressiveness === undefined) delete all.expressiveness;
    this.project = { ...this.project, content: { ...this.content, settings: all } };
    this.#save();
    this.on.changed("plan");
    this.#planSoon(TYPING_MS);
  }

  /**
   * Replace the content, which is a step of its own.
   * @param {string} kind
   * @param {Content} content
   * @param {number} current   the part to show
   * @param {number} [caret]
   */
  change(kind, content, current, caret = 0) {
    this.history.separate();
    this.#record(kind);
    this.history.separate();
    this.#restore({ content, current, caret: Math.max(caret, 0) });
  }

  /** @param {"undo" | "redo"} step @returns {boolean} whether there was one */
  step(step) {
    const state = this.history[step](this.#state);
    if (!state) return false;
    this.#restore(state);
    return true;
  }

  /** Where the caret was when the state was left, for the editor. */
  caret = 0;

  /** @returns {State} */
  get #state() {
    return { content: this.content, current: this.project.current, caret: this.on.caret() };
  }

  /** @param {State} state */
  #restore({ content, current, caret }) {
    const isSame = this.project.current === current;
    this.project = { ...this.project, content, current };
    this.caret = caret;
    this.#save();
    if (isSame) {
      this.passage.restore(this.part);
      const plan = this.plans.known(this.project);
      if (plan) this.passage.adopt(plan);
      else if (!this.part.text.trim()) this.passage.clear();
    } else this.#show();
    this.on.changed("all");
    this.caret = 0;
    this.#planSoon(0);
  }

  /** A change of this kind follows. @param {string} kind */
  #record(kind) {
    this.history.record(this.#state, kind);
  }

  #show() {
    this.passage = new Passage(this.part, this.plans.known(this.project));
  }

  /** The text and the pins of the shown part are those of the passage. */
  #put() {
    const part = { ...this.part, text: this.passage.text, pins: this.passage.pins };
    this.project = { ...this.project, content: withParts(this.content, this.project.current, part) };
    this.#save();
  }

  /** Return the plan of the shown part as it is now; null if there is none, which is reported. */
  async planned() {
    for (;;) {
      const awaited = this.#latest;
      const plan = await awaited;
      if (awaited !== this.#latest) continue;
      if (plan || !this.part.text.trim()) return plan;
      return this.replan();
    }
  }

  /** Plan the shown part now. */
  replan() {
    return this.#planSoon(0);
  }

  /** Plan the shown part after a while, unless something else is typed. @param {number} delay */
  #planSoon(delay) {
    this.#controller.abort();
    const { signal } = (this.#controller = new AbortController());
    this.#latest = this.#planShown(delay, signal);
    return this.#latest;
  }

  /** @param {number} delay @param {AbortSignal} signal @returns {Promise<Plan | null>} */
  async #planShown(delay, signal) {
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    if (signal.aborted || !this.part.text.trim()) return null;
    const { passage } = this;
    const plan = await this.plans.of(this.project, this.project.current, signal);
    if (!plan || signal.aborted) return null;
    if (passage.plan !== plan || !passage.isPlanned) {
      passage.adopt(plan);
      this.on.changed("plan");
    }
    this.#planNext(signal);
    return plan;
  }

  /** Plan the next part before it is shown or heard. @param {AbortSignal} signal */
  #planNext(signal) {
    const next = this.project.current + 1;
    if (this.content.parts[next]?.text.trim()) this.plans.of(this.project, next, signal);
  }

  /**
   * A part as it is spoken, without sentences if it has no text; null if it could not be planned, which is reported.
   * @param {number} index
   * @param {AbortSignal} [signal]
   * @param {Project} [kept]   the project as it was at some time; by default as it is when the part is planned
   * @returns {Promise<import("./player.js").Lines | null>}
   */
  async lines(index, signal, kept) {
    const project = kept ?? this.project;
    const { parts } = project.content;
    const hasNext = parts.slice(index + 1).some(({ text }) => text.trim());
    if (!parts[index]?.text.trim()) return { text: "", voice: "", sentences: [], hasNext };
    const isShown = () =>
      index === this.project.current && (!kept || this.content === kept.content) && this.part.text.trim() !== "";
    const wasShown = isShown();
    const plan = await (wasShown ? this.planned() : this.plans.of(project, index, signal));
    // After the wait, another part or project may be shown, or no text.
    if (wasShown && !isShown()) return this.lines(index, signal, kept);
    if (!plan) return null;
    const passage = wasShown ? this.passage : new Passage(parts[index], plan);
    return { text: passage.text, voice: passage.voice, sentences: passage.sentences, hasNext };
  }

  /**
   * The first sentences of a part whose plan is not there yet, to be spoken until it is; null if it is there, or soon.
   * @param {number} index
   * @param {AbortSignal} signal
   * @returns {Promise<import("./player.js").Lines | null>}
   */
  async opening(index, signal) {
    const { project } = this;
    const part = project.content.parts[index];
    const isLong = part.text.trim().length > 2 * OPENING_CHARACTERS;
    if (!isLong || (await this.plans.find(project, index))) return null;
    const blank = part.text.length - part.text.trimStart().length;
    const text = part.text.slice(0, blank + cutBefore(part.text.trimStart(), OPENING_CHARACTERS));
    const plan = await this.on.plan({ ...part, text }, project.content.settings, signal);
    if (!plan) return null;
    const { voice, sentences } = new Passage({ ...part, text }, plan);
    // What follows the last sentence determines where it ends, and its pause.
    return sentences.length > 1
      ? { text: part.text, voice, sentences: sentences.slice(0, -1), hasNext: false }
      : null;
  }

  #save() {
    this.#keeper.save();
  }

  /** Another tab has changed the project: from now on this is a copy, so that nothing is lost. */
  #fork() {
    this.project = { ...this.project, id: newId(), name: `${this.project.name} (copy)` };
    remember(LAST_PROJECT, this.project.id);
    this.on.forked(this.project.name);
  }
}
