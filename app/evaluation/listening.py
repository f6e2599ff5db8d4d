"""One recording -> everything that is measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.evaluation.measures import Manner, Samples, manner, pitch_contour, resampled, trimmed
from app.evaluation.prosody import Features, features_of
from app.evaluation.recordings import Recording
from app.evaluation.wording import normalized


class Listener(Protocol):
    """Who understands and judges sound (mono, (samples,), 16 kHz): `Ears`, or a test."""

    def transcribe(self, sound: Samples) -> str:
        """The words."""

    def word_errors(self, text: str, understood: str) -> int:
        """Words of the text that were left out or replaced, and words that were added."""

    def opinion(self, speech: Samples) -> float:
        """A mean opinion score, 1 to 5."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording and what was measured of it."""

    recording: Recording
    understood: str
    words: int
    """Words of the text."""
    errors: int
    """Words that were left out, added or replaced."""
    mos: float
    """Predicted mean opinion score, 1 to 5."""
    manner: Manner
    prosody: Features
    """What the judge of emotion compares with another reading of the text."""


def listen(recording: Recording, ears: Listener) -> Heard:
    """Measure one recording."""
    sound = resampled(recording.samples, recording.sample_rate)
    speech = trimmed(sound)
    contour = pitch_contour(speech)
    understood = ears.transcribe(sound)
    return Heard(
        recording,
        understood,
        words=len(normalized(recording.text).split()),
        errors=ears.word_errors(recording.text, understood),
        mos=ears.opinion(speech),
        manner=manner(speech, contour, recording.text),
        prosody=features_of(speech, contour),
    )
