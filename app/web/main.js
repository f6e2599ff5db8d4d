/** Puts the page together. */

import { Cast, EXAMPLES, offerExamples, SAMPLE } from "./cast.js";
import { Editor } from "./editor.js";
import { Chances } from "./emotions.js";
import { Exports } from "./exports.js";
import { Inspector } from "./inspector.js";
import { Notices, previewOf, showWarnings, summaryOf } from "./notices.js";
import { planToSpeak, valueOf } from "./plan.js";
import { Snippets, Transport } from "./player.js";
import { History, Script } from "./script.js";
import { Analysis, Api, Attempts } from "./service.js";
import { keep, kept, Key } from "./store.js";
import { StreamedSpeech } from "./stream.js";

/** @param {string} selector */
const find = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

const key = new Key(/** @type {HTMLDialogElement} */ (find("#key-dialog")), find("#key"));
const api = new Api(() => key.value);
const notices = new Notices(find("#status"), find("#alert"));
const attempts = new Attempts(key, notices);
const script = new Script();
const history = new History(script);
const chances = new Chances(find("#chances"));
const snippets = new Snippets();
const analysis = new Analysis(plan);

const draft = kept() ?? { text: EXAMPLES[0].text, edits: [] };

const cast = new Cast(
  find(".cast"),
  {
    chosen,
    hear: (emotion, button) => hear({ text: SAMPLE, emotion, voice: cast.voice?.name }, button),
    sample: (button) => hearSample(cast.select.value, button),
  },
  draft.expressiveness,
  draft.voices ?? {},
);

const editor = new Editor(find(".paper"), {
  typed,
  selected: select,
  opened: (index) => {
    select(index);
    chances.hide();
    inspector.open();
  },
  pointed: (index, box) => chances.point(script.sentences[index], box),
});

const inspector = new Inspector(find("#inspector"), {
  edited: (field, value) => {
    history.record(`${editor.selected} ${field}`);
    script.edit(editor.selected, field, value);
    history.keep();
    refresh();
  },
  reset: () => {
    history.record(`${editor.selected}`);
    script.reset(editor.selected);
    history.keep();
    refresh();
  },
  hear: () => hear({ plan: planToSpeak(script.voice, [script.sentences[editor.selected]]) }, find("#inspector .hear")),
  closed: () => editor.tags.focus(editor.selected),
});

const transport = new Transport(find(".transport"), {
  make,
  begin: () => snippets.stop(),
  heard: (speech, sentence, word) => (speech?.text === script.text ? editor.hear(sentence, word) : editor.hear()),
  say: (text) => notices.say(text),
});

new Exports(find("#export"), { api, attempts, notices, ready });

/** @param {string} text @param {boolean} [undone] */
function typed(text, undone = false) {
  script.type(text);
  history.typed(text, undone);
  notices.sayOn();
  if (!text.trim()) empty();
  analysis.typed(text);
  refresh();
}

/** The same text is to be spoken otherwise. A dial says so at every step, hence this waits as typing does. */
function chosen() {
  analysis.typed(script.text);
  refresh();
}

function empty() {
  script.clear();
  notices.settled("analyze");
  showWarnings(find("#notes"), []);
}

/** @param {string} text @param {AbortSignal} signal */
async function plan(text, signal) {
  const how = { voice: cast.voice?.name, voices: cast.assigned, expressiveness: cast.expressiveness };
  const made = await attempts.try("analyze", () => api.analyze(text, how, signal), analyze);
  if (!made || text !== script.text) return null;
  script.adopt(made);
  cast.showCharacters(made.utterances);
  history.keep();
  showWarnings(find("#notes"), made.warnings);
  refresh();
  if (!cast.voice) findVoices();
  return made;
}

function analyze() {
  return analysis.now(script.text);
}

/** @param {number} index */
function select(index) {
  editor.select(index);
  const sentence = script.sentences[editor.selected];
  const voice = sentence && cast.find(String(valueOf(sentence, "voice")));
  const number = `${editor.selected + 1} of ${script.sentences.length}`;
  inspector.show(sentence, number, voice ?? cast.voice, cast.choices);
}

/** Everything that shows the text or the plan. */
function refresh() {
  editor.show(script);
  select(editor.selected);
  find("#summary").textContent = summaryOf(script);
  transport.outdated(previewOf(script));
  keep({ text: script.text, edits: script.edits, expressiveness: cast.expressiveness, voices: cast.assigned });
}

/** Return the script with a plan of the latest text; null if there is none, which is reported. */
async function ready() {
  if (!script.text.trim()) {
    notices.say("Write something first, or try an example.");
    return null;
  }
  return ((await analysis.settled()) ?? (await analyze())) && script;
}

/** @type {import("./player.js").Stage["make"]} */
async function make(signal, hear) {
  if (!(await ready()) || signal.aborted) return null;
  const { text, voice, sentences, plan } = script;
  notices.sayOn("Speaking…");
  const work = async () => {
    const speech = new StreamedSpeech(text, plan?.duration_estimate ?? 0);
    for await (const event of api.speak({ plan: planToSpeak(voice, sentences) }, signal)) {
      notices.settled("speak");
      const samples = speech.take(event);
      if (samples) hear(speech, samples);
    }
    return speech;
  };
  const speech = await attempts.try("speak", work, () => transport.toggle());
  if (speech) showWarnings(find("#notes"), speech.warnings);
  return speech;
}

/** One sound by itself. @param {object} what @param {HTMLElement} button @returns {Promise<void>} */
function hear(what, button) {
  return playSnippet((signal) => api.file(what, "wav", signal), button);
}

/** @param {string} voice @param {HTMLElement} button @returns {Promise<void>} */
function hearSample(voice, button) {
  return playSnippet((signal) => api.sample(voice, signal), button);
}

/** @param {(signal: AbortSignal) => Promise<Blob>} load @param {HTMLElement} button @returns {Promise<void>} */
function playSnippet(load, button) {
  transport.stop();
  const again = () => playSnippet(load, button);
  return snippets.play((signal) => attempts.try("hear", () => load(signal), again), button);
}

/** @param {string} text @param {string} said */
function replace(text, said) {
  const before = { text: script.text, edits: script.edits };
  transport.stop();
  editor.replace(text);
  const undo = () => {
    script.restore(before.edits);
    editor.replace(before.text);
  };
  notices.say(said, before.text.trim() ? { name: "Undo", act: undo } : undefined);
}

async function findVoices() {
  const voices = await attempts.try("voices", () => api.voices(), findVoices);
  if (voices) cast.show(voices);
  select(editor.selected);
}

offerExamples(find(".examples"), ({ name, text }) => replace(text, `“${name}” is here.`));
find("#clear").addEventListener("click", () => replace("", "Cleared."));
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) transport.toggle();
  if (history.handle(event)) {
    event.preventDefault();
    history.keep();
    refresh();
  }
});
document.addEventListener("theme", () => transport.waveform.paint());

script.restore(draft.edits);
editor.begin(draft.text);
findVoices();
