"""Spoken text -> the token ids that a checkpoint was trained on."""

from __future__ import annotations

import ctypes
import functools
import re
import threading
from collections.abc import Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_ubyte, c_void_p
from dataclasses import dataclass
from typing import Any

import espeakng_loader
from phonemizer.punctuation import Punctuation
from phonemizer.separator import default_separator

from app.errors import InvalidVoice, SetupError
from app.synthesis.coqui import cleaner, normalize_language, vocabulary
from app.text.phonetic import split_phonetic

SYNCHRONOUS = 2
"""AUDIO_OUTPUT_SYNCHRONOUS: no sound device is opened."""
NO_EXIT = 0x8000
"""espeakINITIALIZE_DONT_EXIT: missing data is an error, not the end of the process."""
UTF8 = 1
IPA = 0x02
SEPARATOR = "_"
"""Stands between the phonemes of a word; no phoneme of espeak-ng holds it."""
REINSTALL = "Install it again: pip install --force-reinstall espeakng-loader"


class VoiceRecord(ctypes.Structure):
    """espeak_VOICE: one language or accent."""

    _fields_ = (
        ("name", c_char_p),
        ("languages", c_char_p),
        ("identifier", c_char_p),
        ("gender", c_ubyte),
        ("age", c_ubyte),
        ("variant", c_ubyte),
        ("unused", c_ubyte),
        ("score", c_int),
        ("spare", c_void_p),
    )


class Espeak:
    """The library; safe between threads.

    It keeps its state, among that the current language, in globals of the C library: one caller at a time.
    """

    def __init__(self) -> None:
        path = espeakng_loader.get_library_path()
        try:
            self._library = ctypes.CDLL(path)
            data = espeakng_loader.get_data_path()
        except (OSError, RuntimeError) as error:
            raise SetupError(f"espeak-ng cannot be loaded: {error}", hint=REINSTALL) from None
        self._lock = threading.Lock()
        self._language: str | None = None
        if self._library.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), NO_EXIT) <= 0:
            raise SetupError(f"espeak-ng cannot read its data in {data}.", hint=REINSTALL)
        self._library.espeak_ListVoices.restype = POINTER(POINTER(VoiceRecord))
        self._library.espeak_TextToPhonemes.restype = c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [POINTER(c_char_p), c_int, c_int]
        self._identifiers = self._list_languages()

    def knows(self, language: str) -> bool:
        """Whether it can read a language, by espeak-ng's code such as `en-us`."""
        return language in self._identifiers

    def phonemes(self, text: str, language: str) -> str:
        """Return the phonemes (IPA) of a text without punctuation marks, with `SEPARATOR` between those of a word."""
        clauses = []
        rest = c_char_p(text.encode())
        with self._lock:
            self._choose(language)
            # Each call reads one clause and moves the pointer to the next.
            while rest.value is not None:
                clauses.append(self._library.espeak_TextToPhonemes(byref(rest), UTF8, IPA | ord(SEPARATOR) << 8))
        return " ".join(clause.decode() for clause in clauses if clause)

    def _choose(self, language: str) -> None:
        """Make a language the current one; it stays until another one is needed."""
        if self._language != language:
            self._language = None
            if self._library.espeak_SetVoiceByName(self._identifiers[language]) != 0:
                raise SetupError(f"espeak-ng cannot load the language {language}.", hint=REINSTALL)
            self._language = language

    def _list_languages(self) -> dict[str, bytes]:
        """Read all languages, and for each the identifier of its first accent: espeak-ng sorts them by relevance."""
        found: dict[str, bytes] = {}
        records, number = self._library.espeak_ListVoices(None), 0
        while records[number]:
            record = records[number].contents
            # The first byte of `languages` is its priority.
            found.setdefault(record.languages[1:].decode(), record.identifier)
            number += 1
        return found


@functools.cache
def load_espeak() -> Espeak:
    """Load the library, once for the whole process.

    Cached here and not owned by an engine, because the state that it guards is the process's own: a second object would
    change the language under the first one, whoever owned it.
    """
    return Espeak()


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
