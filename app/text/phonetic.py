"""Spoken text in which phonemes stand for some of its words, and the same text without them."""

from __future__ import annotations

import re

_PHONETIC = re.compile(r"⟦([^|⟧]*)\|([^⟧]*)⟧")


def phonetic(phonemes: str, text: str) -> str:
    """Phonemes (IPA) within a spoken text, and the text that a checkpoint reads which knows letters only.

    Neither may hold one of the three characters of this notation; no other text that is read does.
    """
    return f"⟦{phonemes}|{text}⟧"


def split_phonetic(spoken: str) -> list[tuple[str, str]]:
    """A spoken text -> its stretches in order, each (phonemes, text); phonemes are empty where letters are read."""
    parts = _PHONETIC.split(spoken)
    plain, phonemes, texts = parts[0::3], parts[1::3], parts[2::3]
    stretches = [("", plain[0])]
    for ipa, text, following in zip(phonemes, texts, plain[1:], strict=True):
        stretches += [(ipa, text), ("", following)]
    return [(ipa, text) for ipa, text in stretches if text]


def spoken_length(spoken: str) -> int:
    """Count what a model reads of a spoken text: of each stretch its phonemes or its letters, whichever are more."""
    return sum(max(len(phonemes), len(text)) for phonemes, text in split_phonetic(spoken))


def without_phonemes(spoken: str) -> str:
    """A spoken text in letters alone."""
    return _PHONETIC.sub(r"\2", spoken)
