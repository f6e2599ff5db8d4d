"""Correct the ends of sentences that sentencex finds in a language, with the abbreviations of its table."""

from __future__ import annotations

import re
from functools import lru_cache

from app.text.languages.table import Language, make_words

OPENING, CAPITAL = r"[\"“„«‚(]?[¿¡]?", r"[^\W\d_a-zß-öø-ÿ]"
MISSED = re.compile(rf"(?:…[\"”“’»)]{{0,3}}|[.!?][\"”“’»]?\)|[.!?]»)\s{{1,9}}(?={OPENING}{CAPITAL})")
"""Ends of sentences that sentencex often misses, up to the start of the next sentence."""
CONTINUED = re.compile(r"[^\W\d_A-ZÀ-ÖØ-Þ]")
"""A small letter, which begins no sentence after a full stop."""
INITIAL = re.compile(r"(?<![^\W_])[^\W\d_]\.\s{1,9}(?=[^\W\d_])")
NUMBER = re.compile(r"(?<![^\W_])(?<!\d[.,:])\d{1,4}\.\s{1,9}(?=\S)")
NUMERAL = re.compile(r"\d|[IVXLC]+\b|[A-Z]?\d")
MAX_SPACE = 9


class SentenceEnds:
    """Patterns of one language."""

    def __init__(self, language: Language) -> None:
        self.abbreviation = make_words(language.list_abbreviations())
        self.numbered = {name.replace(" ", "") for name in language.before_numbers} - set(language.abbreviations)
        self.may_end = re.compile(language.may_end or r"(?!)")
        self.word = re.compile(rf"{OPENING}(?:{language.starters or '(?!)'})(?![^\W_])")
        self.starter = self.word if language.starters else re.compile(rf"{OPENING}{CAPITAL}")
        self.ordinal_dot = language.ordinal_dot

    def correct(self, text: str, found: set[int]) -> list[int]:
        """Return the offsets of the second and later sentences, in order."""
        found = found | {match.end() for match in MISSED.finditer(text)}
        for match in self.abbreviation.finditer(text):
            end = match.end()
            while end < len(text) and end < match.end() + MAX_SPACE and text[end].isspace():
                end += 1
            is_word = match[0] in self.numbered and not NUMERAL.match(text, end)
            found.difference_update(range(match.start() + 1, end + 1))
            if (is_word or self.may_end.fullmatch(match[0])) and end > match.end() and self.starter.match(text, end):
                found.add(end)
        for pattern in (INITIAL, NUMBER) if self.ordinal_dot else (INITIAL,):
            for match in pattern.finditer(text):
                (found.add if self.word.match(text, match.end()) else found.discard)(match.end())
        return sorted(place for place in found if 0 < place < len(text) and not continues(text, place))


def continues(text: str, place: int) -> bool:
    """Return whether a sentence goes on at an offset: no blank is there, or a small letter follows a full stop."""
    if not text[place - 1].isspace():
        return text[place - 1] in ".,-"
    before = text[max(0, place - MAX_SPACE) : place].rstrip()
    return before.endswith(".") and not before.endswith("..") and CONTINUED.match(text, place) is not None


@lru_cache(64)
def get_sentence_ends(language: Language) -> SentenceEnds:
    """Return the patterns of a language."""
    return SentenceEnds(language)
