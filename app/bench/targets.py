"""What the service wants to be: each measure beside what is needed and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass

from app.bench.peers import CACHED, COQUI, INTONE, PIPER
from app.bench.results import Figure, Key, Results

CLIENTS = 8
"""At so many is the throughput compared."""
SHORTEST, LONGEST = 1, 100
"""Passages."""


@dataclass(frozen=True, slots=True)
class Target:
    """One measure, and whether it is what it has to be."""

    measure: str
    figure: Figure | None
    """None where it was not measured."""
    needed: float
    aim: float
    quietest: bool = False
    """Whether the best round counts, instead of the median."""

    @property
    def value(self) -> float | None:
        """What counts."""
        if self.figure is None:
            return None
        return self.figure.least if self.quietest else self.figure.median

    @property
    def more_is_better(self) -> bool:
        """The aim is further than what is needed."""
        return self.aim > self.needed

    @property
    def verdict(self) -> str:
        """In words."""
        if self.value is None:
            return "not measured"
        if self._reaches(self.aim):
            return "aim reached"
        return "met" if self._reaches(self.needed) else "not met"

    def _reaches(self, bound: float) -> bool:
        assert self.value is not None
        return self.value >= bound if self.more_is_better else self.value <= bound


def targets(results: Results) -> list[Target]:
    """All of them, measured or not."""

    def against(peer: str, measure: str, at: int = 1) -> Figure | None:
        return results.ratio(Key(measure, INTONE, at), Key(measure, peer, at))

    def growth(measure: str, end: int, start: int) -> Figure | None:
        return results.ratio(Key(measure, INTONE, end), Key(measure, INTONE, start))

    requests = results.places("memory") or [0]
    first_audio = "first_audio_of_paragraph"
    return [
        Target(
            f"speech per second / coqui's, {CLIENTS} clients",
            against(COQUI, "audio_seconds_per_second", CLIENTS), 3, 8,
        ),
        Target(
            f"characters per second / coqui's, {CLIENTS} clients",
            against(COQUI, "characters_per_second", CLIENTS), 3, 8,
        ),
        Target("first audio of a paragraph / coqui's, 1 client", against(COQUI, first_audio), 0.1, 0.05),
        Target(
            f"first audio of a paragraph / coqui's, {CLIENTS} clients",
            against(COQUI, first_audio, CLIENTS), 0.1, 0.05,
        ),
        Target(
            "first audio of a sentence, idle, quietest round, seconds",
            results.figure(Key("first_audio_of_sentence", INTONE)), 0.15, 0.06, quietest=True,
        ),
        Target("real-time factor / piper's", against(PIPER, "real_time_factor"), 1.0, 0.5),
        Target("vocoder / matrix multiplication, 1 thread", results.figure(Key("vocoder_share", INTONE)), 0.5, 0.75),
        Target(
            f"cost of a second of speech, text of {LONGEST} / of {SHORTEST}",
            growth("cost_by_length", LONGEST, SHORTEST), 1.1, 1.0,
        ),
        Target(
            f"memory after {requests[-1]} requests / after {requests[0]}",
            growth("memory", requests[-1], requests[0]), 1.03, 1.0,
        ),
        Target(
            "repeated paragraph, with cache / without",
            results.ratio(Key("repeated_paragraph", CACHED), Key("repeated_paragraph", INTONE)), 0.1, 0.02,
        ),
    ]  # fmt: skip
