"""The training clips of HiFi-GAN: samples, their mel spectrogram, and a pitch for each frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import torch

from app.training.clips import VocoderClip, make_vocoder_clip, read_vocoder_clips, stack
from app.training.dataset import DatasetRecording
from app.training.spectrogram import PitchTrack, compute_mel_spectrogram
from app.voices.coqui_config import AudioConfig
from tests.training.recordings import make_tone

LAYOUT = AudioConfig(sample_rate=24000, fft_size=1200, win_length=1200, hop_length=300, mel_fmax=8000.0)


def test_a_clip_has_whole_hops_and_a_frame_for_each() -> None:
    samples = np.zeros(300 * 40 + 7, np.float32)
    samples[300 * 20] = 1
    one = make_vocoder_clip(samples, None, LAYOUT)
    assert one.frames == 40 and one.target.shape == (300 * 40,) and one.mel.shape == (80, 40)
    assert one.mel.sum(0).argmax() == 20
    assert one.target.argmax() == 300 * 20
    assert not one.pitch.any() and not one.voicing.any()


def test_cuts_keep_samples_mel_and_pitch_together() -> None:
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(300 * 30).astype(np.float32)
    track = PitchTrack(np.arange(30, dtype=np.float32), np.arange(30, dtype=np.float32) % 2)
    one = make_vocoder_clip(samples, track, LAYOUT)
    assert torch.equal(one.mel, compute_mel_spectrogram(torch.from_numpy(samples), LAYOUT))
    batch = stack([one.cut(start, 8) for start in (0, 5, 22)])
    assert batch.target.shape == (3, 2400) and batch.mel.shape == (3, 80, 8) and batch.frames == 8
    assert batch.pitch[:, 0].tolist() == [0, 5, 22]
    assert torch.equal(batch.target[2], one.target[22 * 300 :])
    assert one.cut(25, 8).frames == 5 and one.cut(25, 8).target.shape == (1500,)


def test_recordings_are_read_with_a_stored_or_a_measured_pitch(tmp_path: Path) -> None:
    for name in ("known", "unknown"):
        soundfile.write(tmp_path / f"{name}.flac", make_tone(1.0, 24000, pitch=200), 24000)
    np.savez(tmp_path / "pitch.npz", known=np.full(80, 400, np.float16))
    recordings = [DatasetRecording(name, "", None, tmp_path / f"{name}.flac") for name in ("known", "unknown")]

    def read(*, pitched: bool) -> list[VocoderClip]:
        return list(read_vocoder_clips(recordings, tmp_path, LAYOUT, pitched=pitched))

    known, unknown = read(pitched=True)
    assert known.pitch.eq(2).all() and known.voicing.eq(1).all()
    voiced = unknown.voicing > 0
    assert 30 < voiced.sum() < 50 and (unknown.pitch[voiced] - 1).abs().max() < 0.05
    assert not any(one.pitch.any() for one in read(pitched=False))


def test_predictions_follow_their_recordings(tmp_path: Path) -> None:
    for name in ("known", "unknown"):
        soundfile.write(tmp_path / f"{name}.flac", make_tone(1.0, 24000, pitch=200), 24000)
    recordings = [DatasetRecording(name, "", None, tmp_path / f"{name}.flac") for name in ("known", "unknown")]
    mel = torch.zeros(80, 10)
    whole, part, other = read_vocoder_clips(
        recordings, tmp_path, LAYOUT, lambda name, frames: (5, mel) if name == "known" else None, pitched=False
    )
    assert [one.recorded.item() for one in (whole, part, other)] == [1, 0, 1]
    assert part.mel is mel and torch.equal(part.target, whole.target[5 * 300 : 15 * 300]) and part.pitch.shape == (10,)
