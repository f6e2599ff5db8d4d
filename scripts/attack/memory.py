"""Request what takes the most memory for the fewest bytes, under a limit of 3 GiB."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from scripts.attack.attack import Attack, Target
from scripts.attack.service import Limits
from scripts.soak.mix import CHAPTER, SENTENCES
from scripts.soak.wire import write_request

SECONDS = 400.0
"""Seconds of one response; four chapters at a time take a minute."""
AT_ONCE = 8
DEGREES = 240
JSON = [("Content-Type", "application/json")]
PAUSES = "<speak>" + "a<break time='20s'/>" * 178 + "</speak>"
PHONEMES = "<phoneme alphabet='ipa' ph='" + "tɛ" * 100 + "'>a</phoneme>"
LONG_WORD = "antidisestablishmentarianism" * 300


def write_json(path: str = "/synthesize", **fields: Any) -> bytes:
    """Return a request with a body of JSON."""
    return write_request("POST", path, json.dumps(fields).encode(), JSON)


def make_requests() -> dict[str, Sequence[bytes]]:
    """Return requests by what they do; those of one kind are sent at once."""
    marked = {"text": LONG_WORD, "ssml": f"<speak>{LONG_WORD}</speak>", "emotion": "neutral"}
    pause = {"text": "a", "pause_after": 20}
    fields = json.dumps({str(number): 1 for number in range(400_000)}).encode()
    utterances = {"utterances": [{"text": "a", **{f"x{number}": 1 for number in range(22)}}] * 15_000}
    whole = f"/synthesize?ssml={quote(PAUSES)}&format=wav&sample_rate=48000"
    chapter = (CHAPTER * 2)[:19_900]
    return {
        "phonemes": [write_json(ssml=f"<speak>{PHONEMES * 60}</speak>", seed=1)] * 2,
        "phonemes in a query": [write_request("GET", f"/synthesize?ssml={quote(f'<speak>{PHONEMES * 20}</speak>')}")]
        * 4,
        "marked plan": [write_json(plan={"utterances": [marked]}), write_json(plan={"utterances": [marked] * 2})] * 2,
        "long word": [write_json(text=LONG_WORD, emotion="joy")] * 4,
        "pauses": [write_json(plan={"utterances": [pause] * 60}, sample_rate=48000, timing=True)] * 4,
        "one byte of a long answer": [write_request("GET", whole, b"", [("Range", "bytes=0-0")])] * AT_ONCE,
        "chapters": [write_json(text=chapter, format=format) for format in ("wav", "mp3", "flac", "wav")],
        "unknown fields": [write_request("POST", "/synthesize", fields, JSON)] * 16,
        "unknown fields of utterances": [write_json("/analyze", plan=utterances)] * 4,
        "ligatures": [write_json("/analyze", text="ﷺ" * 20_000)] * 4,
        "words of many signs": [write_json("/analyze", text="1,2.3-4/5 " * 2000)] * AT_ONCE,
        "lines of a stream": [write_json(text=" ".join(SENTENCES * 4), stream=True, timing=True)] * AT_ONCE,
    }


async def run(target: Target) -> None:
    """Send the requests, and then one emotion in many degrees."""
    for kind, requests in make_requests().items():
        await asyncio.gather(*(target.send(kind, data, SECONDS) for data in requests[: target.scaled(len(requests))]))
    for number in range(target.scaled(DEGREES)):
        await target.send("degrees", write_json(text="Hm.", emotion="anger", degree=0.05 + number / 200), SECONDS)


ATTACK = Attack(run, Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "0"}), most_mib=3000, most_growth=1.25)
