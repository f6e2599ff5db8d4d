"""Compare the bytes of seeded requests, 16 at a time, with those of the same requests one at a time."""

from __future__ import annotations

import random
from typing import Any

from scripts.attack.attack import Attack, Target, take_turns
from scripts.attack.bodies import EMOTIONS, FORMATS
from scripts.attack.service import Limits
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
    known = [await target.hash_response(request) for request in requests]
    order = list(range(len(requests)))
    target.chance.shuffle(order)

    async def compare(place: int) -> None:
        again, request = await target.hash_response(requests[place]), requests[place]
        fault = f"{request.kind}: other bytes at concurrency {CLIENTS}"
        target.report.expect(again == known[place], fault, request.body)

    await take_turns(CLIENTS, order, compare)


# Without the cache, every response is synthesized.
ATTACK = Attack(run, Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "0"}))
