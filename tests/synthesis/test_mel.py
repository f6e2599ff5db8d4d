"""Normalisation of mel spectrograms: results equal coqui's AudioProcessor, without its pickles."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from app.errors import InvalidVoice
from app.synthesis.coqui import build_coqui_config
from app.synthesis.mel import MelConverter, Normalization, read_normalization
from app.voices import AudioConfig

NATURAL: dict[str, Any] = {"signal_norm": False, "log_func": "np.log", "spec_gain": 1.0}
GRID = [
    {"symmetric_norm": symmetric, "clip_norm": clip, "max_norm": limit, "min_level_db": low, "ref_level_db": reference}
    for symmetric, clip, limit, (low, reference) in itertools.product(
        (True, False), (True, False), (4.0, 1.0), ((-100, 20), (-80, 0))
    )
]


def build_processor(audio: dict[str, Any], stats_path: Path | None = None) -> Any:
    """Build coqui's own AudioProcessor for an audio config."""
    from TTS.utils.audio import AudioProcessor

    config = build_coqui_config({"model": "tacotron2"}, [])
    config.audio.from_dict({**audio, "stats_path": str(stats_path) if stats_path else None})
    return AudioProcessor(config.audio)


def make_mel(seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(-20, 30, (1, 80, 11)).astype(np.float32)


@pytest.mark.parametrize("audio", [*GRID, NATURAL])
def test_values_are_normalised_as_coqui_does(audio: dict[str, Any]) -> None:
    ours, theirs = Normalization(AudioConfig.from_dict(audio)), build_processor(audio)
    values = make_mel()
    np.testing.assert_allclose(ours.apply(values)[0], theirs.normalize(values[0]), atol=1e-4)
    small = values / 20
    np.testing.assert_allclose(ours.undo(small)[0], theirs.denormalize(small[0]), atol=1e-3)


def write_statistics(path: Path, audio: dict[str, Any], seed: int = 0) -> None:
    """Write statistics in the format of coqui's compute_statistics."""
    random = np.random.default_rng(seed)
    statistics = {
        "mel_mean": random.normal(size=80).astype(np.float32),
        "mel_std": random.uniform(0.5, 2, size=80).astype(np.float32),
        "linear_mean": np.zeros(513, np.float32),
        "linear_std": np.ones(513, np.float32),
        "audio_config": {"signal_norm": True, "num_mels": 80, "sample_rate": 22050, **audio},
    }
    np.save(path, statistics, allow_pickle=True)  # type: ignore[arg-type]


def test_statistics_are_applied_as_coqui_does(tmp_path: Path) -> None:
    write_statistics(tmp_path / "scale_stats.npy", {})
    audio = {"signal_norm": True, "stats_path": "/training/machine/scale_stats.npy"}
    ours = read_normalization(AudioConfig.from_dict(audio), tmp_path)
    theirs = build_processor({"signal_norm": True}, tmp_path / "scale_stats.npy")
    values = make_mel()
    np.testing.assert_allclose(ours.apply(values)[0], theirs.normalize(values[0]), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(ours.undo(values)[0], theirs.denormalize(values[0]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_statistics_of_two_models_are_converted_as_coqui_does(tmp_path: Path, seed: int) -> None:
    converted = []
    for name, own_seed in (("acoustic", 0), ("vocoder", seed)):
        (tmp_path / name).mkdir()
        write_statistics(tmp_path / name / "scale_stats.npy", {}, own_seed)
        audio = AudioConfig.from_dict({"signal_norm": True, "stats_path": "scale_stats.npy"})
        converted.append(read_normalization(audio, tmp_path / name))
    theirs = [
        build_processor({"signal_norm": True}, tmp_path / name / "scale_stats.npy") for name in ("acoustic", "vocoder")
    ]
    values = make_mel() / 20
    expected = theirs[1].normalize(theirs[0].denormalize(values[0]))
    np.testing.assert_allclose(MelConverter(*converted)(values)[0], expected, rtol=1e-4, atol=1e-4)


class MaliciousPickle:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, (f"open({str(self.path)!r}, 'w').close()",)


def test_statistics_that_would_run_code_are_refused_without_running_it(tmp_path: Path) -> None:
    file = tmp_path / "scale_stats.npy"
    np.save(file, {"mel_mean": MaliciousPickle(tmp_path / "executed")}, allow_pickle=True)  # type: ignore[arg-type]
    with pytest.raises(InvalidVoice, match="not part of an array"):
        read_normalization(AudioConfig(stats_path="scale_stats.npy"), tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x93NUMPY\x01\x00\x05\x00{}"])
def test_damaged_statistics_are_refused_by_file_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "scale_stats.npy").write_bytes(content)
    with pytest.raises(InvalidVoice, match=r"scale_stats\.npy"):
        read_normalization(AudioConfig(stats_path="scale_stats.npy"), tmp_path)


def test_equal_normalisations_return_the_same_values() -> None:
    same = Normalization(AudioConfig.from_dict(NATURAL))
    values = make_mel()
    assert MelConverter(same, Normalization(AudioConfig.from_dict(NATURAL)))(values) is values


def test_a_difference_of_normalisation_is_converted_as_coquis_synthesizer_does() -> None:
    gain = {"log_func": "np.log10", "spec_gain": 20.0}
    left, right = {"signal_norm": True, **gain}, {"signal_norm": True, "max_norm": 1.0, "symmetric_norm": False, **gain}
    values = make_mel() / 20
    expected = build_processor(right).normalize(build_processor(left).denormalize(values[0]))
    converter = MelConverter(*(Normalization(AudioConfig.from_dict(audio)) for audio in (left, right)))
    np.testing.assert_allclose(converter(values)[0], expected, atol=1e-4)


def test_a_difference_of_logarithm_and_gain_is_converted() -> None:
    amplitude = np.random.default_rng(0).random((1, 80, 5)) + 0.01
    decibels = Normalization(AudioConfig.from_dict({**NATURAL, "log_func": "np.log10", "spec_gain": 20.0}))
    converter = MelConverter(decibels, Normalization(AudioConfig.from_dict(NATURAL)))
    np.testing.assert_allclose(converter(20 * np.log10(amplitude)), np.log(amplitude), atol=1e-5, rtol=1e-5)


def test_an_unknown_logarithm_is_refused() -> None:
    with pytest.raises(InvalidVoice, match=r"np\.log2"):
        read_normalization(AudioConfig(log_func="np.log2"), Path())
