/** Puts the page together. */

import { Analysis } from "./analysis.js";
import { Api, isAborted, Problem } from "./api.js";
import { Cast, SAMPLE } from "./cast.js";
import { Chances } from "./chances.js";
import { curlOf } from "./curl.js";
import { Editor } from "./editor.js";
import { EXAMPLES } from "./examples.js";
import { Inspector } from "./inspector.js";
import { Key } from "./key.js";
import { Notices } from "./notices.js";
import { planToShow, planToSpeak } from "./plan.js";
import { copy, download } from "./save.js";
import { emotionIn, Script } from "./script.js";
import { Snippets } from "./snippets.js";
import { speechOf } from "./speech.js";
import { ssmlOf } from "./ssml.js";
import { recall, remember } from "./store.js";
import { summaryOf, showWarnings } from "./summary.js";
import { Transport } from "./transport.js";

/** @typedef {import("./plan.js").Field} Field */

const DRAFT = "intone-draft";
const LOADING_SECONDS = 2;
const QUIET = 0.05;
/** How loud what was not spoken yet is drawn. */

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

const key = new Key(/** @type {HTMLDialogElement} */ (find("#key-dialog")), find("#key"));
const api = new Api(() => key.value);
const notices = new Notices(find("#status"), find("#alert"));
const script = new Script();
const chances = new Chances(find("#chances"));
let selected = -1;

const cast = new Cast(find(".cast"), {
  chosen: () => analyzeNow(),
  hear: (emotion, button) => hear({ text: SAMPLE, emotion, voice: cast.voice?.name }, button),
});
const editor = new Editor(find(".paper"), {
  typed,
  selected: select,
  opened: (index) => {
    select(index);
    chances.hide();
    inspector.open();
  },
  pointed: (index, box) => {
    const sentence = script.sentences[index];
    if (sentence && box) chances.show(sentence, box);
    else chances.hide();
  },
});
const inspector = new Inspector(find("#inspector"), {
  edited: (field, value) => changed(() => script.edit(selected, field, value)),
  reset: () => changed(() => script.reset(selected)),
  hear: () => hear({ plan: planToSpeak(voiceName(), [script.sentences[selected]]) }, find("#inspector .hear")),
  closed: () => editor.tags.focus(selected),
});
const transport = new Transport(find(".transport"), {
  make,
  heard: (speech, sentence, word) => (speech?.text === script.text ? editor.hear(sentence, word) : editor.hear(undefined, undefined)),
  say: (text) => notices.say(text),
});
const analysis = new Analysis((text, signal) =>
  attempt("analyze", () => api.analyze(text, cast.voice?.name ?? "", signal), analyzeNow).then((plan) => {
    if (plan && text === script.text) planned(plan);
    return plan;
  }),
);
const snippets = new Snippets((what, signal) => attempt("hear", () => api.file(what, "wav", signal), null));

/**
 * Do what needs the service: ask for a key where one is needed, wait while it is loading, tell what goes wrong.
 * @template T
 * @param {string} about @param {() => Promise<T>} work @param {(() => void) | null} again @returns {Promise<T | null>}
 */
async function attempt(about, work, again) {
  for (;;) {
    try {
      const done = await work();
      notices.settled(about);
      return done;
    } catch (error) {
      if (isAborted(error)) return null;
      const problem = error instanceof Problem ? error : new Problem("page", "The page failed", String(error), "Reload it; your text is kept.");
      if (problem.code === "unauthorized" && (await key.ask(problem.message))) continue;
      const loading = problem.code === "not_ready";
      notices.complain(about, problem, loading ? null : (again ?? (() => attempt(about, work, again))));
      if (!loading) return null;
      await new Promise((resolve) => setTimeout(resolve, 1000 * (problem.retryAfter || LOADING_SECONDS)));
    }
  }
}

function voiceName() {
  return script.plan?.voice ?? "";
}

/** @param {string} text */
function typed(text) {
  script.type(text);
  if (!text.trim()) script.clear();
  analysis.typed(text);
  refresh();
}

function analyzeNow() {
  return analysis.now(script.text);
}

/** @param {import("./plan.js").Plan} plan */
function planned(plan) {
  script.adopt(plan);
  if (selected < 0) selected = script.at(editor.area.selectionStart);
  showWarnings(find("#notes"), plan.warnings);
  refresh();
}

/** @param {() => void} edit */
function changed(edit) {
  edit();
  refresh();
}

/** @param {number} index */
function select(index) {
  selected = index;
  editor.select(index);
  showSentence();
}

/** Everything that shows the text or the plan. */
function refresh() {
  selected = Math.min(selected, script.sentences.length - 1);
  editor.show(script);
  select(selected);
  find("#summary").textContent = summaryOf(script);
  transport.outdated(preview());
  remember(DRAFT, JSON.stringify({ text: script.text, edits: script.edits }));
}

function showSentence() {
  inspector.show(script.sentences[selected], `${selected + 1} of ${script.sentences.length}`, cast.voice);
}

/** What the waveform shows before anything was spoken: how long each sentence is. */
function preview() {
  const duration = script.plan?.duration_estimate ?? 0;
  const length = script.sentences.reduce((sum, one) => sum + one.end - one.start, 0) || 1;
  let at = 0;
  const sentences = script.sentences.map((one) => {
    const start = at;
    at += ((one.end - one.start) / length) * duration;
    return { start, end: at, emotion: emotionIn(one) };
  });
  return { duration, peaks: duration ? [QUIET] : [], sentences };
}

/** @param {AbortSignal} signal */
async function make(signal) {
  snippets.stop();
  const plan = await readyPlan();
  if (!plan || signal.aborted) return null;
  const { text } = script;
  notices.say("Speaking…");
  const answer = await attempt("speak", () => api.speak({ plan }, signal), () => transport.toggle());
  if (!answer) return null;
  showWarnings(find("#notes"), answer.plan.warnings);
  return speechOf(answer, text);
}

/** The edited plan of what is typed now; null where there is none, which was told. */
async function readyPlan() {
  if (!script.text.trim()) {
    notices.say("Write something first, or try an example.");
    return null;
  }
  const plan = (await analysis.settled()) ?? (await analyzeNow());
  return plan && planToSpeak(voiceName(), script.sentences);
}

/** @param {object} what @param {HTMLElement} button */
function hear(what, button) {
  transport.stop();
  return snippets.play(what, button);
}

/** @param {string} format */
async function save(format) {
  const plan = await readyPlan();
  if (!plan) return;
  notices.say(`Making the ${format} file…`);
  const file = await attempt("save", () => api.file({ plan }, format), () => save(format));
  if (!file) return;
  download(file, `speech.${format}`);
  notices.say(`speech.${format} was saved.`);
}

/** @param {"curl" | "ssml"} kind */
async function copyAs(kind) {
  if (!(await readyPlan())) return;
  const address = document.baseURI;
  const text = kind === "ssml" ? ssmlOf(voiceName(), script.sentences) : curlOf(planToShow(voiceName(), script.sentences), address, key.value !== null);
  const note = kind === "curl" && key.value !== null ? " Set INTONE_KEY before you run it." : "";
  const name = kind === "ssml" ? "SSML" : "curl command";
  notices.say((await copy(text)) ? `The ${name} is on the clipboard.${note}` : "The browser does not let this page use the clipboard.");
}

/** @param {string} text @param {string} said */
function replaceText(text, said) {
  const before = script.text;
  const { edits } = script;
  transport.stop();
  selected = -1;
  editor.replace(text);
  const undo = () => {
    script.restore(edits);
    editor.replace(before);
  };
  notices.say(said, before.trim() ? { name: "Undo", act: undo } : undefined);
}

function offerExamples() {
  const buttons = EXAMPLES.map(({ name, text }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.addEventListener("click", () => replaceText(text, `“${name}” is on the page.`));
    return button;
  });
  find(".examples").append(...buttons);
}

function listen() {
  find("#clear").addEventListener("click", () => replaceText("", "The page is empty."));
  find("#export").addEventListener("click", ({ target }) => {
    const { format, kind } = /** @type {HTMLElement} */ (target).dataset;
    if (format) save(format);
    if (kind === "curl" || kind === "ssml") copyAs(kind);
    if (format || kind) find("#export").hidePopover();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) transport.toggle();
  });
  document.addEventListener("theme", () => transport.waveform.paint());
}

/** The text of before a reload, or the first example. */
function begin() {
  const kept = recall(DRAFT);
  const { text, edits } = kept ? JSON.parse(kept) : { text: EXAMPLES[0].text, edits: [] };
  editor.area.value = text;
  editor.area.setSelectionRange(0, 0);
  script.restore(edits);
  typed(text);
}

offerExamples();
listen();
begin();
attempt("voices", () => api.voices(), null).then((voices) => {
  if (voices) cast.show(voices);
  showSentence();
});
