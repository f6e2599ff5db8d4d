"""What a caller asks for, checked and in its canonical form."""

from __future__ import annotations

from dataclasses import dataclass

from app.plan import Blend, Decision, Emotion, Sentence

EditedUtterance = tuple[Sentence, Decision | None]
"""An utterance of a plan that came back; None has the classifier label it again."""


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """A text, a marked-up text or a plan, and how it is spoken."""

    text: str
    """What to speak; empty where a plan came back."""
    voice: str | None = None
    """Name or alias; None is the default voice."""
    emotion: Emotion | Blend | None = None
    """None labels each sentence; an emotion, or several with their weights, pins them all."""
    degree: float = 1.0
    speed: float = 1.0
    seed: int | None = None
    strict: bool = False
    """Refuse where the voice lacks an emotion, instead of falling back."""
    markup: bool = False
    """Whether the text is SSML."""
    edited: tuple[EditedUtterance, ...] | None = None
    """The utterances of a plan that came back."""
    sample_rate: int | None = None
    """Hertz; None is the voice's own, or the next higher one of `rates`."""
    rates: tuple[int, ...] = ()
    """The only ones that the format of the answer has, ascending; empty where it has all."""

    def rate_for(self, own: int) -> int:
        """The rate of the answer where the voices' own highest is given."""
        if self.sample_rate is not None or not self.rates:
            return self.sample_rate or own
        return next((rate for rate in self.rates if rate >= own), self.rates[-1])
