"""Keep spoken utterances on disk, so that an interrupted book goes on, and an edited one speaks only what changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.audio.encode import to_int16
from app.audio.files import open_output
from app.errors import IntoneError
from app.types import Samples, Utterance, Word

_FULL_SCALE = 32767
_BYTES = 2
"""Bytes of each sample: 16 bits, as in the files that are written from them."""
_AUDIO, _INDEX = "audio.s16", "index.jsonl"


@dataclass(frozen=True, slots=True)
class Recording:
    """Spoken utterance in the store."""

    place: int
    """Number of samples before it."""
    count: int
    """Number of its samples."""
    words: tuple[Word, ...]
    """Times from the beginning of the utterance; spans are unknown."""


class Store:
    """Spoken utterances by their keys; one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Open the store, and drop what was not completely written."""
        self.folder = folder
        self._recordings: dict[str, Recording] = {}
        self._audio = (folder / _AUDIO).open("a+b")
        self._index = (folder / _INDEX).open("a+b")
        try:
            fcntl.flock(self._index, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise IntoneError(f"{folder} is in use by another process.", hint="Wait for it to end.") from None
        self._load()

    def __contains__(self, key: str) -> bool:
        return key in self._recordings

    def __len__(self) -> int:
        return len(self._recordings)

    def add(self, key: str, samples: Samples, words: Iterable[Word]) -> None:
        """Store an utterance; its line in the index is written after its samples."""
        place = self._audio.seek(0, 2) // _BYTES
        self._audio.write(to_int16(samples).tobytes())
        self._audio.flush()
        found = tuple(words)
        self._recordings[key] = Recording(place, len(samples), found)
        row = [key, place, len(samples), [[one.text, one.place, one.start, one.end] for one in found]]
        self._index.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        self._index.flush()

    def find(self, key: str) -> Recording:
        """Return where an utterance is; raise KeyError if it is missing."""
        return self._recordings[key]

    def read(self, recording: Recording) -> Samples:
        """Return the samples of an utterance; threads may read at once."""
        data = np.frombuffer(os.pread(self._audio.fileno(), recording.count * _BYTES, recording.place * _BYTES), "<i2")
        return (data / np.float32(_FULL_SCALE)).astype(np.float32)

    def close(self) -> None:
        """Close the files."""
        self._audio.close()
        self._index.close()

    def _load(self) -> None:
        size = self._audio.seek(0, 2) // _BYTES
        self._index.seek(0)
        kept, end = 0, 0
        for line in self._index:
            try:
                key, place, count, words = json.loads(line)
                if not line.endswith(b"\n") or place + count > size:
                    break
            except ValueError:
                break
            times = tuple(Word(text, None, start, stop, offset) for text, offset, start, stop in words)
            self._recordings[key] = Recording(place, count, times)
            kept, end = kept + len(line), max(end, place + count)
        self._index.truncate(kept)
        self._audio.truncate(end * _BYTES)


class Keys:
    """Keys of utterances by all that is heard of them; equal ones that follow each other have different keys.

    A key contains the take, and seeds the utterance: another take is another rendition of the same words.
    """

    def __init__(
        self, seed: int, rate: int, build: str, takes: dict[str, int], voices: Mapping[str, Mapping[str, str]]
    ) -> None:
        """`build` identifies the program and the backend; `takes` has the number of the take by first key; `voices` has
        the hashes of all weights of each voice."""
        self._basis = (seed, rate, build)
        self._takes = takes
        self._voices = {name: sorted(hashes.items()) for name, hashes in voices.items()}
        self._counts: Counter[str] = Counter()

    def make(self, utterance: Utterance, again: bool = False) -> tuple[str, int]:
        """Return key and seed of the next utterance of the text; with `again`, those of a new take, which is kept.

        The first take has the seed of the utterance, if that has one.
        """
        blend = sorted(utterance.blend.items()) if utterance.blend else None
        how = (utterance.degree, utterance.speed, utterance.pitch, utterance.volume)
        what = (utterance.text, utterance.spoken, utterance.voice, utterance.checkpoint_sha256, utterance.emotion.value)
        content = json.dumps([self._basis, what, blend, how, utterance.seed, self._voices.get(utterance.voice)])
        self._counts[content] += 1
        first = _hash(f"{content} {self._counts[content]}")
        if again:
            self._takes[first] = self._takes.get(first, 0) + 1
        take = self._takes.get(first, 0)
        key = _hash(f"{first} {take}") if take else first
        own = None if take else utterance.seed
        return key, int(key[:15], 16) if own is None else own


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_TAKES = "takes.json"


@contextmanager
def open_store(folder: Path) -> Iterator[tuple[Store, dict[str, int]]]:
    """Open the store in a folder, which is made; yield it with the takes, which are saved at the end."""
    folder.mkdir(exist_ok=True)
    store = Store(folder)
    path = folder / _TAKES
    try:
        takes = _read_takes(path)
        try:
            yield store, takes
        finally:
            if takes:
                with open_output(path) as file:
                    file.write(json.dumps(takes).encode())
    finally:
        store.close()


def _read_takes(path: Path) -> dict[str, int]:
    """Return the takes that were saved; raise `IntoneError` if their file is damaged."""
    try:
        takes = json.loads(path.read_bytes()) if path.exists() else {}
    except ValueError:
        takes = None
    if not isinstance(takes, dict) or not all(type(take) is int for take in takes.values()):
        raise IntoneError(f"{path} is damaged.", hint="Remove it: all utterances get their first takes again.")
    return takes


def remove_store(folder: Path) -> None:
    """Remove the files of a store, and its folder if nothing else is in it."""
    for name in (_AUDIO, _INDEX, _TAKES):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
