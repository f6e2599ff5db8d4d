"""espeak-ng's library in this process, by the functions of its public header speak_lib.h.

The package phonemizer has a binding too, but each of its objects copies the library to a temporary folder and loads the
copy, four times for one language, and nothing ever unloads a copy: that takes memory for good, and a folder for
temporary files from which code may be loaded. Here the library is loaded once, from where it is installed.
"""

from __future__ import annotations

import ctypes
import functools
import threading
from ctypes import POINTER, byref, c_char_p, c_int, c_ubyte, c_void_p

import espeakng_loader

from app.errors import SetupError

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
