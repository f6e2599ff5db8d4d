"""Mel spectrograms between two models that normalise them differently, as coqui's synthesizer converts them."""

from __future__ import annotations

import io
import math
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

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
