"""Text -> IPA phonemes by espeak-ng's library, in process: the same phonemes as coqui's `phonemizer: espeak`."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence

import espeakng_loader
from phonemizer.backend import EspeakBackend
from phonemizer.backend.espeak.wrapper import EspeakWrapper

from app.errors import InvalidVoice

LANGUAGES = {"en": "en-us", "zh-cn": "cmn"}
"""coqui's names that espeak-ng spells otherwise."""
SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?])")
LIBRARY = threading.Lock()
"""espeak-ng keeps its state in globals of the C library: one caller at a time."""


class Phonemizer:
    """One language of espeak-ng."""

    def __init__(self, language: str) -> None:
        quiet = logging.getLogger("intone.phonemizer")
        quiet.setLevel(logging.ERROR)  # a count of words that differs is usual, and no fault
        with LIBRARY:
            EspeakWrapper.set_library(espeakng_loader.get_library_path())
            EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
            try:
                self.backend = EspeakBackend(
                    LANGUAGES.get(language, language),
                    preserve_punctuation=True,
                    with_stress=True,
                    language_switch="remove-flags",
                    logger=quiet,
                )
            except RuntimeError as error:
                raise InvalidVoice(f"espeak-ng cannot read the language {language!r}: {error}.") from None

    def phonemize(self, texts: Sequence[str]) -> list[str]:
        """Phonemes with stress marks and punctuation, one string for each text."""
        # phonemizer leaves out empty lines; a space keeps their place.
        clean = [SPACE_BEFORE_MARK.sub("", encodable(text)) or " " for text in texts]
        with LIBRARY:
            phonemes: list[str] = self.backend.phonemize(clean, strip=True)
        return phonemes


def encodable(text: str) -> str:
    """Drop what cannot be handed to a C library: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
