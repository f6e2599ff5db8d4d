"""All that an evaluation found, and the same as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from app.evaluation.emotion_report import EmotionReport
from app.evaluation.figures import Figures, figures, figures_by_group
from app.evaluation.listening import Heard


@dataclass(frozen=True, slots=True)
class Report:
    """What was measured, and what came out."""

    subject: str
    """Name of the voice or of the list of recordings."""
    heard: Sequence[Heard]
    emotions: EmotionReport = field(default_factory=EmotionReport)

    @property
    def groups(self) -> Mapping[str, Figures]:
        """The figures of each group."""
        return figures_by_group(self.heard)

    @property
    def total(self) -> Figures:
        """The figures of all recordings together."""
        return figures(self.heard)

    def to_dict(self) -> dict[str, Any]:
        """For JSON: plain values, None where a measure could not be told."""
        return {
            "subject": self.subject,
            "groups": {name: _plain(asdict(one)) for name, one in self.groups.items()},
            "total": _plain(asdict(self.total)),
            "emotions": _plain(self.emotions.to_dict()),
            "recordings": [_plain(_facts(one)) for one in self.heard],
        }


def _facts(heard: Heard) -> dict[str, Any]:
    recording = heard.recording
    return {
        "group": recording.group,
        "text": recording.text,
        "understood": heard.understood,
        "words": heard.words,
        "errors": heard.errors,
        "mos": heard.mos,
        "seconds": recording.seconds,
        "computing_seconds": recording.computing_seconds,
        "manner": asdict(heard.manner),
        "prosody": dict(heard.prosody),
    }


def _plain(value: Any) -> Any:
    """Numbers rounded to what they can tell; JSON has no "not a number"."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
