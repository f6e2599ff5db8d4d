"""Compute mel spectrograms and pitch tracks: the pitch and voicing of each frame."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import librosa
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

MIN_MAGNITUDE = 1e-5
"""Magnitudes below this are raised to it before the logarithm."""


class MelConfig(Protocol):
    """Parameters of a mel spectrogram: frequencies in hertz, lengths in samples."""

    @property
    def sample_rate(self) -> int: ...
    @property
    def fft_size(self) -> int: ...
    @property
    def hop_length(self) -> int: ...
    @property
    def num_mels(self) -> int: ...
    @property
    def mel_fmin(self) -> float: ...
    @property
    def mel_fmax(self) -> float | None: ...


def compute_mel_spectrogram(samples: Tensor, config: MelConfig) -> Tensor:
    """Compute (n_mels, samples // hop) of (samples,): Hann window, magnitudes, Slaney bands, natural logarithm.

    The middle of frame n is sample n * hop.
    """
    size, hop = config.fft_size, config.hop_length
    padded = F.pad(samples[None, None], (size // 2, size // 2), mode="reflect")[0, 0]
    spectrum = torch.stft(padded, size, hop, size, torch.hann_window(size), center=False, return_complex=True)
    bands = librosa.filters.mel(
        sr=config.sample_rate, n_fft=size, n_mels=config.num_mels, fmin=config.mel_fmin, fmax=config.mel_fmax
    )
    frames = spectrum.abs()[:, : len(samples) // hop]
    return torch.log((torch.from_numpy(bands) @ frames).clamp(min=MIN_MAGNITUDE))


STORED_PITCH_RATE = 80.0
"""Values per second in a corpus' `pitch.npz`."""
MIN_VOICED_HZ = 40.0
"""Hz; frames up to this pitch are unvoiced."""
MIN_PITCH_HZ, MAX_PITCH_HZ = 60.0, 700.0
"""Range of measured pitch in Hz."""
WINDOW_SECONDS = 0.05
"""Three periods of the lowest pitch."""
PITCH_RESOLUTION = 0.2
"""Semitones between two candidates: as accurate as the usual 0.1, and three times as fast."""

Curve = npt.NDArray[np.float32]


class PitchTrack(NamedTuple):
    """Pitch and voicing of each frame, (T,), at the middle of the hop of samples that a vocoder makes of the frame."""

    pitch: Curve
    """log2(F0 / 100 Hz), interpolated where unvoiced."""
    voicing: Curve
    """0 or 1."""


def read_pitch(corpus: Path) -> dict[str, Curve]:
    """Read F0 in Hz by recording name, 0 if unvoiced, 80 values per second; empty without a `pitch.npz`."""
    path = corpus / "pitch.npz"
    if not path.exists():
        return {}
    with np.load(path) as pitches:
        return {name: pitches[name].astype(np.float32) for name in pitches.files}


def resample_track(hertz: Curve, layout: MelConfig, frames: int) -> PitchTrack:
    """Resample a stored pitch to the frames of a layout."""
    curve, voicing = interpolate_pitch(hertz)
    # A stored value, too, belongs to the middle of its 1/80 s.
    places = (np.arange(frames) + 0.5) * layout.hop_length / layout.sample_rate * STORED_PITCH_RATE - 0.5
    nearest = np.clip(np.rint(places), 0, len(hertz) - 1).astype(np.int64)
    return PitchTrack(np.interp(places, np.arange(len(hertz)), curve).astype(np.float32), voicing[nearest])


def measure_track(samples: Curve, layout: MelConfig, frames: int) -> PitchTrack:
    """Measure the pitch of a recording by probabilistic YIN (doi 10.1109/ICASSP.2014.6853678)."""
    hertz, _, _ = librosa.pyin(
        samples[layout.hop_length // 2 :],  # pyin centers frame n near sample n * hop
        sr=layout.sample_rate,
        fmin=MIN_PITCH_HZ,
        fmax=MAX_PITCH_HZ,
        frame_length=round(WINDOW_SECONDS * layout.sample_rate),
        hop_length=layout.hop_length,
        resolution=PITCH_RESOLUTION,
        fill_na=0.0,
    )
    return interpolate_pitch(hertz[:frames].astype(np.float32))


def interpolate_pitch(hertz: Curve) -> PitchTrack:
    """Convert Hz, 0 if unvoiced, to log2(F0 / 100 Hz) without gaps, and to voicing 0 or 1; (T,) each."""
    voiced = hertz > MIN_VOICED_HZ
    places = np.flatnonzero(voiced)
    if len(places) == 0:
        return PitchTrack(np.ones_like(hertz), voiced.astype(np.float32))
    curve = np.interp(np.arange(len(hertz)), places, np.log2(hertz[places] / 100))
    return PitchTrack(curve.astype(np.float32), voiced.astype(np.float32))
