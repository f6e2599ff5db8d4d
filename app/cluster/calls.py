"""What one process sends to another to have an utterance spoken."""

from __future__ import annotations

import time
from dataclasses import dataclass

from app.synthesis.playback import Playback
from app.types import Utterance


@dataclass(frozen=True, slots=True)
class UtteranceCall:
    """An utterance to speak, with all that its samples and its urgency depend on.

    Times are relative to now, since machines do not share a monotonic clock; the time that the message takes is lost.
    """

    utterance: Utterance
    seed: int
    seeded: bool
    """Whether the same call must give the same bytes."""
    key_name: str | None
    """Name of the caller's API key, which separates cache entries."""
    low_latency: bool
    """Whether it is the first utterance of its request."""
    streamed: bool
    waits: bool
    age: float
    """Seconds since the request began."""
    due: float
    """Seconds until its audio is needed."""

    def make_playback(self) -> Playback:
        """Return the playback of the request in this process's time."""
        now = time.monotonic()
        playback = Playback(self.streamed, begun=now - self.age)
        playback.waits = self.waits
        playback.deadline = now + self.due
        return playback


def make_call(
    utterance: Utterance, seed: int, seeded: bool, key_name: str | None, low_latency: bool, playback: Playback
) -> UtteranceCall:
    """Describe an utterance, which is due when the audio before it has been played."""
    due, now = playback.make_due(), time.monotonic()
    return UtteranceCall(
        utterance,
        seed,
        seeded,
        key_name,
        low_latency,
        playback.streamed,
        playback.waits,
        age=now - playback.begun,
        due=due - now,
    )
