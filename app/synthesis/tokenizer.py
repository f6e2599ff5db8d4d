"""Convert text to a checkpoint's token ids, through espeak-ng for checkpoints trained on phonemes."""

from __future__ import annotations

import ctypes
import functools
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from ctypes import POINTER, byref, c_char_p, c_int, c_ubyte, c_void_p
from dataclasses import dataclass, replace
from typing import Any

import espeakng_loader

from app.errors import InvalidVoice, SetupError
from app.text.languages import get_base_language
from app.text.phonetic import ESPEAK, split_phonetic

SYNCHRONOUS = 2
"""AUDIO_OUTPUT_SYNCHRONOUS: do not open a sound device."""
NO_EXIT = 0x8000
"""espeakINITIALIZE_DONT_EXIT: return an error if data is missing, instead of exiting the process."""
UTF8 = 1
PHONEME_INPUT = 0x100
"""espeakPHONEMES: read `[[...]]` in a text as phonemes in espeak-ng's own notation."""
IPA = 0x02
SEPARATOR = "_"
"""Separator between the phonemes of a word; no phoneme of espeak-ng contains it."""
LANGUAGE_NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
"""Names of languages; others might lead espeak-ng to files outside its data."""
REINSTALL_HINT = "Install it again: pip install --force-reinstall espeakng-loader"


LANGUAGES = {
    **{"en": "en-us", "fr": "fr-fr", "zh": "cmn", "zh-cn": "cmn", "no": "nb"},
    **dict.fromkeys(("en-au", "en-nz", "en-ie", "en-in", "en-za"), "en-gb"),
}
"""Codes of languages that differ from espeak-ng's."""
LATIN_AMERICAN = "es-419"
AMERICAN_SPANISH = frozenset(
    f"es-{country}" for country in "ar bo cl co cr cu do ec gt hn mx ni pa pe pr py sv us uy ve".split()
)
"""Spanish of America."""


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
    """The espeak-ng library. Thread-safe.

    The C library keeps its state, including the current language, in globals, so calls are serialized.
    """

    def __init__(self) -> None:
        path = espeakng_loader.get_library_path()
        try:
            self._library = ctypes.CDLL(path)
            data = espeakng_loader.get_data_path()
        except (OSError, RuntimeError) as error:
            raise SetupError(f"espeak-ng cannot be loaded: {error}", hint=REINSTALL_HINT) from None
        self._lock = threading.Lock()
        self._language: str | None = None
        if self._library.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), NO_EXIT) <= 0:
            raise SetupError(f"espeak-ng cannot read its data in {data}.", hint=REINSTALL_HINT)
        self._library.espeak_ListVoices.restype = POINTER(POINTER(VoiceRecord))
        self._library.espeak_TextToPhonemes.restype = c_char_p
        self._library.espeak_TextToPhonemes.argtypes = [POINTER(c_char_p), c_int, c_int]
        self._identifiers = self._list_languages()
        # `espeak_TextToPhonemes` has no such flag, but uses the one of the latest synthesis.
        self._library.espeak_Synth(b" ", 2, 0, 0, 0, UTF8 | PHONEME_INPUT, None, None)

    def find_language(self, code: str) -> str:
        """Return espeak-ng's name of a language such as `de-DE`: with its region if it knows that; empty if neither.

        It has other names of a language, too, such as those of accents.
        """
        lower = code.replace("_", "-").lower()
        base = lower.partition("-")[0]
        names = (
            LANGUAGES.get(lower, lower),
            LATIN_AMERICAN if lower in AMERICAN_SPANISH else base,
            LANGUAGES.get(base, ""),
        )
        found = next((name for name in names if name in self._identifiers), "")
        return found or (code if self._has_name(code) else "")

    def _has_name(self, name: str) -> bool:
        """Return whether a name is that of a language."""
        with self._lock:
            self._language = None
            return LANGUAGE_NAME.fullmatch(name) is not None and self._set(name.encode())

    def phonemize_words(self, text: str, language: str) -> str:
        """Return the phonemes (IPA) of a text without punctuation, with `SEPARATOR` between the phonemes of a word."""
        clauses = []
        rest = c_char_p(text.encode())
        with self._lock:
            self._choose(language)
            # Each call reads one clause and advances the pointer to the next.
            while rest.value is not None:
                clauses.append(self._library.espeak_TextToPhonemes(byref(rest), UTF8, IPA | ord(SEPARATOR) << 8))
        return " ".join(clause.decode() for clause in clauses if clause)

    def _choose(self, language: str) -> None:
        """Make a language the current one, unless it already is."""
        if self._language != language:
            self._language = None
            if not self._set(self._identifiers.get(language, language.encode())):
                raise SetupError(f"espeak-ng cannot load the language {language}.", hint=REINSTALL_HINT)
            self._language = language

    def _set(self, name: bytes) -> bool:
        """Set the current language by an identifier or a name, and return whether there is such a language."""
        return bool(self._library.espeak_SetVoiceByName(name) == 0)

    def _list_languages(self) -> dict[str, bytes]:
        """Map each language to the identifier of its first accent: espeak-ng lists the most relevant accent first."""
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

    The object is cached here and not owned by an engine, because the state that it guards belongs to the process: a
    second object would change the language of the first.
    """
    return Espeak()


PUNCTUATION = re.compile(r"((?:\s*[;:,.!?¡¿—…\"«»“”(){}\[\]]+\s*)+)")
"""Marks, with the white space around them, that training texts keep between phonemes; the same as phonemizer's."""
SPACE_BEFORE_MARK = re.compile(r"\s+(?=[,.;:!?])")
PRIVATE = 0xE000
"""First code point of a private area whose characters stand for phonemes within letters; no text contains them."""
INSERTED = re.compile("[\ue000-\ue07f]+")
"""A word of phonemes within letters."""
LANGUAGE_FLAG = re.compile(r"\(.+?\)")
"""Flag by which espeak-ng marks a word that it reads in another language, such as `(fr)`."""


class Phonemizer:
    """Phonemizer for one language of espeak-ng; cheap to create, because all share one library."""

    def __init__(self, language: str) -> None:
        self.espeak = load_espeak()
        self.language = self.espeak.find_language(language)
        if not self.language:
            raise InvalidVoice(f"espeak-ng cannot read the language {language!r}.")

    def phonemize(self, texts: Sequence[str]) -> list[str]:
        """Return phonemes with stress marks and punctuation, one string for each text."""
        return [self.phonemize_text(SPACE_BEFORE_MARK.sub("", strip_unencodable(text))) for text in texts]

    def phonemize_text(self, text: str) -> str:
        """Return the phonemes of a text; espeak-ng drops punctuation marks, so it gets the stretches between them."""
        parts = PUNCTUATION.split(text)
        parts[::2] = [self.phonemize_stretch(stretch) if stretch else "" for stretch in parts[::2]]
        return "".join(parts)

    def insert_phonemes(self, phonemes: str, word: str) -> str:
        """Return characters that `phonemize` reads as phonemes in espeak-ng's notation; the word in other languages."""
        if get_base_language(self.language) != "en":
            return word
        return "".join(chr(PRIVATE + ord(sign)) for sign in phonemes)

    def phonemize_stretch(self, stretch: str) -> str:
        """Return the phonemes of text between punctuation marks, with one space between words."""
        stretch = INSERTED.sub(restore_inserted, stretch)
        line = self.espeak.phonemize_words(stretch, self.language).strip().replace("\n", " ").replace("  ", " ")
        # Some words end with superfluous separators.
        line = re.sub(f"{SEPARATOR}+", SEPARATOR, line).replace(f"{SEPARATOR} ", " ")
        words = LANGUAGE_FLAG.sub("", line).split(" ")
        return " ".join(word.strip().replace(SEPARATOR, "") for word in words)


def restore_inserted(match: re.Match[str]) -> str:
    """Return the phonemes of a word that `Phonemizer.insert_phonemes` returned, in espeak-ng's markup."""
    return f"[[{''.join(chr(ord(sign) - PRIVATE) for sign in match[0])}]]"


def strip_unencodable(text: str) -> str:
    """Remove characters that a C library cannot take: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


PAUSE = ", "
"""Symbols before a word that follows a short pause in running speech."""
PRECEDING_WORDS = {"en": "Say it again"}
"""Words before the pause, by language: the encoder reads them and the voice does not speak them."""
VOICED_PLOSIVES = "bdɡ"
"""First sounds before which the pause is shorter: after a long one their voice begins late, as that of p, t and k."""
AFFRICATE = "dʒ"
"""It begins with the letter of a plosive, but is understood after a longer pause."""
STRESS_MARKS = "ˈˌ"
FINAL_MARKS = (".", "!", "?", "…", ",", ";", ":", "—", "–", "-")
CLOSERS = "\"'”’»)]} "
SPACE_AT_ENDS = re.compile(r"^(\s*).*?(\s*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Input of an acoustic model, with the symbols of its ids."""

    ids: tuple[int, ...]
    symbols: str
    """Characters or phonemes that the ids stand for, without blanks and end marks."""
    places: tuple[int, ...]
    """Index of each symbol's id in `ids`."""
    dropped: str
    """Omitted characters, which are not in the checkpoint's vocabulary, each once."""
    preceding: int = 0
    """Number of ids before those of `symbols` that stand for words which are read but not spoken."""

    def count_pause_tokens(self) -> int:
        """Return the number of ids of the pause before the first word; 0 without a pause."""
        begins_with_pause = self.symbols.startswith(PAUSE) and len(self.symbols) > len(PAUSE)
        return self.places[len(PAUSE)] - self.preceding if begins_with_pause else 0

    def begins_with_voiced_plosive(self) -> bool:
        """Return whether the first sound after the pause is one of `VOICED_PLOSIVES`."""
        word = self.symbols.removeprefix(PAUSE).lstrip(STRESS_MARKS)
        return word.startswith(tuple(VOICED_PLOSIVES)) and not word.startswith(AFFRICATE)


class Tokenizer:
    """Tokenizer with coqui's steps: clean, phonemize, look up, intersperse blanks, add begin and end marks."""

    def __init__(self, frontend: Mapping[str, Any], language: str | None = None) -> None:
        """Prepare a frontend, see `coqui.describe_frontend`; `language` overrides its language."""
        self.ids: dict[str, int] = frontend["ids"]
        self.blank: int | None = frontend["blank"]
        self.ends: tuple[int, int] | None = frontend["ends"]
        self.language = (language or frontend["language"] or "en-us").lower()
        self.cleaner = make_cleaner(frontend["cleaner"], self.language) if frontend["cleaner"] else None
        self.phonemizer = Phonemizer(self.language) if frontend["phonemes"] else None
        preceding = self.read_symbols(PRECEDING_WORDS.get(get_base_language(self.language), ""))
        self.preceding_symbols = "".join(symbol for symbol in preceding if symbol in self.ids)

    def encode(self, spoken: str) -> Tokens:
        """Tokenize a normalized text."""
        return self.look_up(self.read_symbols(spoken))

    def encode_after_pause(self, spoken: str) -> Tokens:
        """Tokenize a text as in running speech, after other words and a pause, if the vocabulary contains `PAUSE`.

        In training, most words occur far more often after other words than at the beginning of a recording, and a
        model pronounces their first sound better there.
        """
        if not all(mark in self.ids for mark in PAUSE):
            return self.encode(spoken)
        tokens = self.look_up(self.preceding_symbols + PAUSE + self.read_symbols(spoken).lstrip())
        unspoken = len(self.preceding_symbols)
        return replace(
            tokens,
            symbols=tokens.symbols[unspoken:],
            places=tokens.places[unspoken:],
            preceding=tokens.places[unspoken],
        )

    def read_symbols(self, spoken: str) -> str:
        """Return the characters or phonemes of a text, before the vocabulary lookup."""
        stretches = join_letters(self.prepare_stretch(phonemes, text) for phonemes, text in split_phonetic(spoken))
        if len(stretches) == 1:
            return self.read_stretch(*stretches[0])
        return "".join(restore_spaces(text, self.read_stretch(ipa, text)) for ipa, text in stretches)

    def prepare_stretch(self, phonemes: str, text: str) -> tuple[str, str]:
        """Return what is read of a stretch as (IPA, cleaned text); the IPA is empty if the text is read."""
        if self.phonemizer and phonemes.startswith(ESPEAK):
            return "", self.phonemizer.insert_phonemes(phonemes.removeprefix(ESPEAK), text)
        if self.phonemizer and phonemes:
            return phonemes, text
        if self.cleaner:
            return "", restore_spaces(text, self.cleaner(text))
        return "", text

    def read_stretch(self, ipa: str, text: str) -> str:
        """Return the symbols of a stretch of text: the given IPA, else the phonemes of its text, else its letters."""
        if ipa:
            return ipa
        return self.phonemizer.phonemize([text])[0] if self.phonemizer else text

    def look_up(self, text: str) -> Tokens:
        """Convert characters or phonemes to token ids."""
        known = "".join(character for character in text if character in self.ids)
        dropped = "".join(dict.fromkeys(character for character in text if character not in self.ids))
        ids = [self.ids[character] for character in known]
        blanks = int(self.blank is not None)
        first, step = blanks + int(self.ends is not None), 1 + blanks
        places = tuple(range(first, first + step * len(ids), step))
        return Tokens(tuple(self.add_ends(self.add_blanks(ids))), known, places, dropped)

    def add_blanks(self, ids: list[int]) -> list[int]:
        """Add a blank before, between and after the tokens, if the model was trained with them."""
        if self.blank is None:
            return ids
        spread = [self.blank] * (2 * len(ids) + 1)
        spread[1::2] = ids
        return spread

    def add_ends(self, ids: list[int]) -> list[int]:
        """Add the begin and end marks, if the model was trained with them."""
        return [self.ends[0], *ids, self.ends[1]] if self.ends else ids


def make_cleaner(name: str, language: str) -> Callable[[str], str]:
    """Return coqui's text cleaner of a name; imports torch."""
    from app.synthesis.coqui import find_cleaner

    return find_cleaner(name, language)


def join_letters(stretches: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Join adjacent stretches without IPA, because a word is read by the words around it."""
    joined: list[tuple[str, str]] = []
    for ipa, text in stretches:
        if joined and not ipa and not joined[-1][0]:
            joined[-1] = "", joined[-1][1] + text
        else:
            joined.append((ipa, text))
    return joined


def restore_spaces(text: str, symbols: str) -> str:
    """Give symbols the white space around their text, so that words of adjacent stretches stay separate."""
    space = SPACE_AT_ENDS.match(text)
    assert space is not None
    return f"{space[1]}{symbols.strip()}{space[2]}"


def add_final_mark(spoken: str) -> str:
    """Add a final mark to a text without one, on which an acoustic model would babble."""
    return spoken if spoken.rstrip(CLOSERS).endswith(FINAL_MARKS) else spoken.rstrip() + "."
