"""Read spellings of sounds: interjections without vowels, stutters and drawn-out words."""

from __future__ import annotations

import re
from itertools import product

from app.text.phonetic import mark_phonemes
from app.text.word_tables import TABLES, list_words

INTERJECTIONS = TABLES["interjections"]
PHONEMES = tuple(INTERJECTIONS.values())
NO_SOUNDS = frozenset({"PST", "SSS", "MM", "NNN", "PHT", "TSK", "TSS", "HM", "AA", "AAA", "AAAA", "MHM", "PFF", "aa"})
"""Abbreviations with the letters of an interjection."""
OUTSIDE = r"(?<![\w'’@./-])"
AFTER = r"(?![\w@/]|'\w|-\w|\.\w)"
BEGINNINGS = r"(?=s[sh]|p[sfh]|b[rz]|gr|h[rmn]|m[mh]|n[gn]|zz|t[sc]|o[wo]|e[we]|a[wahr]|u[gh]|ya)"
"""The first two letters of all interjections: few words need a closer look."""
INTERJECTION = re.compile(
    f"{OUTSIDE}{BEGINNINGS}(?:{'|'.join(f'({spelling})' for spelling in INTERJECTIONS)}){AFTER}", re.IGNORECASE
)


def mark_interjections(text: str) -> str:
    """Mark interjections with their phonemes: `Shhh` -> ʃː."""
    return INTERJECTION.sub(mark_interjection, text)


def mark_interjection(match: re.Match[str]) -> str:
    """Return the phonemes of an interjection with its letters."""
    assert match.lastindex is not None
    return match[0] if match[0] in NO_SOUNDS else mark_phonemes(PHONEMES[match.lastindex - 1], match[0])


STUTTER = re.compile(
    rf"{OUTSIDE}((?:(?:[cstwp]h|[bcdfgpt][lr]|s[cklmnptw]|tw"
    rf"|[a-z])-){{1,6}})([a-z]{{2,40}}(?:'[a-z]{{1,4}})?)(?![\w@]|-\w)",
    re.IGNORECASE,
)
"""The first sounds of a word, repeated before it: `W-w-what`."""
STUTTERED = TABLES["stuttered"]
VOICED_TH = re.compile(r"th(?:e|at|is|ey|em|ere|en|ese|ose|eir|ough|an|ank god)?(?:'\w+|se)?", re.IGNORECASE)
STUTTERED_VOWELS = {"a": "ə", "i": "ɪ", "o": "oʊ", "u": "ʌ"}
"""Vowels with their sound; `e-` is rather a prefix, as in e-everything."""
NO_STUTTERS, DOUBLED = (frozenset(list_words("words", name)) for name in ("no_stutters", "doubled"))
"""Words that often follow their own first letter and a hyphen, and words with a doubled letter that are drawn out."""


def mark_stutters(text: str) -> str:
    """Mark the repeated consonants of a stutter with their sound: `W-w-what` -> wəwəwhat."""
    if "-" not in text:
        return text
    return STUTTER.sub(mark_stutter, text)


def mark_stutter(match: re.Match[str]) -> str:
    """Return a stuttered word with its repeated sounds; other words unchanged."""
    repeated, word = match[1], match[2].lower()
    parts = repeated.lower().rstrip("-").split("-")
    if not all(word.startswith(part) for part in parts) or (len(parts) == 1 and word in NO_STUTTERS):
        return match[0]
    if word[0] in "aeiou":
        vowel = STUTTERED_VOWELS.get(word[0], "") if not word.startswith("i'") else ""
        return mark_phonemes(vowel * len(parts), repeated) + match[2] if vowel else match[0]
    sound = next((STUTTERED[word[:size]] for size in (3, 2) if word[:size] in STUTTERED), "")
    if sound == "θ" and VOICED_TH.fullmatch(word):
        sound = "ð"
    sounds = (sound or "".join(map(STUTTERED.__getitem__, part)) for part in parts)
    return mark_phonemes("".join(f"{one}ə" for one in sounds), repeated) + match[2]


REPEATED = re.compile(r"([a-z])\1\1", re.IGNORECASE)
RUN = re.compile(r"([a-z])\1{2,}", re.IGNORECASE)
LETTERS_ONLY = re.compile(r"(?<![\w@./])[A-Za-z]+(?:'[a-z]{1,2})?(?![\w@/]|\.\w)")
ROMAN = re.compile(r"[IVXLCDM]+")
SUFFIXES = ("", "'s", "s", "y", "ly", "d", "ed", "er", "est", "ing")
"""Endings of those words."""
HYPHENATED = re.compile(r"\b(?!(?-i:I)-)([A-Za-z]{0,8}([aeiou]))(?:-\2){2,9}([a-z]{0,8})\b", re.IGNORECASE)
"""A drawn-out word with hyphens: `So-o-o`, `we-e-ell`."""
SHORT_WORDS = frozenset("NO SO GO HI OH AH UH YO ME WE HE SHE YA UP HA HEY YES NOW YOU TOO SEE WHY WHO".split())
"""Words to which a few drawn-out capitals may be shortened; others are abbreviations, such as IEEE."""


def shorten_words(text: str) -> str:
    """Write drawn-out words as usual: `Sooooo` -> So, `cooool` -> cool."""
    if "-" in text:
        text = HYPHENATED.sub(r"\1\3", text)
    return LETTERS_ONLY.sub(shorten_word, text) if REPEATED.search(text) else text


def shorten_word(match: re.Match[str]) -> str:
    """Return a word without letters repeated three times or more; Roman numerals and abbreviations unchanged."""
    word = match[0]
    runs = list(RUN.finditer(word))
    if not runs or ROMAN.fullmatch(word) or len(set(word.lower())) == 1 or INTERJECTION.fullmatch(word):
        return word
    single = RUN.sub(r"\1", word)
    if word.isupper() and len(word) <= 4 and single not in SHORT_WORDS:
        return word
    if len(runs) > 3:
        return single
    pieces = RUN.split(word)
    plain, letters = pieces[0::2], pieces[1::2]
    for repeats in product((2, 1), repeat=len(runs)):
        spelled = plain[0] + "".join(
            (letter * times if word.isupper() else letter + letter.lower() * (times - 1)) + after
            for letter, times, after in zip(letters, repeats, plain[1:], strict=True)
        )
        if any(spelled.lower().removesuffix(suffix) in DOUBLED for suffix in SUFFIXES):
            return spelled
    return single
