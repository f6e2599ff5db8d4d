"""A corpus with known durations -> what an acoustic model learns from: token ids, mel spectrogram, frames a token."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch import Tensor

from app.errors import SetupError
from app.plan import Emotion
from app.speech.tokens import Tokenizer
from app.training.spectrogram import MelConfig, mel_spectrogram

SILENCE_DB = -50.0
"""Level under the loudest frame that counts as silence at both ends."""
KEPT_LEAD, KEPT_TAIL = 3, 8
"""Frames of it that stay."""
SHORTEST_SECONDS = 0.02
"""What a symbol keeps of itself when silence is cut from it."""
FOLD = 2
"""GlowTTS folds so many frames into one: lengths are multiples of it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording."""

    ids: Tensor
    """(tokens,)."""
    mel: Tensor
    """(n_mels, T), half precision."""
    frames: npt.NDArray[np.int64]
    """(tokens,), at least one each, sum T."""
    emotion: Emotion


def read_clips(corpus: Path, tokenizer: Tokenizer, layout: MelConfig) -> list[Clip]:
    """All clips of a corpus as `scripts/corpus` lays it out, but those too short for their symbols."""
    lines = (corpus / "durations.jsonl").read_text(encoding="utf-8").splitlines()
    durations = {row["name"]: row for row in map(json.loads, lines)}
    with (corpus / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row[0], row[-1]) for row in csv.reader(file, delimiter="|", quoting=csv.QUOTE_NONE)]
    found = (read_clip(corpus, name, Emotion(label), durations[name], tokenizer, layout) for name, label in rows)
    return [clip for clip in found if clip is not None]


def read_clip(
    corpus: Path, name: str, emotion: Emotion, known: dict[str, Any], tokenizer: Tokenizer, layout: MelConfig
) -> Clip | None:
    """One clip without the silence at its ends."""
    samples, rate = soundfile.read(corpus / "wavs" / f"{name}.flac", dtype="float32")
    if rate != layout.sample_rate:
        raise SetupError(f"{name} has {rate} Hz; the voice has {layout.sample_rate}.")
    total = len(samples) // layout.hop_length
    samples = samples[: total * layout.hop_length]
    start, end = sounding(samples, layout.hop_length)
    frame_rate = layout.sample_rate / layout.hop_length
    seconds = without_ends(known["seconds"], start / frame_rate, (total - end) / frame_rate)
    frames = whole_frames(seconds, end - start)
    tokens = tokenizer.look_up(known["symbols"])
    if frames is None or len(tokens.ids) != len(frames):
        return None
    mel = mel_spectrogram(torch.from_numpy(samples), layout)[:, start:end].half()
    return Clip(torch.tensor(tokens.ids), mel, frames, emotion)


def sounding(samples: npt.NDArray[np.float32], hop_length: int) -> tuple[int, int]:
    """First and last frame (exclusive) worth keeping; both even, as is what lies between."""
    level = np.sqrt((samples.reshape(-1, hop_length) ** 2).mean(1))
    loud = np.flatnonzero(level > level.max() * 10 ** (SILENCE_DB / 20))
    if len(loud) == 0:
        return 0, len(level) // FOLD * FOLD
    start = max(0, int(loud[0]) - KEPT_LEAD) // FOLD * FOLD
    end = min(len(level), int(loud[-1]) + 1 + KEPT_TAIL)
    return start, start + (end - start) // FOLD * FOLD


def without_ends(seconds: list[float], lead: float, tail: float) -> npt.NDArray[np.float64]:
    """Durations after so many seconds were cut from both ends."""
    left = np.array(seconds, np.float64)
    for cut, order in ((lead, range(len(left))), (tail, reversed(range(len(left))))):
        for place in order:
            taken = min(cut, max(0.0, left[place] - SHORTEST_SECONDS))
            left[place] -= taken
            cut -= taken
    return left


def whole_frames(seconds: npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64] | None:
    """Whole frames, at least one each, sum `total`; None where there are more symbols than frames."""
    count = len(seconds)
    if total < count:
        return None
    edges = np.round(np.cumsum(seconds) / seconds.sum() * total).astype(np.int64)
    # Every symbol ends at least one frame behind the one before it, and leaves one for each behind it.
    least = np.arange(1, count + 1)
    edges = np.maximum.accumulate(np.maximum(edges - least, 0)) + least
    edges = np.minimum(edges, total - least[::-1] + 1)
    edges[-1] = total
    frames: npt.NDArray[np.int64] = np.diff(edges, prepend=0)
    return frames
