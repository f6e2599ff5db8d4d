"""Fit a text to the letters that a voice's language can read: espeak-ng names other letters one by one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from itertools import groupby

from app.text.languages.table import get_base_language
from app.text.normalization.cleaning import tidy
from app.text.phonetic import mark_phonemes, split_phonetic
from app.text.word_tables import TABLES

LANGUAGES = {script: languages.split() for script, languages in TABLES["scripts"].items()}
"""Scripts, by the first word of their letters' Unicode names, and the languages whose voices read them as words."""
SCRIPT_NAMES = {"CJK": "Chinese characters", "HANGUL": "Korean", "LATIN": "rare Latin letters"}
BEYOND_LATIN = re.compile("[\u0180-\U0010ffff]")
LAST_KNOWN = "\u017f"
"""Last letter of Latin Extended-A. Of the later ones, espeak-ng spells many in English as `letter one E A one`."""
LAST_SOUNDED = "\u025d"
"""Last letter that espeak-ng can read within an English word."""
MARKS = ("\u0300", "\u036f")
"""First and last of the marks above and below letters."""
NOTHING_BETWEEN = re.compile(r"([\"'(\[「『《〈【（])\s*[\"')\]」』》〉】）]|[「『《〈【」』》〉】、。]")
"""What is left around words that were left out."""
MARKS_AT_START = re.compile(r"^[\s,;:.!?-]+")
MIN_GREEK_WORD = 3
"""Letters of a Greek word; fewer are signs of a formula (ΔG, αβ), which are read by name."""
LETTER_NAME = re.compile(
    r"(?:LATIN|MODIFIER) (?:SMALL |CAPITAL )?(?:CAPITAL )?(?:LETTER|LIGATURE) (?:SMALL CAPITAL |SMALL |CAPITAL )?"
    r"(?:(?:SCRIPT|INSULAR|TURNED|REVERSED|OPEN|CLOSED|DOTLESS|BARRED|AFRICAN|BROKEN) ){0,3}([A-Z]{1,2})(?= |$)"
)
SPELLINGS = {
    "ẞ": "ss", "Ʃ": "Sh", "ʃ": "sh", "Ʒ": "Zh", "ʒ": "zh", "Ɣ": "G", "ɣ": "g", "Ɩ": "I", "ɩ": "i", "Ʊ": "U", "ʊ": "u",
    "ɸ": "f", "ʤ": "j", "ʧ": "ch", "ʦ": "ts", "ʣ": "dz",
}  # fmt: skip
"""Plain spellings of letters whose Unicode names contain none."""


def fit_to_language(spoken: str, language: str) -> tuple[str, Counter[str]]:
    """Return a spoken text without what a voice of a language cannot read, and the number of letters of each script.

    `language` is a code such as `en-US`. In English, Latin letters that espeak-ng would name lose their marks:
    `Nguyễn` -> Nguyen.
    """
    left_out: Counter[str] = Counter()
    if not BEYOND_LATIN.search(spoken):
        return spoken, left_out
    base = get_base_language(language)
    parts = []
    for phonemes, text in split_phonetic(spoken):
        parts.append(mark_phonemes(phonemes, text) if phonemes else drop_unreadable(text, base, left_out))
    fitted = "".join(parts)
    if left_out:
        fitted = tidy(MARKS_AT_START.sub("", tidy(NOTHING_BETWEEN.sub("", fitted))))
    return fitted if any(map(str.isalnum, fitted)) else "", left_out


def drop_unreadable(text: str, language: str, left_out: Counter[str]) -> str:
    """Return a text without the words of scripts that a language does not use; count their letters in `left_out`."""
    if language == "en":
        text = "".join(map(simplify_latin, text))
    runs = [(script, "".join(run)) for script, run in groupby(text, find_script)]
    has_greek_word = any(script == "GREEK" and len(run) >= MIN_GREEK_WORD for script, run in runs)
    kept = []
    for script, run in runs:
        if (
            not script
            or language in LANGUAGES.get(script, ())
            or (script == "GREEK" and not has_greek_word)
            or (script == "LATIN" and language != "en")
        ):
            kept.append(run)
        else:
            left_out[SCRIPT_NAMES.get(script, script.capitalize())] += sum(map(str.isalpha, run))
            kept.append(" ")
    return "".join(kept)


@lru_cache(4096)
def find_script(character: str) -> str:
    """Return the script of a letter or mark, by its Unicode name; empty for Latin letters and other characters."""
    if character <= LAST_KNOWN or unicodedata.category(character)[0] not in "LM":
        return ""
    script = unicodedata.name(character, "UNKNOWN").split()[0].removesuffix("-HIRAGANA")
    if MARKS[0] <= character <= MARKS[1] or (script == "LATIN" and character <= LAST_SOUNDED):
        return ""
    return "" if script in NO_SCRIPT else script


NO_SCRIPT = ("MODIFIER", "FEMININE", "MASCULINE", "COMBINING", "VARIATION")
"""First words of the names of letters and marks that belong to no script."""


@lru_cache(4096)
def simplify_latin(character: str) -> str:
    """Return a letter that espeak-ng reads in English for a Latin letter; other characters unchanged."""
    if character <= LAST_KNOWN and not character.isupper():
        return character
    if MARKS[0] <= character <= MARKS[1]:
        return ""
    name = unicodedata.name(character, "")
    if not name.startswith(("LATIN", "MODIFIER")) or character.lower() <= LAST_KNOWN:
        return character
    base = unicodedata.normalize("NFD", character)[0]
    if base.lower() <= LAST_KNOWN:
        return base
    named = LETTER_NAME.match(name)
    if character in SPELLINGS or not named:
        return SPELLINGS.get(character, "" if name.startswith("MODIFIER") else character)
    return named[1] if character.isupper() else named[1].lower()
