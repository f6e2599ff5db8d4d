"""Recordings with the spectra that a teacher computed for each of their frames: what Vocos learns from."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torch import Tensor

from app.errors import SetupError
from app.speech.vocos import VocosConfig
from app.training.pitch import pitch_curve
from app.training.spectrogram import mel_spectrogram

HELD_OUT = 16
"""Recordings that are only listened to."""

Predict = Callable[[str, int], tuple[int, Tensor] | None]
"""Name of a recording and its frames -> the first frame that a mel spectrogram (n_mels, T) was made of, and that."""


@dataclass(frozen=True, slots=True)
class Taught:
    """One recording, or a stretch of it."""

    mel: Tensor
    """(n_mels, T), log."""
    pitch: Tensor
    """(T,), log2(F0 / 100 Hz), interpolated where unvoiced."""
    voicing: Tensor
    """(T,), 0 or 1."""
    spectra: Tensor
    """(4, bins, T), as `SpectrumNetwork` gives them; half precision."""
    recorded: Tensor
    """(), 1 where the mel spectrogram is that of the sound, 0 where an acoustic model made it."""

    def cut(self, start: int, length: int) -> Taught:
        """Some frames of it."""
        part = slice(start, start + length)
        return replace(
            self,
            mel=self.mel[:, part],
            pitch=self.pitch[part],
            voicing=self.voicing[part],
            spectra=self.spectra[:, :, part],
        )


def read_taught(corpus: Path, config: VocosConfig, predict: Predict | None = None) -> list[Taught]:
    """All recordings of a corpus that have spectra, in an order that depends on nothing but their names.

    With `predict` each is followed by itself with the mel spectrogram that an acoustic model makes of it.
    """
    files = sorted((corpus / "spectra").glob("*.npy"))
    if len(files) <= HELD_OUT:
        raise SetupError(f"{corpus}/spectra holds {len(files)} recordings; more than {HELD_OUT} are needed.")
    random.Random(0).shuffle(files)
    with np.load(corpus / "pitch.npz") as pitches:
        taught = []
        for file in files:
            one = read_one(corpus, file, pitches[file.stem], config)
            taught.append(one)
            predicted = predict(file.stem, one.mel.shape[1]) if predict else None
            if predicted:
                start, mel = predicted
                taught.append(replace(one.cut(start, mel.shape[1]), mel=mel, recorded=torch.tensor(0.0)))
        return taught


def read_one(corpus: Path, file: Path, pitch: npt.NDArray[np.float16], config: VocosConfig) -> Taught:
    """One recording, as long as its spectra are."""
    spectra = np.load(file, allow_pickle=False)
    frames = spectra.shape[2]
    samples, rate = soundfile.read(corpus / "wavs" / f"{file.stem}.flac", dtype="float32")
    if rate != config.sample_rate or spectra.shape[:2] != (4, config.bins):
        raise SetupError(
            f"{file.stem}: {rate} Hz and spectra of {spectra.shape[:2]} do not fit a vocoder of "
            f"{config.sample_rate} Hz and {config.bins} bins."
        )
    mel = mel_spectrogram(torch.from_numpy(samples[: frames * config.hop_length]), config)
    curve, voicing = pitch_curve(pitch[:frames].astype(np.float32))
    return Taught(
        mel, torch.from_numpy(curve), torch.from_numpy(voicing), torch.from_numpy(spectra), recorded=torch.tensor(1.0)
    )


def stack(parts: Sequence[Taught]) -> Taught:
    """Stretches of one length as a batch: a dimension more in front, single precision."""
    return Taught(
        torch.stack([part.mel for part in parts]).float(),
        torch.stack([part.pitch for part in parts]),
        torch.stack([part.voicing for part in parts]),
        torch.stack([part.spectra for part in parts]).float(),
        torch.stack([part.recorded for part in parts]),
    )
