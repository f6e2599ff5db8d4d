"""Convert mel spectrograms between the normalizations of two models, and cut them into spans of frames."""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from app.errors import InvalidVoice
from app.inference import AnyArray, Array
from app.voices import AudioConfig

LOG_BASE = {"np.log": math.e, "np.log10": 10.0}
ARRAY_PARTS = {"_reconstruct", "scalar", "ndarray", "dtype"}
"""Names that a pickled array refers to; a statistics file with any other name is refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Normalization:
    """A model's normalization of mel spectrograms, (1, n_mels, T)."""

    audio: AudioConfig
    mean: Array | None = None
    """(n_mels, 1); None if the model was trained without statistics."""
    deviation: Array | None = None

    def undo(self, mel: Array) -> Array:
        """Convert model values to log magnitudes, gain included, like coqui's `AudioProcessor.denormalize`."""
        audio = self.audio
        if not audio.signal_norm:
            return mel
        if self.mean is not None and self.deviation is not None:
            return mel * self.deviation + self.mean
        low = -audio.max_norm if audio.symmetric_norm else 0.0
        if audio.clip_norm:
            mel = np.clip(mel, low, audio.max_norm)
        share = (mel - low) / (audio.max_norm - low)
        return share * -audio.min_level_db + audio.min_level_db + audio.ref_level_db

    def apply(self, mel: Array) -> Array:
        """Convert log magnitudes, gain included, to model values, like coqui's `AudioProcessor.normalize`."""
        audio = self.audio
        if not audio.signal_norm:
            return mel
        if self.mean is not None and self.deviation is not None:
            return (mel - self.mean) / self.deviation
        low = -audio.max_norm if audio.symmetric_norm else 0.0
        share = (mel - audio.ref_level_db - audio.min_level_db) / -audio.min_level_db
        mel = share * (audio.max_norm - low) + low
        return np.clip(mel, low, audio.max_norm) if audio.clip_norm else mel

    def same_as(self, other: Normalization) -> bool:
        """Return whether both give the same values for every mel spectrogram."""
        if self.mean is None or self.deviation is None or other.mean is None or other.deviation is None:
            return replace(self.audio, sample_rate=other.audio.sample_rate) == other.audio and self.mean is other.mean
        return np.array_equal(self.mean, other.mean) and np.array_equal(self.deviation, other.deviation)

    @property
    def log_scale(self) -> float:
        """Factor on the natural logarithm: the gain divided by the natural logarithm of the base."""
        return self.audio.spec_gain / math.log(LOG_BASE[self.audio.log_func])


class MelConverter:
    """Conversion of an acoustic model's mel spectrogram to a vocoder's: normalization, logarithm, gain, frame rate."""

    def __init__(self, acoustic: Normalization, vocoder: Normalization) -> None:
        self.acoustic = acoustic
        self.vocoder = vocoder
        self.identical = acoustic.same_as(vocoder) or not (acoustic.audio.signal_norm or vocoder.audio.signal_norm)
        self.ratio = vocoder.log_scale / acoustic.log_scale
        self.stretch = vocoder.audio.sample_rate / acoustic.audio.sample_rate

    def __call__(self, mel: Array) -> Array:
        """Convert a mel spectrogram, (1, n_mels, T) -> (1, n_mels, T * stretch)."""
        if not (self.identical and self.ratio == 1.0):
            mel = self.vocoder.apply(self.acoustic.undo(mel) * self.ratio)
        return mel if self.stretch == 1.0 else interpolate_frames(mel, self.stretch)


def interpolate_frames(mel: Array, stretch: float) -> Array:
    """Change the number of frames by linear interpolation, (1, n_mels, T) -> (1, n_mels, floor(T * stretch)).

    This is coqui's `interpolate_vocoder_input`, by which a vocoder works at another rate than the acoustic model.
    """
    frames = mel.shape[2]
    count = max(1, math.floor(frames * stretch))
    places = np.maximum((np.arange(count) + 0.5) * (frames / count) - 0.5, 0)
    first = places.astype(np.int64)
    share = (places - first).astype(np.float32)
    between: Array = mel[..., first] * (1 - share) + mel[..., np.minimum(first + 1, frames - 1)] * share
    return between


def stretch_durations(durations: Sequence[int], stretch: float) -> tuple[int, ...]:
    """Return durations in whole frames of another rate; each end is rounded, so that errors do not add up."""
    ends = np.round(np.cumsum([0, *durations]) * stretch).astype(int)
    return tuple(np.diff(ends).tolist())


def read_normalization(audio: AudioConfig, folder: Path) -> Normalization:
    """Read the normalization of a config, with its statistics file if it names one."""
    if audio.log_func not in LOG_BASE:
        raise InvalidVoice(f"log_func is {audio.log_func!r}; known are {', '.join(LOG_BASE)}.")
    if not audio.stats_path or not audio.signal_norm:
        return Normalization(audio)
    # coqui writes absolute paths of the training machine: only the file name is usable.
    statistics = read_statistics(folder / Path(audio.stats_path).name)
    mean, deviation = (np.asarray(statistics[key], np.float32).reshape(-1, 1) for key in ("mel_mean", "mel_std"))
    return Normalization(audio, mean, deviation)


def read_statistics(path: Path) -> dict[str, Any]:
    """Read coqui's `scale_stats.npy`, a pickled dict of arrays and plain values, without running code from it."""
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
    """Unpickler that accepts NumPy arrays and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every name that is not part of an array."""
        if name in ARRAY_PARTS and module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"it names {module}.{name}, which is not part of an array")


FIRST_FRAMES = 32
"""Frames of the first chunk for a waiting reader: 0.4 s, made in a few ms; it plays longer than the next one takes."""
FRAME_STEP = 16
"""Lengths are padded to a multiple of this, because a backend prepares itself for each new length."""


def split_frames(frames: int, longest: int, low_latency: bool) -> Iterator[tuple[int, int]]:
    """Divide `frames` into spans of nearly equal length, at most `longest`; with `low_latency` the first is short."""
    first = FIRST_FRAMES if low_latency and frames > 2 * FIRST_FRAMES else 0
    count = -(-(frames - first) // longest)
    edges = [first + (frames - first) * number // max(1, count) for number in range(count + 1)]
    yield from pairwise([0, *edges] if first else edges)


def split_at_quiet_frames(mel: Array, longest: int) -> Iterator[tuple[int, int]]:
    """Divide a mel spectrogram (1, n_mels, T) at quiet frames into spans of at most `longest` frames."""
    start, frames = 0, mel.shape[2]
    while frames - start > longest:
        half = start + longest // 2
        end = half + int(mel[0, :, half : start + longest].mean(0).argmin())
        yield start, end
        start = end
    yield start, frames


def pad_to_multiple(track: AnyArray) -> AnyArray:
    """Pad the last dimension with zeros to the next multiple of `FRAME_STEP`."""
    return pad_frames(track, 0, -track.shape[-1] % FRAME_STEP)


def pad_frames(
    track: AnyArray, before: int, after: int, mode: Literal["constant", "edge", "reflect"] = "constant"
) -> AnyArray:
    """Pad the last dimension with zeros, with the values at its ends, or with their reflection."""
    return np.pad(track, [(0, 0)] * (track.ndim - 1) + [(before, after)], mode) if before or after else track


def find_input_span(start: int, end: int, margin: int, frames: int, longest: int) -> tuple[int, int]:
    """Return the span of input frames for the output frames `start` to `end`.

    It has `longest` + 2 * `margin` frames, or all frames of a shorter utterance. It stops at the ends of the utterance,
    because the network's own padding is correct there.
    """
    length = min(longest + 2 * margin, frames)
    first = min(max(0, start - margin), frames - length)
    return first, max(first + length, min(frames, end + margin))


LINEAR_MELS, LINEAR_HZ, LOG_STEP = 15.0, 1000.0, math.log(6.4) / 27
"""Slaney's mel scale: linear up to 1 kHz, with a band every 200 / 3 Hz, and logarithmic above."""


def compute_mel_centres(num_mels: int, fmin: float, fmax: float) -> AnyArray:
    """Return the middle frequencies of Slaney mel bands in hertz, (n_mels,), in double precision."""
    low, high = (
        hertz * LINEAR_MELS / LINEAR_HZ if hertz < LINEAR_HZ else LINEAR_MELS + math.log(hertz / LINEAR_HZ) / LOG_STEP
        for hertz in (fmin, fmax)
    )
    mels = np.linspace(low, high, num_mels + 2)[1:-1]
    linear = mels * LINEAR_HZ / LINEAR_MELS
    return np.where(mels < LINEAR_MELS, linear, LINEAR_HZ * np.exp(LOG_STEP * (mels - LINEAR_MELS)))
