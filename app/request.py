"""What a caller asks for, checked and in its canonical form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.plan import Blend, Decision, Emotion, PlanWarning, Sentence, StrengthMode


class EditedUtterance(NamedTuple):
    """An utterance of a plan that came back."""

    sentence: Sentence
    decision: Decision | None
    """None has the classifier label it again."""
    warnings: tuple[PlanWarning, ...] = ()
    """What reading its markup had to say."""


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
    """A factor on the strength of the text."""
    strength: StrengthMode | None = None
    """None is as the operator has it, like the next one."""
    expressiveness: float | None = None
    """0 to 2, see `app.emotion.Expression`."""
    context: tuple[str, ...] = ()
    """Earlier texts, which are read for the emotions and not spoken."""
    speed: float = 1.0
    seed: int | None = None
    strict: bool = False
    """Refuse where the voice lacks an emotion, instead of falling back."""
    markup: bool = False
    """Whether the text is SSML."""
    edited: tuple[EditedUtterance, ...] | None = None
    """The utterances of a plan that came back."""
    key_name: str | None = None
    """Name of the key that the request came with; None where there are no keys. Caches keep the keys apart: that a
    sentence was spoken before would tell one caller what another one had sent."""
    rate_for: Callable[[int], int] = int
    """The highest rate of the voices that speak (Hertz) -> the rate of the answer; by default the same."""
    check_room: Callable[[float, int], None] = lambda seconds, rate: None
    """Raises where so many seconds at that rate (Hertz) have no room in the answer; by default all have."""

    @property
    def surely_spoken(self) -> int:
        """Characters that are heard for certain: letters and digits, unless there is markup, which may hurry them."""
        return 0 if self.markup else sum(map(str.isalnum, self.text))
