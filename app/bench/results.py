"""Every measured value, and what they come to."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Key:
    """What a value is a value of."""

    measure: str
    peer: str
    at: int = 1
    """Clients, lengths of a text, requests or threads, as the measure says."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one round."""

    key: Key
    round: int
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """Several rounds in one: the median and the extremes."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Of one value or more."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(slots=True)
class Results:
    """All that a run brought to light."""

    facts: dict[str, str] = field(default_factory=dict)
    """The machine and the versions."""
    samples: list[Sample] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """What could not be measured, and why: a sentence each."""

    def add(self, key: Key, round_number: int, value: float) -> None:
        """Take a value down."""
        self.samples.append(Sample(key, round_number, value))

    def miss(self, sentence: str) -> None:
        """Take down what is missing, once."""
        if sentence not in self.missing:
            self.missing.append(sentence)

    def figure(self, key: Key) -> Figure | None:
        """The figure of a key; None where nothing was measured."""
        values = list(self._rounds(key).values())
        return Figure.of(values) if values else None

    def ratio(self, above: Key, below: Key) -> Figure | None:
        """One key over another, divided in each round, so that what slows a whole round down cancels out."""
        upper, lower = self._rounds(above), self._rounds(below)
        ratios = [upper[number] / lower[number] for number in upper if number in lower]
        return Figure.of(ratios) if ratios else None

    def peers(self, measure: str) -> list[str]:
        """Who has values of a measure, in the order of measuring."""
        return list(dict.fromkeys(sample.key.peer for sample in self.samples if sample.key.measure == measure))

    def places(self, measure: str) -> list[int]:
        """Where a measure was taken, ascending."""
        return sorted({sample.key.at for sample in self.samples if sample.key.measure == measure})

    def _rounds(self, key: Key) -> dict[int, float]:
        return {sample.round: sample.value for sample in self.samples if sample.key == key}
