"""Which language each voice reads, and which voice reads a language: what the text stage knows of voices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.text.languages.table import ENGLISH, get_base_language

LanguageFinder = Callable[[str | None], str]
"""Function that returns the language in which a voice reads, by its name or alias, or by None for the request's."""
VoiceFinder = Callable[[str, str | None], str | None]
"""Function of a language and a voice that returns the voice which reads the language: the same one if it does, else
the name of another; it raises `LookupError` if no voice does."""


def read_english(voice: str | None) -> str:
    """Return English, whatever the voice."""
    return ENGLISH


def find_english_voice(language: str, voice: str | None) -> str | None:
    """Return the voice for English; raise `LookupError` for other languages."""
    if get_base_language(language) != ENGLISH:
        raise LookupError(language)
    return voice


@dataclass(frozen=True, slots=True)
class VoiceLanguages:
    """The languages of the voices."""

    find_language: LanguageFinder = read_english
    find_voice: VoiceFinder = find_english_voice


ENGLISH_VOICES = VoiceLanguages()
"""Voices that all read English."""
