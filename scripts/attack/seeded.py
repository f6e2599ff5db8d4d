"""Compare the bytes of seeded requests, 16 at a time, with those of the same requests one at a time."""

from __future__ import annotations

import asyncio
import random
from hashlib import sha256
from typing import Any

from scripts.attack.attack import Attack, Target
from scripts.attack.bodies import EMOTIONS, FORMATS
from scripts.attack.service import Limits
from scripts.soak.clients import Clients, Tally
from scripts.soak.mix import SENTENCES, Request, make_speech_request

REQUESTS = 1000
CLIENTS = 16


def make_request(number: int) -> Request:
    """Return the request of a number: different text, options and route for each."""
    chance = random.Random(number)
    sentences = chance.sample(SENTENCES, chance.choice((1, 1, 1, 2, 3)))
    text = f"Number {number}. " + " ".join(sentences)
    options: dict[str, Any] = {
        "seed": number,
        "emotion": chance.choice(EMOTIONS),
        "degree": round(chance.uniform(0.1, 2), 2),
    }
    kind = number % 6
    if kind == 0:
        fields = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": chance.choice(FORMATS)}
        return make_speech_request("openai", "/v1/audio/speech", **fields, **options)
    if kind == 1:
        ssml = f"<speak><prosody rate='120%'>{text}</prosody><break time='200ms'/>Done.</speak>"
        return make_speech_request("ssml", ssml=ssml, **options)
    if kind == 2:
        turns = [{"text": one, "voice": "wren", "emotion": chance.choice(EMOTIONS)} for one in sentences]
        return make_speech_request("turns", turns=turns, **options)
    if kind == 3:
        utterances = [{"text": one, "emotion": "anger", "degree": options["degree"]} for one in sentences]
        return make_speech_request("plan", plan={"utterances": utterances}, seed=number, format=chance.choice(FORMATS))
    if kind == 4:
        return make_speech_request("stream", text=text, stream=True, format=chance.choice(FORMATS), **options)
    return make_speech_request(
        "whole", text=text, format=chance.choice(FORMATS), timing=chance.random() < 0.3, **options
    )


async def run(target: Target) -> None:
    """Send each request alone, then all of them, in another order, 16 at a time."""
    requests = [make_request(number) for number in range(target.scaled(REQUESTS))]
    known = [await _hash_response(target, request) for request in requests]
    order = list(range(len(requests)))
    target.chance.shuffle(order)
    places = iter(order)

    async def send() -> None:
        for place in places:
            again = await _hash_response(target, requests[place])
            kind, body = requests[place].kind, requests[place].body
            target.report.expect(again == known[place], f"{kind}: other bytes at concurrency {CLIENTS}", body)

    await asyncio.gather(*(send() for _ in range(CLIENTS)))


async def _hash_response(target: Target, request: Request) -> str:
    status, body = await Clients(target.port, "", 0.0, Tally(), {}).request(request.kind, request)
    target.report.statuses[str(status)] += 1
    target.report.expect(status == 200, f"{request.kind}: {status} {body[:200]!r}", request.body)
    return sha256(body).hexdigest()


# Without the cache, every response is synthesized.
ATTACK = Attack(run, Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "0"}))
