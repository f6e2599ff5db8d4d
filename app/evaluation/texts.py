"""Speak whole texts, such as chats, recipes and letters, and compare what is understood with a person's reading."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

import numpy as np
from rich.table import Table

from app.errors import SetupError
from app.evaluation.listening import Evaluators, Measurement
from app.evaluation.manner import SAMPLE_RATE
from app.evaluation.recordings import Recording, normalize_words, read_utf8
from app.evaluation.report import Report
from app.evaluation.tables import make_table
from app.synthesis.pipeline import WARM_UP_TEXT, Pipeline
from app.text import normalize
from app.text.phonetic import remove_phonemes
from app.types import Samples, SpeechRequest

READING_SUFFIX = ".read"
PIECE_SECONDS = (12.0, 26.0)
"""Fewest and most seconds of a piece that is transcribed at once: Whisper's window has 30 seconds."""
PAUSE_SECONDS = 0.2
"""Length of the quietest stretch, at which a long recording is cut."""


SAME_LENGTHS = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (1, 4), (4, 1))
"""Numbers of words, in the text and as recognized, that may be the same with other word spaces."""
Words = list[str]


@dataclass(frozen=True, slots=True)
class RealText:
    """A text as somebody wrote it, and the words that a person would read."""

    name: str
    text: str
    reading: str


def read_texts(folder: Path, limit: int | None = None) -> list[RealText]:
    """Read each NAME.read of a folder, the words to speak, with the text beside it in a file of the same name."""
    texts = []
    for reading in sorted(folder.glob(f"*{READING_SUFFIX}"))[:limit]:
        written = [path for path in folder.glob(f"{reading.stem}.*") if path != reading]
        if len(written) != 1:
            raise SetupError(f"{reading} needs one text beside it: {reading.stem}.txt, .md, .html or the like.")
        texts.append(RealText(reading.stem, *(read_utf8(path) for path in (written[0], reading))))
        if not normalize_words(texts[-1].reading):
            raise SetupError(f"{reading} holds no words.")
    if not texts:
        raise SetupError(f"{folder} holds no texts with readings ({READING_SUFFIX}).")
    return texts


def speak_texts(pipeline: Pipeline, voice: str, texts: Sequence[RealText]) -> Iterator[Recording]:
    """Speak each text as the service does without options, and time it; the group is the name of the text."""
    pipeline.synthesize(SpeechRequest(WARM_UP_TEXT, voice=voice))
    for seed, one in enumerate(texts):
        began = time.perf_counter()
        speech = pipeline.synthesize(SpeechRequest(one.text, voice=voice, seed=seed, tags=True), with_words=False)
        spent = time.perf_counter() - began
        yield Recording(one.name, one.reading, speech.samples, speech.sample_rate, spent)


class TextListener(Evaluators):
    """Evaluators of recordings of any length, and of words that a recognizer writes as figures and signs."""

    def __init__(self, listener: Evaluators) -> None:
        self.listener = listener

    def transcribe(self, sound: Samples) -> str:
        """Transcribe a recording piece by piece; figures are verbalized as the service does it."""
        understood = " ".join(self.listener.transcribe(piece) for piece in split_at_pauses(sound))
        return remove_phonemes(normalize(understood))

    def count_word_errors(self, text: str, understood: str) -> int:
        """Count words of the text that were left out or replaced, and words that were added."""
        return self.listener.count_word_errors(text, match_word_spaces(text, understood))

    def predict_opinion(self, speech: Samples) -> float:
        """Predict a mean opinion score, 1 to 5, of the first piece: the whole would take several times as long."""
        return self.listener.predict_opinion(next(split_at_pauses(speech)))


def split_at_pauses(sound: Samples) -> Iterator[Samples]:
    """Yield pieces of a recording, mono at 16 kHz, that end in its pauses."""
    least, most = (round(seconds * SAMPLE_RATE) for seconds in PIECE_SECONDS)
    width = round(PAUSE_SECONDS * SAMPLE_RATE)
    start = 0
    while len(sound) - start > most:
        energy = np.concatenate([[0.0], np.cumsum(np.square(sound[start + least : start + most], dtype=np.float64))])
        cut = start + least + int(np.argmin(energy[width:] - energy[:-width])) + width // 2
        yield sound[start:cut]
        start = cut
    yield sound[start:]


def match_word_spaces(text: str, understood: str) -> str:
    """Return what was understood with the word spaces of the text: `dash board` counts as `dashboard`."""
    pairs = align_words(normalize_words(text).split(), normalize_words(understood).split())
    return " ".join(" ".join(said if is_same(said, heard) else heard) for said, heard in pairs if heard)


def find_misheard(measurement: Measurement) -> list[tuple[str, str]]:
    """Return each stretch of words that was misheard, and what was understood instead."""
    said, heard = (normalize_words(text).split() for text in (measurement.recording.text, measurement.understood))
    groups = groupby(align_words(said, heard), lambda pair: is_same(*pair))
    wrong = [list(pairs) for same, pairs in groups if not same]
    return [
        (" ".join(chain.from_iterable(words)), " ".join(chain.from_iterable(others)))
        for words, others in (zip(*one, strict=True) for one in wrong)
    ]


def make_misheard_table(report: Report) -> Table:
    """Make a table of the stretches of words that were misheard in each text."""
    rows = [
        (one.recording.group, said or "–", heard or "–")
        for one in report.measurements
        for said, heard in find_misheard(one)
    ]
    return make_table(("misheard", "said", "understood"), rows)


def is_same(said: Words, heard: Words) -> bool:
    """Return whether two stretches of words differ at most in their word spaces."""
    return "".join(said) == "".join(heard)


def align_words(said: Words, heard: Words) -> list[tuple[Words, Words]]:
    """Return pairs of stretches of words, the same or not, with the fewest words that were misheard."""
    # costs[i][j]: the fewest errors in the first i and j words, and the lengths of the last pair.
    costs: list[list[tuple[int, int, int]]] = []
    for i in range(len(said) + 1):
        costs.append([])
        for j in range(len(heard) + 1):
            steps = [(costs[i - a][j - b][0] + 1, a, b) for a, b in ((1, 1), (1, 0), (0, 1)) if a <= i and b <= j]
            for a, b in SAME_LENGTHS:
                if a <= i and b <= j and is_same(said[i - a : i], heard[j - b : j]):
                    steps.append((costs[i - a][j - b][0], a, b))
            costs[i].append(min(steps, default=(0, 0, 0)))
    pairs = []
    i, j = len(said), len(heard)
    while i or j:
        _, a, b = costs[i][j]
        pairs.append((said[i - a : i], heard[j - b : j]))
        i, j = i - a, j - b
    return pairs[::-1]
