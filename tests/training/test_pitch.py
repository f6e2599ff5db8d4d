"""Pitch tracks, stored or measured: a value for each frame of any layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.training.spectrogram import interpolate_pitch, measure_track, read_pitch, resample_track
from app.voices.coqui_config import AudioConfig

LAYOUTS = [AudioConfig(sample_rate=24000, hop_length=300), AudioConfig(sample_rate=22050, hop_length=256)]


def test_pitch_is_interpolated_through_unvoiced_frames() -> None:
    curve, voicing = interpolate_pitch(np.array([0, 200, 0, 400, 0], np.float32))
    assert curve.tolist() == [1.0, 1.0, 1.5, 2.0, 2.0]
    assert voicing.tolist() == [0, 1, 0, 1, 0]
    assert interpolate_pitch(np.zeros(3, np.float32))[1].tolist() == [0, 0, 0]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_stored_pitch_is_resampled_to_the_frames(layout: AudioConfig) -> None:
    centres = (np.arange(80) + 0.5) / 80
    hertz = (100 * 2 ** (1 + centres)).astype(np.float32)  # an octave a second
    hertz[40:] = 0
    frames = layout.sample_rate // layout.hop_length
    track = resample_track(hertz, layout, frames)
    seconds = (np.arange(frames) + 0.5) * layout.hop_length / layout.sample_rate
    voiced = seconds < 0.5
    assert (track.voicing == voiced).all()
    inner = voiced & (seconds > 1 / 80) & (seconds < 0.5 - 1 / 80)
    np.testing.assert_allclose(track.pitch[inner], 1 + seconds[inner], atol=1e-3)
    np.testing.assert_allclose(track.pitch[~voiced], track.pitch[~voiced][0])
    assert track.pitch.dtype == track.voicing.dtype == np.float32


def test_the_stored_pitch_of_a_corpus_is_optional(tmp_path: Path) -> None:
    assert read_pitch(tmp_path) == {}
    np.savez(tmp_path / "pitch.npz", first=np.array([0, 220], np.float16))
    stored = read_pitch(tmp_path)
    assert stored["first"].tolist() == [0, 220] and stored["first"].dtype == np.float32


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_measured_pitch_matches_the_sound(layout: AudioConfig) -> None:
    rate = layout.sample_rate
    time = np.arange(rate) / rate
    hertz = 150 * 2 ** (time * 0.5)
    phase = np.cumsum(hertz) / rate * 2 * np.pi
    sound = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 9)) * 0.2
    sound[time > 0.7] = 0.01 * np.random.default_rng(0).standard_normal((time > 0.7).sum())
    frames = rate // layout.hop_length
    track = measure_track(sound.astype(np.float32), layout, frames)
    assert track.pitch.shape == track.voicing.shape == (frames,)
    places = (np.arange(frames) + 0.5) * layout.hop_length / rate
    assert track.voicing[(places > 0.05) & (places < 0.65)].mean() > 0.95
    assert track.voicing[places > 0.75].mean() < 0.1
    inner = (places > 0.05) & (places < 0.65)
    np.testing.assert_allclose(track.pitch[inner], np.log2(1.5) + 0.5 * places[inner], atol=0.02)
