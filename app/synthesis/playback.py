"""Follow when a reader that plays audio while it is made needs more of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

COMPLETE_SECONDS = 1.0
"""Seconds after which a response that is not streamed is due: nobody hears its beginning before its end."""


@dataclass(slots=True, eq=False)
class Playback:
    """When the audio of one request is needed, if playback begins at once; times are by `time.monotonic`."""

    streamed: bool = True
    """Whether the reader plays the audio while it is made."""
    short_start: bool = True
    """Whether the first chunk is short, as for a reader who waits; without, an utterance has the same bytes in any
    place."""
    begun: float = field(default_factory=time.monotonic)
    """When the request began."""
    deadline: float = field(init=False)
    """When the audio is needed that comes after the utterances queued so far."""
    runs_out: float = field(init=False)
    """When the reader has played the audio that it has received."""
    waits: bool = field(init=False)
    """Whether the reader waits for the first audio."""

    def __post_init__(self) -> None:
        self.waits = self.streamed
        self.deadline = self.runs_out = self.begun + (0.0 if self.streamed else COMPLETE_SECONDS)

    def restart(self) -> None:
        """Begin anew, because the reader has played everything and waits for audio again."""
        self.begun = self.deadline = self.runs_out = time.monotonic()
        self.waits = self.streamed

    def receive(self, seconds: float) -> None:
        """Record that the reader receives audio; with the first one, playback begins."""
        now = time.monotonic()
        if self.waits:
            self.deadline += now - self.begun
            self.waits = False
        self.runs_out = max(self.runs_out, now) + seconds

    def receive_silence(self, seconds: float) -> None:
        """Record that the reader receives silence, which no utterance contains."""
        self.deadline += seconds
        self.runs_out += seconds

    def make_due(self) -> float:
        """Return when the next utterance is due: now, if a reader that plays had to wait for it or paused.

        Lateness gives no lasting priority.
        """
        due = max(self.deadline, time.monotonic())
        if not self.waits:
            self.deadline = due
        return due
