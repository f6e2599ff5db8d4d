"""Requests of every kind, so that every panel of the dashboard has data."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

POOR = "tiny"
"""The name of a voice that lacks anger."""

SPEECH: list[dict[str, Any]] = [
    {"text": "The parcel came at nine. I am so happy that it is finally here!"},
    {"text": "How dare you! Get out of my house, right now!", "stream": True},
    {"text": "There is someone behind the door.", "emotion": "fear", "format": "mp3"},
    {"text": "I am so angry with you, this makes me furious!", "voice": POOR},
    {"text": "We lost it all.", "voice": POOR, "emotion": "anger"},
    {"text": "!!!"},
    {"ssml": "<speak>It rains.<nothing>Again.</nothing></speak>"},
    {"text": "The parcel came at nine."},
    {"text": "Hi.", "voice": "nobody"},
    {"text": ""},
]


def make_traffic(client: httpx.Client, round: int) -> None:
    """Send one round of requests; texts with the number of the round are not in the cache yet."""
    for body in SPEECH:
        client.post("/synthesize", json=body)
    for _ in range(2):  # the second time from the cache, which is small
        client.post("/synthesize", json={"text": f"Round {round} of them. And here is another sentence."})
    client.post("/v1/audio/speech", json={"model": "tts-1", "input": f"Round {round}, in their words."})
    client.post("/analyze", json={"text": f"Round {round}."})
    client.get("/voices")
    _overfill_queue(client, round)


def _overfill_queue(client: httpx.Client, round: int) -> None:
    """Send more requests at a time than the queue takes."""
    with ThreadPoolExecutor(8) as pool:
        bodies = [{"text": f"Number {number} in round {round}.", "stream": True} for number in range(8)]
        list(pool.map(lambda body: client.post("/synthesize", json=body), bodies))
