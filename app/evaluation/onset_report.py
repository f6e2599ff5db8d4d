"""What a recogniser makes of the first and last words of pairs of renditions, and the figures of each emotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.evaluation.figures import wer_interval
from app.evaluation.listening import Listener
from app.evaluation.measures import resampled
from app.evaluation.onsets import OnsetPair
from app.evaluation.recordings import Recording
from app.evaluation.wording import edge_errors


@dataclass(frozen=True, slots=True)
class Edges:
    """A recording and how its first and last words were understood."""

    recording: Recording
    understood: str
    first_misheard: bool
    last_misheard: bool


@dataclass(frozen=True, slots=True)
class HeardPair:
    """Both renditions of a sentence, understood."""

    sound: str
    alone: Edges
    control: Edges


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of sentences."""

    percent: float
    interval: tuple[float, float]
    """Within it lies the share with 95 %, by a bootstrap over sentences."""


@dataclass(frozen=True, slots=True)
class OnsetFigures:
    """How many sentences had their first and their last word misheard, in both renditions."""

    sentences: int
    first_alone: Rate
    first_control: Rate
    last_alone: Rate
    last_control: Rate


@dataclass(frozen=True, slots=True)
class MisheardWord:
    """A first word that was misheard when its sentence was an utterance of its own."""

    sound: str
    text: str
    emotions: tuple[str, ...]
    """In which it was misheard."""
    control_emotions: tuple[str, ...]
    """In which the control was misheard too, or alone."""
    understood: tuple[str, ...]
    """What was understood instead, for each of `emotions`."""


@dataclass(frozen=True, slots=True)
class OnsetReport:
    """All that an evaluation of onsets found."""

    subject: str
    """Name of the voice."""
    heard: Sequence[HeardPair]

    @property
    def groups(self) -> dict[str, OnsetFigures]:
        """The figures of each emotion, in the order in which the emotions appear."""
        names = dict.fromkeys(pair.alone.recording.group for pair in self.heard)
        return {name: figures([pair for pair in self.heard if pair.alone.recording.group == name]) for name in names}

    @property
    def total(self) -> OnsetFigures:
        """The figures of all sentences; each emotion has as many, so that this is their mean."""
        return figures(self.heard)

    @property
    def misheard(self) -> list[MisheardWord]:
        """The first words that were misheard in any emotion, in the order of the list."""
        found = []
        for text in dict.fromkeys(pair.alone.recording.text for pair in self.heard):
            pairs = [pair for pair in self.heard if pair.alone.recording.text == text]
            alone = [pair for pair in pairs if pair.alone.first_misheard]
            control = [pair for pair in pairs if pair.control.first_misheard]
            if alone or control:
                found.append(
                    MisheardWord(
                        pairs[0].sound,
                        text,
                        tuple(pair.alone.recording.group for pair in alone),
                        tuple(pair.control.recording.group for pair in control),
                        tuple(pair.alone.understood for pair in alone),
                    )
                )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "subject": self.subject,
            "groups": {name: asdict(one) for name, one in self.groups.items()},
            "total": asdict(self.total),
            "misheard": [asdict(one) for one in self.misheard],
            "recordings": [
                {
                    "group": pair.alone.recording.group,
                    "sound": pair.sound,
                    "text": pair.alone.recording.text,
                    "alone": facts(pair.alone),
                    "control": facts(pair.control),
                }
                for pair in self.heard
            ],
        }


def hear(pair: OnsetPair, ears: Listener) -> HeardPair:
    """Have both renditions of a sentence understood."""
    return HeardPair(pair.sound, hear_edges(pair.alone, ears), hear_edges(pair.control, ears))


def hear_edges(recording: Recording, ears: Listener) -> Edges:
    """Have one rendition understood."""
    understood = ears.transcribe(resampled(recording.samples, recording.sample_rate))
    return Edges(recording, understood, *edge_errors(recording.text, understood))


def figures(pairs: Sequence[HeardPair]) -> OnsetFigures:
    """Count the misheard words of some sentences."""
    return OnsetFigures(
        len(pairs),
        rate([pair.alone.first_misheard for pair in pairs]),
        rate([pair.control.first_misheard for pair in pairs]),
        rate([pair.alone.last_misheard for pair in pairs]),
        rate([pair.control.last_misheard for pair in pairs]),
    )


def rate(misheard: Sequence[bool]) -> Rate:
    """Return the share of sentences that were misheard."""
    counts = [int(one) for one in misheard]
    return Rate(100 * sum(counts) / len(counts), wer_interval(counts, [1] * len(counts)))


def facts(edges: Edges) -> dict[str, Any]:
    """Return what was understood of one rendition, for JSON."""
    return {
        "understood": edges.understood,
        "first_misheard": edges.first_misheard,
        "last_misheard": edges.last_misheard,
        "seconds": round(edges.recording.seconds, 4),
    }
