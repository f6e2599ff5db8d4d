"""Text -> IPA phonemes by espeak-ng's library, in process: the same phonemes as coqui's `phonemizer: espeak`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from phonemizer.punctuation import Punctuation
from phonemizer.separator import default_separator

from app.errors import InvalidVoice
from app.speech.espeak import SEPARATOR, load_espeak

LANGUAGES = {"en": "en-us", "zh-cn": "cmn"}
"""coqui's names that espeak-ng spells otherwise."""
SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?])")
LANGUAGE_FLAG = re.compile(r"\(.+?\)")
"""How espeak-ng marks a word that it reads in another language, such as `(fr)`."""


class Phonemizer:
    """One language of espeak-ng; cheap to make, for all share one library."""

    def __init__(self, language: str) -> None:
        self.espeak = load_espeak()
        self.language = LANGUAGES.get(language, language)
        self.punctuation = Punctuation()
        if not self.espeak.knows(self.language):
            raise InvalidVoice(f"espeak-ng cannot read the language {language!r}.")

    def phonemize(self, texts: Sequence[str]) -> list[str]:
        """Phonemes with stress marks and punctuation, one string for each text."""
        # Punctuation leaves out empty lines; a space keeps their place.
        clean = [SPACE_BEFORE_MARK.sub("", encodable(text)) or " " for text in texts]
        # espeak-ng drops punctuation marks: it is given what stands between them.
        stretches, marks = self.punctuation.preserve(clean)
        phonemes = [self.between_marks(stretch) for stretch in stretches]
        restored: list[str] = self.punctuation.restore(phonemes, marks, default_separator, strip=True)
        return restored

    def between_marks(self, stretch: str) -> str:
        """Phonemes of a stretch of text, with one space between words."""
        line = self.espeak.phonemes(stretch, self.language).strip().replace("\n", " ").replace("  ", " ")
        # Separators are left over at the end of some words.
        line = re.sub(f"{SEPARATOR}+", SEPARATOR, line).replace(f"{SEPARATOR} ", " ")
        words = LANGUAGE_FLAG.sub("", line).split(" ")
        return " ".join(word.strip().replace(SEPARATOR, "") for word in words)


def encodable(text: str) -> str:
    """Drop what cannot be handed to a C library: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
