"""What can be asked for: voices, emotions, markup."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from app.api.answers.exact import exact
from app.api.fields import Hertz, Sha256
from app.plan import Emotion


@exact
class Checkpoint(TypedDict):
    """The weights that speak an emotion."""

    checkpoint: str
    checkpoint_sha256: Sha256
    architecture: str


@exact
class Voice(TypedDict):
    """One voice."""

    name: str
    display_name: str
    locale: str
    gender: str
    sample_rate: Hertz
    """Hertz."""
    words_per_minute: float
    license: str
    degree: bool
    """Whether the strength of an emotion can be varied, and emotions be blended."""
    emotions: dict[Emotion, Checkpoint]
    fallbacks: dict[Emotion, Emotion]
    """What is spoken instead of each emotion that is missing."""


@exact
class Voices(TypedDict):
    """Everything that can be asked for by name."""

    default: str
    """The voice of requests that name none."""
    emotions: dict[Emotion, list[str]]
    """Each emotion with its other names."""
    aliases: dict[str, str]
    """Other names of voices."""
    voices: list[Voice]


@exact
class SsmlAttribute(TypedDict):
    """One attribute that has an effect."""

    name: str
    values: list[str]
    """All that are accepted, or examples of them."""
    note: str


@exact
class SsmlElement(TypedDict):
    """One element, by its name without a prefix."""

    name: str
    support: Literal["full", "partial", "text spoken", "dropped"]
    attributes: list[SsmlAttribute]
    note: str


@exact
class SsmlTable(TypedDict):
    """The markup that is understood; of any other element the text is read, with a warning."""

    elements: list[SsmlElement]
