"""Plan a corpus in portions, and write and read the files that list its clips."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.training.dataset import read_durations
from app.training.trainer import replace_file
from app.types import Emotion

PORTION_SECONDS = 60.0
"""Seconds of speech after which the next emotion has its turn and the lists are written."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording of the corpus."""

    name: str
    text: str
    spoken: str
    """The text as it is read."""
    emotion: Emotion
    symbols: str
    """espeak's phonemes that coqui's vocabulary knows."""
    seconds: list[float]
    """One value for each symbol; the sum is the recording's length."""
    pitch: npt.NDArray[np.float16]
    """Hz, 80 values a second, 0 where unvoiced."""

    @property
    def number(self) -> int:
        """Index of the text."""
        return int(self.name.rsplit("_", 1)[1])


@dataclass(frozen=True, slots=True)
class Portion:
    """What to record next of one emotion."""

    emotion: Emotion
    numbers: Sequence[int]
    """Indices of all texts not yet read in this emotion, in the order in which to read them."""
    seconds: float
    """Least length of the speech."""
    spectra_seconds: float
    """Length of the speech from its beginning for which to store spectra."""


def plan_portion(
    emotion: Emotion, clips: Sequence[Clip], texts: int, minutes: float, spectra_minutes: float
) -> Portion:
    """Return the next portion of an emotion; `clips` are those that there are, also of other emotions.

    All portions together are the same clips, however often the work was interrupted.
    """
    order = list(range(texts))
    random.Random(emotion.value).shuffle(order)
    own = [clip for clip in clips if clip.emotion is emotion]
    spoken = sum(sum(clip.seconds) for clip in own)
    start = order.index(own[-1].number) + 1 if own else 0
    return Portion(emotion, order[start:], min(PORTION_SECONDS, minutes * 60 - spoken), spectra_minutes * 60 - spoken)


def write_lists(folder: Path, clips: Sequence[Clip]) -> None:
    """Replace the lists of the texts, durations and pitch of all clips."""
    rows = [f"{clip.name}|{clip.text}|{clip.spoken}|{clip.emotion.value}\n" for clip in clips]
    timed = [{"name": clip.name, "symbols": clip.symbols, "seconds": clip.seconds} for clip in clips]
    lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in timed]
    pitches: dict[str, Any] = {clip.name: clip.pitch for clip in clips}
    partial = folder / "pitch.partial.npz"
    np.savez(partial, **pitches)
    partial.replace(folder / "pitch.npz")
    replace_file(folder / "durations.jsonl", "".join(lines).encode())
    # The last one decides which clips there are, so that an interruption leaves no clip without durations and pitch.
    replace_file(folder / "metadata.csv", "".join(rows).encode())


def read_lists(folder: Path) -> list[Clip]:
    """Return the clips that `write_lists` listed; none in a new folder."""
    if not (folder / "metadata.csv").exists():
        return []
    durations = dict(read_durations(folder / "durations.jsonl"))
    clips = []
    with np.load(folder / "pitch.npz") as pitches:
        for row in (folder / "metadata.csv").read_text(encoding="utf-8").splitlines():
            name, text, spoken, emotion = row.split("|")
            timed = durations[name]
            clips.append(Clip(name, text, spoken, Emotion(emotion), timed.symbols, list(timed.seconds), pitches[name]))
    return clips
