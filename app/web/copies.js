/** What can be pasted elsewhere: a plan as a curl command, and as SSML. */

import { emotionOf } from "./emotions.js";
import { valueOf } from "./plan.js";
import { SEED } from "./service.js";

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
