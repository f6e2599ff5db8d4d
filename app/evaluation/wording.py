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


def normalized(text: str) -> str:
    """Words with a space between them: lower case, no marks but apostrophes, contractions spelled out."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return " ".join(SPELLED_OUT.get(word, word) for word in words)


def vowel_groups(text: str) -> int:
    """Runs of written vowels: about the syllables of an English text."""
    return len(re.findall(r"[aeiouy]+", text.lower()))
