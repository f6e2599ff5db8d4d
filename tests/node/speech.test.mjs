import assert from "node:assert/strict";
import { test } from "node:test";

import { HELLO, RATE, TEXT, clientWith, speak } from "./service.mjs";

const client = clientWith();
const VOICES = "alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse".split(" ");

/** Seconds of a text in pcm: 16 bits a sample. */
async function seconds(fields) {
  const { bytes } = await speak(client, { response_format: "pcm", ...fields });
  return bytes.length / 2 / RATE;
}

const FORMATS = {
  wav: ["audio/wav", (bytes) => bytes.toString("latin1", 0, 4) === "RIFF" && bytes.readUInt32LE(24) === RATE],
  // 20 bits behind the head of the first block, and those of its sizes.
  flac: ["audio/flac", (bytes) => bytes.toString("latin1", 0, 4) === "fLaC" && bytes.readUIntBE(18, 3) >> 4 === RATE],
  // MPEG 2 Layer III; of its rates, 22050, 24000 and 16000, the second.
  mp3: ["audio/mpeg", (bytes) => (bytes.readUInt16BE(0) & 0xfffe) === 0xfff2 && ((bytes[2] >> 2) & 3) === 1],
  opus: ["audio/ogg; codecs=opus", (bytes) => bytes.toString("latin1", 28, 36) === "OpusHead"],
  // ADTS; the rate by its number in the table of MPEG-4.
  aac: ["audio/aac", (bytes) => (bytes.readUInt16BE(0) & 0xfff6) === 0xfff0 && ((bytes[2] >> 2) & 15) === 6],
  pcm: ["audio/pcm;rate=24000", (bytes) => bytes.some((byte) => byte !== 0)],
};

for (const [name, [type, isWhole]] of Object.entries(FORMATS)) {
  const fields = { input: TEXT, response_format: name, seed: 1 };

  test(`${name} is what it says`, async () => {
    const { headers, bytes } = await speak(client, fields);
    assert.equal(headers.get("content-type"), type);
    assert.ok(isWhole(bytes));
    assert.ok(bytes.length > 10_000);
  });

  test(`${name} as events is the same stream`, async () => {
    const { bytes } = await speak(client, { ...fields, stream: true });
    const body = { ...HELLO, ...fields, stream_format: "sse" };
    const events = [];
    // By the client's own reader of events; its speech method knows only bytes.
    for await (const event of await client.post("/audio/speech", { body, stream: true })) events.push(event);
    const done = events.pop();
    const deltas = events.filter((event) => event.type === "speech.audio.delta");
    assert.deepEqual(Buffer.concat(deltas.map((event) => Buffer.from(event.audio, "base64"))), bytes);
    assert.equal(done.type, "speech.audio.done");
    assert.deepEqual(done.usage, { input_tokens: TEXT.length, output_tokens: 0, total_tokens: TEXT.length });
    assert.ok(events.some((event) => event.type === "speech.utterance" && event.utterance.words.length > 0));
  });
}

test("mp3 is what comes without asking", async () => {
  assert.equal((await speak(client)).headers.get("content-type"), "audio/mpeg");
});

test("a stream comes in pieces", async () => {
  const response = await client.audio.speech.create({ ...HELLO, input: TEXT.repeat(20), response_format: "pcm" });
  const pieces = [];
  for await (const piece of response.body) pieces.push(piece);
  assert.ok(pieces.length > 10);
  assert.ok(pieces[0].length < pieces.reduce((sum, piece) => sum + piece.length, 0) / 10);
});

test("who leaves a stream may ask again", async () => {
  const leaving = new AbortController();
  const fields = { ...HELLO, input: TEXT.repeat(200), response_format: "pcm" };
  const response = await client.audio.speech.create(fields, { signal: leaving.signal });
  const reader = response.body.getReader();
  assert.ok((await reader.read()).value.length > 0);
  leaving.abort();
  await assert.rejects(async () => {
    while (!(await reader.read()).done);
  });
  assert.ok((await speak(client)).bytes.length > 1000);
});

test("every voice of OpenAI's is known, as are ours, by name and as objects", async () => {
  for (const voice of [...VOICES, "wren", { id: "alloy" }, { id: "wren" }]) {
    assert.equal((await speak(client, { voice })).headers.get("x-voice"), "wren");
  }
});

test("instructions pin an emotion, or are ignored and that is told", async () => {
  const cheerful = await speak(client, { instructions: "Sound cheerful." });
  assert.equal(cheerful.headers.get("x-emotions"), "joy");
  assert.equal(cheerful.headers.get("x-warnings"), null);
  const pirate = await speak(client, { instructions: "Speak like a pirate." });
  assert.equal(pirate.headers.get("x-warnings"), "instructions_ignored");
});

test("speed makes it shorter", async () => {
  assert.ok((await seconds({ input: TEXT, speed: 2 })) < 0.7 * (await seconds({ input: TEXT })));
});

test("our own fields are taken, and others ignored and told", async () => {
  const ours = { emotion: { joy: 0.6, surprise: 0.4 }, degree: 1.5, seed: 1, sample_rate: 48_000, stream: false };
  const { headers, bytes } = await speak(client, { response_format: "wav", lang_code: "a", ...ours });
  assert.equal(headers.get("x-emotions"), "joy");
  assert.equal(headers.get("x-warnings"), "ignored_field");
  assert.equal(bytes.readUInt32LE(24), 48_000);
  assert.equal(bytes.readUInt32LE(40), bytes.length - 44);
  const pause = '<speak>One.<break time="2s"/>Two.</speak>';
  assert.ok((await seconds({ input: pause, ssml: true })) > 1.2 + (await seconds({ input: "One. Two." })));
});
