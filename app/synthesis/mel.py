"""Mel spectrograms between two models: normalized otherwise, and cut into stretches of frames."""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from app.errors import InvalidVoice
from app.voices import AudioConfig

LOG_BASE = {"np.log": math.e, "np.log10": 10.0}
ARRAY_PARTS = {"_reconstruct", "scalar", "ndarray", "dtype"}
"""The names that a pickled array is made of; whatever else a statistics file names is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Normalization:
    """One model's way to write a mel spectrogram, (1, n_mels, T)."""

    audio: AudioConfig
    mean: Tensor | None = None
    """(n_mels, 1), where the model was trained with statistics."""
    deviation: Tensor | None = None

    def undo(self, mel: Tensor) -> Tensor:
        """Model values -> gained logarithms, as coqui's `AudioProcessor.denormalize`."""
        audio = self.audio
        if not audio.signal_norm:
            return mel
        if self.mean is not None and self.deviation is not None:
            return mel * self.deviation + self.mean
        low = -audio.max_norm if audio.symmetric_norm else 0.0
        if audio.clip_norm:
            mel = mel.clamp(low, audio.max_norm)
        share = (mel - low) / (audio.max_norm - low)
        return share * -audio.min_level_db + audio.min_level_db + audio.ref_level_db

    def apply(self, mel: Tensor) -> Tensor:
        """Gained logarithms -> model values, as coqui's `AudioProcessor.normalize`."""
        audio = self.audio
        if not audio.signal_norm:
            return mel
        if self.mean is not None and self.deviation is not None:
            return (mel - self.mean) / self.deviation
        low = -audio.max_norm if audio.symmetric_norm else 0.0
        share = (mel - audio.ref_level_db - audio.min_level_db) / -audio.min_level_db
        mel = share * (audio.max_norm - low) + low
        return mel.clamp(low, audio.max_norm) if audio.clip_norm else mel

    def same_as(self, other: Normalization) -> bool:
        """Whether both write every mel spectrogram alike."""
        if self.mean is None or self.deviation is None or other.mean is None or other.deviation is None:
            return self.audio == other.audio and self.mean is other.mean
        return torch.equal(self.mean, other.mean) and torch.equal(self.deviation, other.deviation)

    @property
    def log_scale(self) -> float:
        """What a natural logarithm is multiplied by: the gain, over the base's own logarithm."""
        return self.audio.spec_gain / math.log(LOG_BASE[self.audio.log_func])


class MelConverter:
    """From an acoustic model's values to a vocoder's. Differences of logarithm and gain are converted as well."""

    def __init__(self, acoustic: Normalization, vocoder: Normalization) -> None:
        self.acoustic = acoustic
        self.vocoder = vocoder
        self.identical = acoustic.same_as(vocoder) or not (acoustic.audio.signal_norm or vocoder.audio.signal_norm)
        self.ratio = vocoder.log_scale / acoustic.log_scale

    def __call__(self, mel: Tensor) -> Tensor:
        """(1, n_mels, T) -> (1, n_mels, T)."""
        if self.identical and self.ratio == 1.0:
            return mel
        return self.vocoder.apply(self.acoustic.undo(mel) * self.ratio)


def read_normalization(audio: AudioConfig, folder: Path) -> Normalization:
    """A config's normalisation, with its statistics where it names some."""
    if audio.log_func not in LOG_BASE:
        raise InvalidVoice(f"log_func is {audio.log_func!r}; known are {', '.join(LOG_BASE)}.")
    if not audio.stats_path or not audio.signal_norm:
        return Normalization(audio)
    # coqui writes absolute paths of the training machine: only the file's name can be trusted.
    statistics = read_statistics(folder / Path(audio.stats_path).name)
    mean, deviation = (
        torch.from_numpy(np.asarray(statistics[key], np.float32).reshape(-1, 1)) for key in ("mel_mean", "mel_std")
    )
    return Normalization(audio, mean, deviation)


def read_statistics(path: Path) -> dict[str, Any]:
    """coqui's `scale_stats.npy`: a pickled dict of arrays and plain values, read without running code from it."""
    try:
        with path.open("rb") as file:
            major, _ = np.lib.format.read_magic(file)
            (np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0)(file)
            statistics = ArrayUnpickler(io.BytesIO(file.read())).load()
        statistics = statistics.item() if isinstance(statistics, np.ndarray) else statistics
        return {key: statistics[key] for key in ("mel_mean", "mel_std")}
    except (OSError, ValueError, KeyError, TypeError, EOFError, pickle.UnpicklingError) as error:
        raise InvalidVoice(f"The statistics {path} cannot be read: {error}.") from None


class ArrayUnpickler(pickle.Unpickler):
    """Knows the parts of a NumPy array, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every name that is not part of an array."""
        if name in ARRAY_PARTS and module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is not part of an array")


FIRST_FRAMES = 32
"""Of the first chunk where somebody waits: 0.4 seconds, which take a few milliseconds and last longer than the next."""
FRAME_STEP = 16
"""Lengths are padded to a multiple of it: a backend prepares itself anew for each length that it has not seen."""


def spans(frames: int, longest: int, soon: bool) -> Iterator[tuple[int, int]]:
    """Cut `frames` into stretches of nearly equal length, none above `longest`; with `soon` the first one is short."""
    first = FIRST_FRAMES if soon and frames > 2 * FIRST_FRAMES else 0
    count = -(-(frames - first) // longest)
    edges = [first + (frames - first) * number // max(1, count) for number in range(count + 1)]
    yield from pairwise([0, *edges] if first else edges)


def quiet_spans(mel: Tensor, longest: int) -> Iterator[tuple[int, int]]:
    """Cut a mel spectrogram (1, n_mels, T) at quiet frames into stretches of at most `longest` frames."""
    start, frames = 0, mel.shape[2]
    while frames - start > longest:
        half = start + longest // 2
        end = half + int(mel[0, :, half : start + longest].mean(0).argmin())
        yield start, end
        start = end
    yield start, frames


def padded(track: Tensor, step: int = FRAME_STEP) -> Tensor:
    """Zeros behind the last dimension, up to the next multiple of `step`."""
    return F.pad(track, (0, -track.shape[-1] % step))


def window(start: int, end: int, margin: int, frames: int, longest: int) -> tuple[int, int]:
    """The stretch that a network must see to make `start` to `end`, always as long as the longest where that fits.

    At the ends of the utterance it begins and stops with it, since the network's own padding is right there.
    """
    length = min(longest + 2 * margin, frames)
    first = min(max(0, start - margin), frames - length)
    return first, max(first + length, min(frames, end + margin))
