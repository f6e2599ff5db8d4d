"""Requests of the soak test: with a seed, whose responses are known, without one, and bad requests."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scripts.soak.wire import write_request

SENTENCES = (
    "The parcel came at nine.",
    "I am so happy that it is finally here!",
    "How dare they keep us waiting for an hour without a word?",
    "She closed the door and sat down in the dark, and nobody spoke.",
    "We walked along the wall, and the gulls followed us.",
    "What was that noise behind the shed?",
    "Nothing in the house had been touched since the spring.",
    "Bring the blue folder, please; the red one stays here.",
)
CHAPTER = " ".join(SENTENCES * 40)
JSON = {"Content-Type": "application/json"}
SSML = {"Content-Type": "application/ssml+xml"}


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    kind: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict, hash=False)

    def write(self, **more: str) -> bytes:
        """Return the bytes of the request, with further headers."""
        return write_request(self.method, self.path, self.body, [*self.headers.items(), *more.items()])


def make_speech_request(kind: str, path: str = "/synthesize", **fields: Any) -> Request:
    """Return a POST of JSON fields."""
    return Request(kind, "POST", path, json.dumps(fields).encode(), JSON)


def make_seeded_requests() -> list[Request]:
    """Return requests of every kind of route and body whose responses are always the same bytes."""
    requests = []
    for number, sentence in enumerate(SENTENCES):
        paragraph = " ".join(SENTENCES[number:] + SENTENCES[:number])
        plan = {"utterances": [{"text": sentence, "ssml": f"<speak>{sentence}</speak>", "emotion": "joy"}] * 3}
        phonemes = "<phoneme alphabet='ipa' ph='həlˈoʊ'>a</phoneme> " * (20 + number)
        requests += [
            make_speech_request("sentence", text=sentence, seed=number),
            make_speech_request("paragraph", text=paragraph, seed=number, format="mp3"),
            make_speech_request("stream", text=paragraph, seed=number, stream=True),
            make_speech_request(
                "degree", text=sentence, seed=number, emotion="anger", degree=round(0.2 + 0.13 * number, 2)
            ),
            make_speech_request("plan", plan=plan, seed=number, format="flac"),
            make_speech_request(
                "openai", "/v1/audio/speech", model="tts-1", voice="alloy", input=sentence, seed=number
            ),
            Request("get", "GET", f"/synthesize?text=Good%20morning%20number%20{number}."),
            Request("ssml", "POST", f"/synthesize?seed={number}", f"<speak>{phonemes}</speak>".encode(), SSML),
        ]
    return requests


def make_unseeded_request(chance: random.Random) -> Request:
    """Return a request that no cache has seen: any degree, any order of sentences."""
    text = " ".join(chance.sample(SENTENCES, 3)) + f" Number {chance.randrange(10**6)}."
    degree = round(chance.uniform(0.05, 2), 3)
    return make_speech_request("unseeded", text=text, emotion=chance.choice(["auto", "anger", "fear"]), degree=degree)


def generate_bad_requests(chance: random.Random) -> Iterator[Request]:
    """Yield requests that must get a status from 400 to 499, or 503 if the service is overloaded."""
    many = json.dumps({str(number): 1 for number in range(20_000)}).encode()
    deep = b'{"text":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    while True:
        word = "".join(chance.choices("abcdefghij", k=8))
        yield chance.choice(
            (
                Request("no type", "POST", "/synthesize", b"hello"),
                Request("cut JSON", "POST", "/synthesize", b'{"text": "' + word.encode(), JSON),
                Request("many fields", "POST", "/synthesize", many, JSON),
                Request("deep", "POST", "/analyze", deep, JSON),
                Request("no UTF-8", "POST", "/synthesize", b"\xfd\xfe\xff" * 50, {"Content-Type": "text/plain"}),
                Request("charset", "POST", "/synthesize", b"hi", {"Content-Type": f"text/plain; charset={'1' * 500}"}),
                Request("semicolons", "POST", "/synthesize", b"hi", {"Content-Type": f'text/plain; a="{";" * 900}'}),
                Request("no path", "GET", f"/{word}"),
                Request("line feed", "POST", "/synthesize%0A", b'{"text": "hi"}', JSON),
                Request("DTD", "POST", "/synthesize", b"<!DOCTYPE speak><speak>a</speak>", SSML),
                Request("too long", "POST", "/synthesize", json.dumps({"text": word * 3_000}).encode(), JSON),
                make_speech_request("unknown voice", text=word, voice=word),
                make_speech_request("unknown emotion", text=word, emotion=word),
                make_speech_request("no number", text=word, speed="fast"),
                Request("unknown field", "POST", "/synthesize", json.dumps({"text": word, word: 1}).encode(), JSON),
                make_speech_request("empty", text="  "),
                make_speech_request(
                    "blend", plan={"utterances": [{"text": word, "emotion": "auto", "blend": {word: 1}}]}
                ),
                make_speech_request("format", text=word, format=word),
            )
        )
