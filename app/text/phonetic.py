"""Write and read the notation for phonemes that stand for words in a spoken text."""

from __future__ import annotations

import re
from collections.abc import Collection

PHONETIC = re.compile(r"⟦([^|⟧]*)\|([^⟧]*)⟧")


def mark_phonemes(phonemes: str, text: str) -> str:
    """Return the notation for phonemes (IPA) within spoken text, with the text for checkpoints that read only letters.

    Neither may contain one of the three characters of this notation; no other text to read contains them.
    """
    return f"⟦{phonemes}|{text}⟧"


ESPEAK = "["
"""First character of phonemes in espeak-ng's own notation instead of IPA."""


def mark_reading(phonemes: str, text: str) -> str:
    """Return the notation for a word that English voices read by phonemes in espeak-ng's notation, such as `r'Ed`.

    The voice's accent decides how they sound, and the words around them are read as next to any other word.
    """
    return f"⟦{ESPEAK}{phonemes}|{text}⟧"


def split_phonetic(spoken: str) -> list[tuple[str, str]]:
    """Split a spoken text into stretches of (phonemes, text), in order; phonemes are empty if letters are read."""
    parts = PHONETIC.split(spoken)
    plain, phonemes, texts = parts[0::3], parts[1::3], parts[2::3]
    stretches = [("", plain[0])]
    for ipa, text, following in zip(phonemes, texts, plain[1:], strict=True):
        stretches += [(ipa, text), ("", following)]
    return [(ipa, text) for ipa, text in stretches if text]


def count_model_chars(spoken: str) -> int:
    """Return the characters that a model reads: of each stretch its phonemes or its letters, whichever are more."""
    if "⟦" not in spoken:
        return len(spoken)
    return sum(max(len(phonemes), len(text)) for phonemes, text in split_phonetic(spoken))


def remove_phonemes(spoken: str) -> str:
    """Return a spoken text with letters in place of phonemes."""
    return PHONETIC.sub(r"\2", spoken)


def drop_phonemes(spoken: str, known: Collection[str]) -> tuple[str, str]:
    """Return a spoken text without the phonemes (IPA) that are not known, and these, each once."""
    marked = [ipa for ipa, _ in split_phonetic(spoken) if not ipa.startswith(ESPEAK)]
    unknown = "".join(dict.fromkeys(sign for ipa in marked for sign in ipa if sign not in known))
    if not unknown:
        return spoken, ""
    dropped = str.maketrans("", "", unknown)
    parts = ((ipa if ipa.startswith(ESPEAK) else ipa.translate(dropped), text) for ipa, text in split_phonetic(spoken))
    return "".join(mark_phonemes(ipa, text) if ipa else text for ipa, text in parts), unknown


def limit_length(spoken: str, max_spoken: int) -> str:
    """Return at most `max_spoken` characters of a spoken text, in letters if it is longer."""
    return spoken if count_model_chars(spoken) <= max_spoken else remove_phonemes(spoken)[:max_spoken]
