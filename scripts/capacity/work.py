"""Tasks, the replicas that do them, and the streams that need them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

CHUNK_SECONDS, FIRST_CHUNK_SECONDS = 5.6, 0.4
"""Seconds of audio in a chunk."""


@dataclass
class Replica:
    """A process with workers, and the tasks that wait for them."""

    free: int
    first: list[tuple[float, int, Task]] = field(default_factory=list)
    later: list[tuple[float, int, Task]] = field(default_factory=list)
    voices: list[int] = field(default_factory=list)
    """Loaded voices, the one used last at the end."""
    queued: float = 0.0
    """Seconds of speech that are waited for."""
    calls: int = 0
    """Utterances that wait or are being made."""
    took_late: bool = False
    busy: float = 0.0
    """Seconds that workers have worked."""


@dataclass
class Task:
    """Work of one worker, and what follows it."""

    seconds: float
    is_first: bool
    deadline: float
    done: Callable[[], None]


@dataclass
class Stream:
    """One text, and its playback."""

    begun: float
    lengths: list[float]
    voice: int
    runs_out: float = 0.0
    """When the listener has heard what is made."""
    made: int = 0
    asked: int = 0
    is_playing: bool = False
    labelled: int = 0
    """Number of sentences that are labelled for the headers."""
    has_headers: bool = False
    """Whether the headers of the response are known, which name the emotions of all sentences that are labelled."""
    held: list[tuple[int, float, bool]] = field(default_factory=list)
    """Chunks that wait for the headers or for the first one: utterance, seconds, whether it is the last."""


def count_tasks(replica: Replica) -> int:
    """Return the number of tasks that wait or run on a replica."""
    return len(replica.first) + len(replica.later) - replica.free


def split_chunks(seconds: float, is_first: bool) -> Iterator[float]:
    """Yield the lengths of the chunks of an utterance."""
    chunk = FIRST_CHUNK_SECONDS if is_first else CHUNK_SECONDS
    while seconds > 1e-9:
        yield min(chunk, seconds)
        seconds, chunk = seconds - chunk, CHUNK_SECONDS
