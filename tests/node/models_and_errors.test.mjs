import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI from "openai";

import { clientWith, speak } from "./service.mjs";

const client = clientWith();

test("models are listed, with or without the key", async () => {
  const names = [];
  for await (const model of clientWith("no key of the service").models.list()) names.push(model.id);
  assert.ok(["intone", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"].every((name) => names.includes(name)));
  const model = await client.models.retrieve("tts-1");
  assert.deepEqual([model.id, model.object, model.owned_by], ["tts-1", "model", "intone"]);
});

const WRONG = [
  [{ model: "gpt-5" }, OpenAI.NotFoundError, "model_not_found", null],
  [{ voice: "nobody" }, OpenAI.BadRequestError, "voice_not_found", "voice"],
  [{ input: "" }, OpenAI.BadRequestError, "empty_text", "input"],
  [{ input: "a".repeat(20_001) }, OpenAI.BadRequestError, "text_too_long", "input"],
  [{ speed: 9 }, OpenAI.BadRequestError, "invalid_request", "speed"],
  [{ response_format: "wma" }, OpenAI.BadRequestError, "invalid_request", "response_format"],
  [{ emotion: "hapy" }, OpenAI.BadRequestError, "unknown_emotion", "emotion"],
];

for (const [fields, kind, code, param] of WRONG) {
  test(`${JSON.stringify(fields).slice(0, 40)} is refused with its field`, async () => {
    await assert.rejects(speak(client, fields), (error) => {
      assert.ok(error instanceof kind);
      assert.deepEqual([error.code, error.param, error.type], [code, param, "invalid_request_error"]);
      return true;
    });
  });
}

test("a model that is not there is not found", async () => {
  await assert.rejects(client.models.retrieve("hexgrad/Kokoro-82M"), { status: 404, code: "model_not_found" });
});

test("a wrong key is refused", async () => {
  await assert.rejects(speak(clientWith("wrong")), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.deepEqual([error.code, error.param], ["invalid_api_key", null]);
    return true;
  });
});
