"""Recordings -> what a HiFi-GAN learns from: samples, mel spectrogram and, for a harmonic source, pitch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from app.training.dataset import Recording, read_sound
from app.training.pitch import Curve, PitchTrack, measured_track, resampled_track, stored_pitch
from app.training.spectrogram import MelConfig, mel_spectrogram


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording, a stretch of it, or a batch of such stretches."""

    samples: Tensor
    """(T * hop,)."""
    mel: Tensor
    """(n_mels, T), log."""
    pitch: Tensor
    """(T,), log2(F0 / 100 Hz), interpolated where unvoiced."""
    voicing: Tensor
    """(T,), 0 or 1."""

    @property
    def frames(self) -> int:
        """T."""
        return self.mel.shape[-1]

    def cut(self, start: int, frames: int) -> Utterance:
        """Some frames of it, or as many as there are."""
        part, hop = slice(start, start + frames), len(self.samples) // self.frames
        samples = self.samples[start * hop : (start + frames) * hop]
        return Utterance(samples, self.mel[:, part], self.pitch[part], self.voicing[part])


def read_utterances(
    recordings: Iterable[Recording], corpus: Path, layout: MelConfig, *, pitched: bool
) -> Iterator[Utterance]:
    """All recordings; with `pitched` their pitch is that of the corpus' `pitch.npz`, or measured."""
    stored = stored_pitch(corpus) if pitched else {}
    for recording in recordings:
        samples = read_sound(recording.sound, layout.sample_rate)
        frames = len(samples) // layout.hop_length
        track = None
        if recording.name in stored:
            track = resampled_track(stored[recording.name], layout, frames)
        elif pitched:
            track = measured_track(samples, layout, frames)
        yield utterance(samples, track, layout)


def utterance(samples: Curve, track: PitchTrack | None, layout: MelConfig) -> Utterance:
    """One recording (samples,), its pitch for each whole hop where it is needed; zeros stand elsewhere."""
    hop = layout.hop_length
    frames = len(samples) // hop
    whole = torch.from_numpy(samples[: frames * hop])
    mel = mel_spectrogram(whole, layout)
    if track is None:
        return Utterance(whole, mel, torch.zeros(frames), torch.zeros(frames))
    return Utterance(whole, mel, torch.from_numpy(track.pitch), torch.from_numpy(track.voicing))


def stack(parts: Sequence[Utterance]) -> Utterance:
    """Stretches of one length as a batch: a dimension more in front."""
    return Utterance(
        torch.stack([part.samples for part in parts]),
        torch.stack([part.mel for part in parts]),
        torch.stack([part.pitch for part in parts]),
        torch.stack([part.voicing for part in parts]),
    )
