/** Puts the page together. */

import { Attempts, Key } from "./connection.js";
import { acceptFiles, EXAMPLES, offerExamples, read } from "./documents.js";
import { Editor } from "./editor.js";
import { Exports } from "./exports.js";
import { download, fileNameOf } from "./files.js";
import { Find } from "./find.js";
import { Inspector } from "./inspector.js";
import { listenToKeys } from "./keys.js";
import { Chances } from "./labels.js";
import { Notices, showWarnings, summaryOf } from "./notices.js";
import { planToSpeak, valueOf } from "./plan.js";
import { Player } from "./player.js";
import { newProject, PART_CHARACTERS, toFile, withParts } from "./project.js";
import { Parts, Projects } from "./projects.js";
import { Pronunciation } from "./pronunciation.js";
import { Api } from "./service.js";
import { Snippets } from "./sound.js";
import { Storage } from "./storage.js";
import { Studio } from "./studio.js";
import { Takes } from "./takes.js";
import { Transport } from "./transport.js";
import { SAMPLE, VoiceBar } from "./voices.js";

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
const dialog = (/** @type {string} */ selector) => /** @type {HTMLDialogElement} */ (find(selector));

const key = new Key(dialog("#key-dialog"), find("#key"));
const api = new Api(() => key.value);
const notices = new Notices(find("#status"), find("#alert"));
const attempts = new Attempts(key, notices, () => api.isAlive());
const chances = new Chances(find("#chances"));
const snippets = new Snippets();
const takes = new Takes();
const storage = new Storage();

/** The project and its texts. */

const studio = new Studio(storage, {
  caret: () => editor.caret,
  changed: (shows) => {
    if (shows === "all") editor.load(studio.passage, studio.caret);
    refresh();
  },
  saved: (isKept) => {
    find("#unkept").hidden = isKept;
  },
  forked: (name) => {
    notices.say(`Another tab has changed this project. What you write here is kept as “${name}”.`);
    projects.show(studio.project);
  },
  plan: (part, settings, signal) =>
    attempts.try("analyze", () => api.analyze(part, voices.available(settings), signal), () => studio.replan(), true),
});

const editor = new Editor(find(".paper"), {
  typed: (text) => {
    notices.sayOn();
    transport.stay();
    studio.type(text);
    if (!text.trim()) notices.settled("analyze");
  },
  stepped: (step) => studio.step(step),
  selected: () => showSelection(),
  opened: () => {
    chances.hide();
    inspector.open();
  },
  pointed: (index, box) => chances.point(studio.passage.sentences[index], box),
});

const inspector = new Inspector(find("#inspector"), {
  edited: (field, value) =>
    studio.edit(`${editor.selection} ${field}`, (passage) => {
      for (const index of editor.selection) passage.edit(index, field, value);
    }),
  reset: () =>
    studio.edit(`${editor.selection} reset`, (passage) => {
      for (const index of editor.selection) passage.reset(index);
    }),
  retake: () => {
    studio.history.separate();
    studio.edit("retake", (passage) => {
      for (const index of editor.selection) {
        const take = Number(valueOf(passage.sentences[index], "take"));
        passage.edit(index, "take", take + 1);
      }
    });
    hearSelection(find("#inspector .retake"));
  },
  hear: () => hearSelection(find("#inspector .hear")),
  playFrom: () => transport.playFrom(editor.selection[0]),
  closed: () => editor.labels.focus(editor.selected),
});

const voices = new VoiceBar(find(".voices"), {
  changed: (kind, change) => studio.set(kind, change),
  hear: (emotion, button) => hear({ text: SAMPLE, emotion, voice: voices.voice?.name }, button),
  sample: (button) => playSnippet((signal) => api.sample(voices.voice?.name ?? "", signal), button),
});

const parts = new Parts(find(".parts"), {
  turn: (index) => studio.turn(index),
  rename: (title) => studio.retitle(title),
  remove: () => {
    const { content, project } = studio;
    const current = Math.max(0, Math.min(project.current, content.parts.length - 2));
    studio.change("part", withParts(content, project.current), current);
    notices.say("The part was removed.", { name: "Undo", act: () => studio.step("undo") });
  },
});

/** Sound. */

const player = new Player({
  api,
  takes,
  lines: (part, signal) => studio.lines(part, signal),
  opening: (part, signal) => studio.opening(part, signal),
  attempt: (work) => attempts.try("speak", work, () => transport.toggle()),
  changed: () => transport.changed(),
  arrived: () => showTimeline(),
  finished: (next) => transport.finished(next),
  warned: (warnings) => showWarnings(find("#notes"), warnings),
});

const transport = new Transport(find(".transport"), player, takes, {
  begin: () => {
    snippets.stop();
    return hasText();
  },
  heard: (lines, index, word) => {
    const isShown = lines !== null && lines.text === studio.passage.text;
    if (isShown) editor.hear(index, word?.place);
    else editor.hear();
  },
  turn: (part) => studio.turn(part),
  say: (text, stays) => (stays ? notices.sayOn(text) : notices.say(text)),
});

/** @param {object} what @param {HTMLElement} button @returns {Promise<void>} */
function hear(what, button) {
  return playSnippet((signal) => api.file(what, "wav", signal), button);
}

/** @param {HTMLElement} button */
function hearSelection(button) {
  const { voice, sentences } = studio.passage;
  hear({ plan: planToSpeak(voice, editor.selection.map((index) => sentences[index])) }, button);
}

/** @param {(signal: AbortSignal) => Promise<Blob>} load @param {HTMLElement} button @returns {Promise<void>} */
function playSnippet(load, button) {
  transport.stop();
  const again = () => playSnippet(load, button);
  return snippets.play((signal) => attempts.try("hear", () => load(signal), again), button);
}

/** What is shown. */

/** Everything that shows the project. */
function refresh() {
  const { passage, project } = studio;
  editor.show(passage);
  showSelection();
  find("#summary").textContent = summaryOf(passage, project.content);
  parts.show(project.content.parts, project.current);
  projects.show(project);
  voices.show(project.content.settings);
  voices.showCharacters(passage.sentences.map(({ utterance }) => utterance));
  pronunciation.show(project.content.settings.lexicon);
  showWarnings(find("#notes"), passage.plan?.warnings ?? []);
  /** @type {HTMLButtonElement} */ (find("#undo")).disabled = !studio.history.canUndo;
  /** @type {HTMLButtonElement} */ (find("#redo")).disabled = !studio.history.canRedo;
  transport.outdated();
  showTimeline();
}

function showSelection() {
  const { sentences } = studio.passage;
  const selected = editor.selection.flatMap((index) => sentences[index] ?? []);
  const voice = selected.length ? voices.find(String(valueOf(selected[0], "voice"))) : undefined;
  const number = `${editor.selected + 1} of ${sentences.length}`;
  inspector.show(selected, number, voice ?? voices.voice, voices.choices, studio.passage.plan?.warnings ?? []);
}

function showTimeline() {
  const { text, voice, sentences, plan } = studio.passage;
  const { current, content } = studio.project;
  const hasNext = content.parts.slice(current + 1).some((part) => part.text.trim());
  transport.show(current, { text, voice, sentences, hasNext }, plan?.duration_estimate ?? 0);
}

/** @returns {Promise<import("./player.js").Lines | null>} */
async function ready() {
  if (!hasText()) return null;
  const lines = await studio.lines(studio.project.current, undefined, studio.project);
  if (lines && !lines.sentences.length) notices.say("This part is empty.");
  return lines?.sentences.length ? lines : null;
}

/** Whether there is anything to speak; if not, say so. */
function hasText() {
  const hasAny = studio.content.parts.some(({ text }) => text.trim());
  if (!hasAny) notices.say("Write something first, or try an example.");
  return hasAny;
}

/** Projects and files. */

const projects = new Projects(dialog("#projects"), find("#project"), {
  list: () => storage.list().catch(() => []),
  open: async (id) => {
    const project = await storage.read(id);
    if (project) open(project);
  },
  create: () => {
    open(newProject("Untitled", [{ title: "", text: "" }]), true);
    editor.area.focus();
  },
  remove: (id) => storage.delete(id),
  save: () => {
    const name = `${fileNameOf(studio.project.name)}.json`;
    download(new Blob([toFile(studio.project)], { type: "application/json" }), name);
    notices.say(`Saved as ${name}.`);
  },
  describe: (change) => {
    studio.describe(change);
    projects.show(studio.project);
  },
});

/** @param {import("./storage.js").KeptProject} project @param {boolean} [isNew] */
function open(project, isNew) {
  transport.stop();
  return studio.open(project, isNew);
}

/** @param {File} file */
async function openFile(file) {
  notices.sayOn(`Opening ${file.name}…`);
  const opened = await attempts.try("open", () => read(file, api, studio.limit), () => openFile(file));
  if (!opened) return;
  await open(opened.project, true);
  const { length } = opened.project.content.parts;
  const note = opened.warnings.length ? ` ${opened.warnings.slice(0, 3).join(" ")}` : "";
  notices.say(`“${opened.project.name}” is open${length > 1 ? `, in ${length} parts` : ""}.${note}`);
}

const pronunciation = new Pronunciation(dialog("#pronunciation"), find("#names"), {
  word: () => {
    const { selectionStart, selectionEnd, value } = editor.area;
    return selectionEnd - selectionStart > 60 ? "" : value.slice(selectionStart, selectionEnd).trim();
  },
  changed: (lexicon) => studio.set("pronunciation", { lexicon }),
  hear: (word, reading, button) =>
    hear({ text: word, voice: voices.voice?.name, lexicon: reading ? { [word]: reading } : undefined }, button),
});

const search = new Find(find(".find"), find("#search"), {
  state: () => ({
    texts: studio.content.parts.map(({ text }) => text),
    part: studio.project.current,
    caret: editor.area.selectionEnd,
  }),
  found: ({ part, from, to }) => {
    if (part !== studio.project.current) studio.turn(part);
    editor.reveal(from, to);
  },
  closed: () => {
    editor.conceal();
    editor.area.focus({ preventScroll: true });
  },
});

const exports = new Exports(find("#export"), { api, takes, attempts, notices, studio, ready });

/** @param {string} text @param {string} said */
function replace(text, said) {
  const hadText = studio.part.text.trim() !== "";
  transport.stop();
  const { current } = studio.project;
  studio.change("text", withParts(studio.content, current, { ...studio.part, text, pins: [] }), current);
  editor.area.focus({ preventScroll: true });
  notices.say(said, hadText ? { name: "Undo", act: () => studio.step("undo") } : undefined);
}

offerExamples(find(".examples"), ({ name, text }) => replace(text, `“${name}” is here.`));
acceptFiles(/** @type {HTMLInputElement} */ (find("#file")), openFile);
find("#clear").addEventListener("click", () => replace("", "Cleared."));
find("#add").addEventListener("click", () => {
  const { content, project } = studio;
  const empty = { title: "", text: "", pins: [] };
  studio.change("part", withParts(content, project.current, studio.part, empty), project.current + 1);
  editor.area.focus();
});
find("#open").addEventListener("click", () => find("#file").click());
find("#undo").addEventListener("click", () => studio.step("undo"));
find("#redo").addEventListener("click", () => studio.step("redo"));
listenToKeys({
  play: () => transport.toggle(),
  playFrom: () => (editor.selection.length ? transport.playFrom(editor.selection[0]) : transport.toggle()),
  find: search,
  step: (step) => studio.step(step),
});
document.addEventListener("theme", () => transport.waveform.paint());

async function findVoices() {
  const known = await attempts.try("voices", () => api.voices(), findVoices, true);
  if (!known) return;
  voices.offer(known);
  showSelection();
}

async function findOffer() {
  const offer = await attempts.try("offer", () => api.offer(), findOffer, true);
  if (!offer) return;
  exports.offer(offer.formats);
  studio.limit = Math.min(PART_CHARACTERS, offer.max_chars);
}

findVoices();
findOffer();
const [example] = EXAMPLES;
await open((await studio.recall()) ?? newProject("Untitled", [{ title: "", text: example.text }]));
editor.area.readOnly = false;
