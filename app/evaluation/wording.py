"""Wording made comparable: what was to be said, and what was understood."""

from __future__ import annotations

import re

SPELLED_OUT = {
    "can't": "cannot",
    "couldn't": "could not",
    "didn't": "did not",
    "don't": "do not",
    "he's": "he is",
    "i'm": "i am",
    "i've": "i have",
    "isn't": "is not",
    "it's": "it is",
    "she's": "she is",
    "that's": "that is",
    "there's": "there is",
    "wasn't": "was not",
    "we're": "we are",
    "what's": "what is",
    "won't": "will not",
    "wouldn't": "would not",
    "you're": "you are",
}
"""A recogniser writes them either way, whatever was said."""

HOMOPHONES = (
    "bread bred",
    "choose chews",
    "coat cote",
    "flowers flours",
    "freeze frees frieze",
    "gate gait",
    "here hear",
    "higher hire",
    "hole whole",
    "hour our",
    "knock nock",
    "nights knights",
    "no know",
    "peel peal",
    "sail sale",
    "sell cell",
    "steps steppes",
    "two to too 2",
    "wait weight",
)
"""The words of a line sound alike: a recogniser that writes one for another misheard nothing."""
SPELLINGS = {word: line.split()[0] for line in HOMOPHONES for word in line.split()}
JOINS = ((1, 1), (1, 2), (2, 1))
"""How many words may be written as how many: a recogniser splits and joins compounds."""


def edge_errors(text: str, understood: str) -> tuple[bool, bool]:
    """Return whether the first and the last word of a text were misheard: missing, replaced or not at the edge."""
    said, heard = sounds_of(text), sounds_of(understood)
    first = any("".join(said[:these]) == "".join(heard[:those]) for these, those in JOINS)
    last = any("".join(said[-these:]) == "".join(heard[-those:]) for these, those in JOINS)
    return not first, not last


def sounds_of(text: str) -> list[str]:
    """Return the words of a text in one spelling of each sound; apostrophes are not heard (`zebras`, `zebra's`)."""
    words = normalized(text).replace("'", "").split()
    return [SPELLINGS.get(word, word) for word in words]


def normalized(text: str) -> str:
    """Words with a space between them: lower case, no marks but apostrophes, contractions spelled out."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return " ".join(SPELLED_OUT.get(word, word) for word in words)


def vowel_groups(text: str) -> int:
    """Runs of written vowels: about the syllables of an English text."""
    return len(re.findall(r"[aeiouy]+", text.lower()))
