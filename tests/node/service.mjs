// OpenAI's client as its users make it, for the service that scripts/check-node starts.

import OpenAI from "openai";

export const TEXT = "The harbour was quiet when the ferry came in. I am so happy that you are finally here!";
export const HELLO = { model: "tts-1", voice: "alloy", input: "Hello." };
export const RATE = 24_000; // Hertz that the client expects

const { INTONE_URL, INTONE_KEY } = process.env;
if (!INTONE_URL || !INTONE_KEY) throw new Error("Run scripts/check-node: it starts the service.");

/** A client that asks once. */
export function clientWith(apiKey = INTONE_KEY) {
  return new OpenAI({ baseURL: `${INTONE_URL}/v1`, apiKey, maxRetries: 0 });
}

/** The answer and its headers, and the bytes of the answer. */
export async function speak(client, fields = {}) {
  const response = await client.audio.speech.create({ ...HELLO, ...fields });
  return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
}
