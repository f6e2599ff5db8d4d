"""Spoken text -> the token ids that a checkpoint was trained on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from app.plan import split_phonetic
from app.speech.coqui import cleaner, normalize_language, vocabulary
from app.speech.phonemes import Phonemizer

PAUSE = ", "
"""What stands before a word after a short pause in running speech."""
SPACE_AT_ENDS = re.compile(r"^(\s*).*?(\s*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an acoustic model reads."""

    ids: tuple[int, ...]
    symbols: str
    """The characters or phonemes behind the ids, without blanks and end marks."""
    places: tuple[int, ...]
    """Where the id of each symbol stands."""
    dropped: str
    """Characters that the checkpoint does not know, each once; they are left out."""


class Tokenizer:
    """coqui's steps: clean, phonemize, look up, intersperse blanks, add both ends."""

    def __init__(self, config: Any, language: str | None = None) -> None:
        self.characters = vocabulary(config)
        self.cleaner = cleaner(config.text_cleaner)
        self.language = language or config.phoneme_language or "en-us"
        self.phonemizer = Phonemizer(self.language) if config.use_phonemes else None
        self.add_blank = bool(config.add_blank)
        self.use_ends = bool(config.enable_eos_bos_chars)

    def encode(self, spoken: str) -> Tokens:
        """Token ids of a text that is already normalised."""
        return self.look_up(self.all_symbols(spoken))

    def encode_after_pause(self, spoken: str) -> Tokens:
        """Token ids of a text as it stands in running speech: after a pause, where the vocabulary has its marks.

        A model has met most words far more often after a space than as the first of a recording, and speaks their first
        sound better there.
        """
        known = all(mark in self.characters.vocab for mark in PAUSE)
        return self.look_up(PAUSE + self.all_symbols(spoken).lstrip()) if known else self.encode(spoken)

    def all_symbols(self, spoken: str) -> str:
        """Return what the checkpoint reads of a text."""
        stretches = split_phonetic(spoken)
        if len(stretches) == 1:
            return self.symbols(*stretches[0])
        return "".join(spaced(text, self.symbols(phonemes, text)) for phonemes, text in stretches)

    def symbols(self, phonemes: str, text: str) -> str:
        """What the checkpoint reads of a stretch: its phonemes, given or found, or its letters."""
        if phonemes and self.phonemizer:
            return phonemes
        if self.cleaner:
            text = self.cleaner(text, lang=normalize_language(self.language))
        return self.phonemizer.phonemize([text])[0] if self.phonemizer else text

    def look_up(self, text: str) -> Tokens:
        """Token ids of characters or phonemes."""
        known = "".join(character for character in text if character in self.characters.vocab)
        dropped = "".join(dict.fromkeys(character for character in text if character not in self.characters.vocab))
        ids = [self.characters.char_to_id(character) for character in known]
        first, step = int(self.add_blank) + int(self.use_ends), 1 + int(self.add_blank)
        places = tuple(range(first, first + step * len(ids), step))
        return Tokens(tuple(self.with_ends(self.with_blanks(ids))), known, places, dropped)

    def with_blanks(self, ids: list[int]) -> list[int]:
        """A blank before, between and behind the tokens, where the model was trained so."""
        if not self.add_blank:
            return ids
        blank = self.characters.char_to_id(self.characters.blank)
        spread = [blank] * (2 * len(ids) + 1)
        spread[1::2] = ids
        return spread

    def with_ends(self, ids: list[int]) -> list[int]:
        """The marks of beginning and end, where the model was trained so."""
        return [self.characters.bos_id, *ids, self.characters.eos_id] if self.use_ends else ids


def spaced(text: str, symbols: str) -> str:
    """The symbols of a stretch with the space around its text, so that words of neighbouring stretches stay apart."""
    space = SPACE_AT_ENDS.match(text)
    assert space is not None
    return f"{space[1]}{symbols.strip()}{space[2]}"
