"""Read text as `say-as` requires, in languages other than English."""

from __future__ import annotations

from app.text.languages.normalizer import get_normalizer
from app.text.languages.numbers import read_ordinal, spell_digits
from app.text.languages.table import load_language
from app.text.normalization.cleaning import clean

SPELLED = frozenset(("characters", "spell-out"))
BY_DIGITS = frozenset(("digits", "number_digit", "telephone"))


def read_as_kind(name: str, text: str, code: str) -> str:
    """Return the reading of a text as a value of `interpret-as`; what no kind reads is read like any text."""
    language = load_language(code)
    if name in SPELLED:
        return " ".join(name_character(character, code) for character in text if not character.isspace())
    if language.reads_numbers and name in BY_DIGITS:
        return spell_digits(text, language)
    digits = "".join(filter(str.isdecimal, text))
    if language.complete and name == "ordinal" and digits:
        return read_ordinal(digits, language)
    return get_normalizer(code).normalize(clean(text, code))


def name_character(character: str, code: str) -> str:
    """Return a letter as a capital, which is read by its name, a digit as a word, and a sign by its name."""
    if character.isalpha():
        capital = character.upper()
        return capital if len(capital) == 1 else character
    language = load_language(code)
    if character.isdecimal() and language.reads_numbers:
        return spell_digits(character, language)
    return language.signs.get(character) or (language.dot if character == "." else character)
