"""What is said about an utterance that could not be spoken as it stands."""

from __future__ import annotations

import unicodedata

from app.synthesis.tokenizer import Tokens
from app.text.phonetic import without_phonemes
from app.types import PlanWarning, Utterance

LATIN = ("LATIN", "MODIFIER", "FEMININE", "MASCULINE")
"""How the Unicode names of letters begin that an English voice can read."""


def nothing_spoken(utterance: Utterance) -> tuple[PlanWarning, ...]:
    """Say that an utterance has no sound; of one without a text, which is a pause, nothing is to be said."""
    if not utterance.text:
        return ()
    detail = f"{place(utterance)}: there is nothing in it that the voice can pronounce."
    return (PlanWarning("nothing_spoken", detail),)


def not_finite(utterance: Utterance) -> PlanWarning:
    """Say that the weights gave numbers that are no sound."""
    return PlanWarning("not_finite", f"{place(utterance)}: the weights gave no sound, it was left out from there on.")


def unknown_characters(utterance: Utterance, tokens: Tokens) -> list[PlanWarning]:
    """Say that some characters were left out because the checkpoint does not know them."""
    letters = [character for character in tokens.dropped if character.isalpha()]
    if not letters:
        return []
    detail = f"{place(utterance)}: the voice does not know {', '.join(letters[:8])}, which were left out."
    return [PlanWarning("unread_characters", detail)]


def foreign_script(utterance: Utterance, language: str) -> list[PlanWarning]:
    """Say that an English voice meets another script: espeak-ng then names letters instead of reading words."""
    if not language.startswith("en"):
        return []
    letters = {letter for letter in without_phonemes(utterance.spoken) if letter.isalpha()}
    if all(unicodedata.name(letter, "").startswith(LATIN) for letter in letters):
        return []
    detail = f"{place(utterance)}: it is written in another script, which an English voice cannot read as words."
    return [PlanWarning("foreign_script", detail)]


def model_faults(utterance: Utterance, runaway: bool, truncated: bool) -> list[PlanWarning]:
    """Say that the acoustic model went on without end, or stopped too early."""
    found = []
    if runaway:
        found.append(PlanWarning("runaway", f"{place(utterance)}: the model went on too long and was cut."))
    if truncated:
        found.append(PlanWarning("truncated", f"{place(utterance)}: the model stopped before the end of the text."))
    return found


def place(utterance: Utterance) -> str:
    """Where an utterance stands in the request, for a warning."""
    if utterance.span is None:
        return "an edited utterance"
    return f"characters {utterance.span[0]} to {utterance.span[1]}"
