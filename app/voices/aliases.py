"""Names that other services give their voices, and the gender and the accent that each stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from app.first_names import find_gender


class Persona(NamedTuple):
    """What a client expects of a voice that it names."""

    gender: str | None
    """`female` or `male`; None if either will do."""
    locale: str = "en-US"
    """Language and country, such as `en-GB`."""


OPENAI_VOICES: Mapping[str, Persona] = {
    "alloy": Persona(None),
    **dict.fromkeys(("ash", "cedar", "echo", "onyx", "verse"), Persona("male")),
    **dict.fromkeys(("ballad", "fable"), Persona("male", "en-GB")),
    **dict.fromkeys(("coral", "marin", "nova", "sage", "shimmer"), Persona("female")),
}
"""Voices that OpenAI clients request without listing the voices first."""
OTHER_VOICES: Mapping[str, Persona] = {
    **dict.fromkeys(("rachel", "sarah", "bella", "elli", "domi", "matilda", "joanna", "salli"), Persona("female")),
    **dict.fromkeys(("kendra", "kimberly", "danielle"), Persona("female")),
    **dict.fromkeys(("adam", "antoni", "josh", "arnold", "sam", "matthew", "joey", "justin"), Persona("male")),
    **dict.fromkeys(("stephen", "gregory"), Persona("male")),
    **dict.fromkeys(("alice", "charlotte", "lily", "amy", "emma"), Persona("female", "en-GB")),
    **dict.fromkeys(("daniel", "george", "brian", "arthur"), Persona("male", "en-GB")),
    **dict.fromkeys(("nicole", "olivia"), Persona("female", "en-AU")),
    "russell": Persona("male", "en-AU"),
}
"""Voices of ElevenLabs and Amazon Polly."""
_LOCALE_NAME = re.compile(r"(en)[-_]([a-z]{2})-([a-z]+?)(?:multilingual)?(?:neural)?(?:-(?:x_low|low|medium|high))?")
"""Names of Azure and Piper: `en-GB-RyanNeural`, `en_US-amy-medium`."""
_CODED_NAME = re.compile(r"([ab])([fm])_[a-z]+")
"""Names of Kokoro: `af_heart` is American and female, `bm_george` British and male."""
_GENDERS = {"she": "female", "he": "male", "f": "female", "m": "male"}


def find_persona(name: str) -> Persona | None:
    """Return what another service's name of a voice stands for, ignoring case; None for any other name."""
    name = name.lower()
    persona = OPENAI_VOICES.get(name) or OTHER_VOICES.get(name)
    if persona is None and (match := _LOCALE_NAME.fullmatch(name)):
        language, country, first_name = match.groups()
        persona = Persona(_GENDERS.get(find_gender(first_name) or ""), f"{language}-{country.upper()}")
    if persona is None and (match := _CODED_NAME.fullmatch(name)):
        persona = Persona(_GENDERS[match[2]], "en-US" if match[1] == "a" else "en-GB")
    return persona
