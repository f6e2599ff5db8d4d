"""An acoustic model and a vocoder of different rates and statistics work together as in coqui's synthesizer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.errors import InvalidVoice
from app.inference.pytorch import TorchBackend
from app.planning.planner import Planner
from app.synthesis.coqui import create_generator
from app.synthesis.loader import Loader, convert_mel
from app.synthesis.mel import stretch_durations
from app.synthesis.models.acoustic import Mel
from app.types import Emotion
from app.voices import open_voice
from tests.speaking import join_chunks, make_utterance, running_engine, speak
from tests.tiny_voice import GENERATORS, change, save, write_acoustic

RELEASED_AUDIO = {
    **{"fft_size": 1024, "win_length": 1024, "hop_length": 256, "frame_length_ms": None, "frame_shift_ms": None},
    **{"preemphasis": 0.0, "ref_level_db": 0, "do_trim_silence": True, "trim_db": 60, "power": 1.5},
    **{"griffin_lim_iters": 60, "num_mels": 80, "mel_fmin": 50.0, "mel_fmax": 7600.0, "spec_gain": 1.0},
    **{"signal_norm": True, "min_level_db": -100, "symmetric_norm": True, "max_norm": 4.0, "clip_norm": True},
    "log_func": "np.log10",
}
"""Audio of the releases tacotron2-DCA and fullband-melgan, apart from the rate and the path of the statistics."""


def write_statistics(path: Path, seed: int) -> None:
    chance = np.random.default_rng(seed)
    values = {"mel_mean": chance.normal(-2, 1, 80), "mel_std": chance.uniform(0.5, 2, 80)}
    np.save(
        path, {**values, "linear_mean": np.zeros(2), "linear_std": np.ones(2), "audio_config": {}}, allow_pickle=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a Tacotron2-DCA at 22,050 Hz and a full-band MelGAN at 24,000 Hz, as their releases have them."""
    audio = {**RELEASED_AUDIO, "sample_rate": 22050, "stats_path": "/home/erogol/scale_stats.npy"}
    write_acoustic(tmp_path / "tts", "tacotron2", audio=audio)
    write_statistics(tmp_path / "tts" / "scale_stats.npy", 1)
    (tmp_path / "vocoder").mkdir()
    values = {
        "generator_model": "fullband_melgan_generator",
        "generator_model_params": GENERATORS["fullband_melgan"],
        "audio": {**RELEASED_AUDIO, "sample_rate": 24000, "stats_path": "/data/scale_stats.npy"},
    }
    (tmp_path / "vocoder" / "config.json").write_text(json.dumps(values))
    write_statistics(tmp_path / "vocoder" / "scale_stats.npy", 2)
    torch.manual_seed(0)
    save(create_generator("fullband_melgan", values).state_dict(), tmp_path / "vocoder" / "model.pth")
    files: dict[str, Any] = {
        "schema": 1,
        "name": "dca",
        "sample_rate": 24000,
        "checkpoints": {"main": {"model": "tts/model.pth", "config": "tts/config.json", "architecture": "tacotron2"}},
        "vocoders": {
            "main": {
                "model": "vocoder/model.pth",
                "config": "vocoder/config.json",
                "architecture": "fullband_melgan",
            }
        },
        "emotions": {"neutral": {"checkpoint": "main", "vocoder": "main"}},
    }
    (tmp_path / "voice.json").write_text(json.dumps(files))
    return tmp_path


def test_the_samples_are_those_of_coquis_synthesizer(folder: Path) -> None:
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.utils.audio import AudioProcessor
    from TTS.vocoder.utils.generic_utils import interpolate_vocoder_input

    processors = []
    for part in ("tts", "vocoder"):
        audio = json.loads((folder / part / "config.json").read_text())["audio"]
        config = BaseAudioConfig()
        config.from_dict({**audio, "stats_path": str(folder / part / "scale_stats.npy")})
        processors.append(AudioProcessor(config))
    speaker = Loader(open_voice(folder), TorchBackend()).load_speaker({Emotion.NEUTRAL: 1.0})
    frames = np.random.default_rng(3).normal(0, 1, (1, 80, 41)).astype(np.float32)
    normalized = processors[1].normalize(processors[0].denormalize(frames[0]))
    mel = interpolate_vocoder_input([1, 24000 / 22050], normalized.astype(np.float32))
    converted = convert_mel(Mel(frames, tuple([1] * 41)), speaker.convert)
    np.testing.assert_allclose(converted.frames, mel.numpy(), atol=2e-5, rtol=1e-4)
    assert sum(converted.durations or ()) == mel.shape[2] == 44
    values = json.loads((folder / "vocoder" / "config.json").read_text())
    generator = create_generator("fullband_melgan", values)
    generator.load_state_dict(torch.load(folder / "vocoder" / "model.pth", weights_only=True)["model"])
    expected = generator.eval().inference(mel)[0, 0, 2 * 256 : -2 * 256]  # type: ignore[operator]
    samples = join_chunks(speaker.vocoder, converted.frames)
    np.testing.assert_allclose(samples, expected.numpy(), atol=1e-5)


def test_the_voice_speaks_and_its_plan_warns(folder: Path) -> None:
    voice = open_voice(folder)
    with running_engine() as engine:
        assert len(speak(engine, voice, make_utterance("Hello there.")).samples) > 0
    planner = Planner(lambda name: voice.abilities)
    planner.report_interpolation(voice.abilities)
    planner.report_interpolation(voice.abilities)
    (warning,) = planner.warnings.values()
    assert warning.code == "rates_interpolated" and "22050 Hz" in warning.detail and "24000 Hz" in warning.detail


def test_a_rate_that_is_not_the_vocoders_is_refused_with_both_values(folder: Path) -> None:
    change(folder / "voice.json", sample_rate=22050)
    with pytest.raises(InvalidVoice, match=r"says 22050 Hz, vocoder main says 24000 Hz"):
        open_voice(folder)


def test_another_number_of_samples_per_frame_is_refused_with_both_values(folder: Path) -> None:
    change(folder / "vocoder" / "config.json", generator_model_params={"upsample_factors": [8, 8, 2]})
    with pytest.raises(InvalidVoice, match="hop_length is 256, but upsample_factors make 128 samples"):
        open_voice(folder)


def test_stretched_durations_keep_their_ends() -> None:
    stretched = stretch_durations([1] * 100, 24000 / 22050)
    assert sum(stretched) == round(100 * 24000 / 22050) and set(stretched) == {1, 2}
