"""Write, split and remove phonemes that replace words of a spoken text."""

from __future__ import annotations

import re

_PHONETIC = re.compile(r"⟦([^|⟧]*)\|([^⟧]*)⟧")


def mark_phonemes(phonemes: str, text: str) -> str:
    """Return the notation for phonemes (IPA) within spoken text, with the text for checkpoints that read only letters.

    Neither may contain one of the three characters of this notation; no other text to read contains them.
    """
    return f"⟦{phonemes}|{text}⟧"


def split_phonetic(spoken: str) -> list[tuple[str, str]]:
    """Split a spoken text into stretches of (phonemes, text), in order; phonemes are empty if letters are read."""
    parts = _PHONETIC.split(spoken)
    plain, phonemes, texts = parts[0::3], parts[1::3], parts[2::3]
    stretches = [("", plain[0])]
    for ipa, text, following in zip(phonemes, texts, plain[1:], strict=True):
        stretches += [(ipa, text), ("", following)]
    return [(ipa, text) for ipa, text in stretches if text]


def count_model_chars(spoken: str) -> int:
    """Return the characters that a model reads: of each stretch its phonemes or its letters, whichever are more."""
    return sum(max(len(phonemes), len(text)) for phonemes, text in split_phonetic(spoken))


def remove_phonemes(spoken: str) -> str:
    """Return a spoken text with letters in place of phonemes."""
    return _PHONETIC.sub(r"\2", spoken)
