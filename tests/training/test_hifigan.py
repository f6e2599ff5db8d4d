"""Training of vocoders on sound: new generators, learning, resuming, and export to the service."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from app.errors import SetupError
from app.inference.pytorch import TorchBackend
from app.synthesis.loader import Loader
from app.synthesis.models.vocos import VocosSourceGenerator
from app.synthesis.networks import compile_generator, compile_hifigan_source
from app.training import hifigan
from app.training import hifigan as hifigan_source
from app.training.clips import VocoderClip, read_vocoder_clips
from app.training.dataset import DatasetRecording
from app.training.hifigan import HifiganSourceTask, HifiganTask, Stages, VocosSoundTask
from app.training.losses import SpectralDistances
from app.training.settings import ModelKind, TrainingSettings
from app.training.vocoders import UPSAMPLING, create_hifigan, make_hifigan_config
from app.voices import open_voice
from app.voices.coqui_config import AudioConfig
from app.voices.voice import read_vocoder_audio
from tests.speaking import join_chunks
from tests.synthesis.test_nsf import CONFIG as SOURCE_CONFIG
from tests.tiny_voice import change, write_tiny_voice
from tests.training.recordings import make_tone

MODELS = (ModelKind.HIFIGAN_V2, ModelKind.HIFIGAN_SOURCE)
ALL_MODELS = (*MODELS, ModelKind.VOCOS_SOURCE)
LAYOUT = AudioConfig(mel_fmax=8000.0, signal_norm=False, log_func="np.log", spec_gain=1.0)
LAYOUTS = {256: LAYOUT, 300: replace(LAYOUT, sample_rate=24000, fft_size=1200, win_length=1200, hop_length=300)}
TINY = {"upsample_initial_channel": 16, "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]]}
CLIPS = 12
ALL_AT_ONCE = Stages()


def make_tiny_config(model: ModelKind, layout: AudioConfig = LAYOUT) -> dict[str, Any]:
    """Return the config of a narrow generator."""
    if model is ModelKind.VOCOS_SOURCE:
        audio = {"sample_rate": 22050, "fft_size": 1024, "hop_length": 256, "num_mels": 80}
        network = {"channels": 16, "blocks": 1, "pitch_channels": 8}
        return {"audio": {**audio, "mel_fmin": 0, "mel_fmax": 8000}, "network": network}
    config = copy.deepcopy(make_hifigan_config(model, layout))
    config["generator" if model is ModelKind.HIFIGAN_SOURCE else "generator_model_params"] |= TINY
    if model is ModelKind.HIFIGAN_SOURCE:
        config["pitch"]["channels"] = 8
    return config


@pytest.fixture(scope="module")
def utterances(tmp_path_factory: pytest.TempPathFactory) -> list[VocoderClip]:
    """Read a dozen recordings of a buzz, each with its own pitch, which the corpus stores."""
    corpus = tmp_path_factory.mktemp("corpus")
    recordings, pitch = [], {}
    for number in range(CLIPS):
        name, hertz = f"clip_{number:02d}", 150 + 10 * number
        soundfile.write(corpus / f"{name}.wav", make_tone(1.4, pitch=hertz), 22050)
        pitch[name] = np.full(112, hertz, np.float16)
        pitch[name][[*range(16), *range(88, 112)]] = 0
        recordings.append(DatasetRecording(name, "", None, corpus / f"{name}.wav"))
    np.savez(corpus / "pitch.npz", **pitch)
    return list(read_vocoder_clips(recordings, corpus, LAYOUT, pitched=True))


def make_task(
    utterances: list[VocoderClip], model: ModelKind, stages: Stages = ALL_AT_ONCE, seed: int = 1, batch_size: int = 2
) -> HifiganTask:
    torch.manual_seed(0)
    config = make_tiny_config(model)
    settings = TrainingSettings(model=model, batch_size=batch_size, seed=seed)
    if model is ModelKind.VOCOS_SOURCE:
        return VocosSoundTask(VocosSourceGenerator(config), config, utterances, settings, stages)
    kind = HifiganSourceTask if model is ModelKind.HIFIGAN_SOURCE else HifiganTask
    return kind(create_hifigan(config), config, utterances, settings, stages)


@pytest.mark.parametrize(("model", "millions"), [(ModelKind.HIFIGAN_V1, 13.92), (ModelKind.HIFIGAN_V2, 0.92)])
def test_published_generators_have_their_published_size(model: ModelKind, millions: float) -> None:
    generator = create_hifigan(make_hifigan_config(model, LAYOUT))
    generator.remove_weight_norm()
    assert sum(one.numel() for one in generator.parameters()) == pytest.approx(millions * 1e6, rel=0.01)


def test_a_harmonic_source_has_a_config_that_the_service_reads() -> None:
    config = make_hifigan_config(ModelKind.HIFIGAN_SOURCE, LAYOUT)
    assert config.keys() == SOURCE_CONFIG.keys() and config["generator"].keys() == SOURCE_CONFIG["generator"].keys()
    assert config["audio"].items() >= SOURCE_CONFIG["audio"].items()
    narrow = SOURCE_CONFIG["generator"] | {name: config["generator"][name] for name in TINY}
    assert config["generator"] == narrow and config["source"] == SOURCE_CONFIG["source"]


@pytest.mark.parametrize("model", [ModelKind.HIFIGAN_V1, *MODELS])
@pytest.mark.parametrize("hop", UPSAMPLING)
def test_every_frame_becomes_exactly_a_hop_of_samples(model: ModelKind, hop: int) -> None:
    generator = create_hifigan(make_tiny_config(model, LAYOUTS[hop]))
    for frames in (4, 7):
        mel = torch.randn(1, 80, frames) - 5
        source = model is ModelKind.HIFIGAN_SOURCE
        made = generator(mel, generator.excite(mel, torch.randn(1, frames * hop))) if source else generator(mel)
        assert made.shape == (1, 1, frames * hop)


@pytest.mark.parametrize("hop", UPSAMPLING)
def test_every_sample_depends_on_equally_many_frames(hop: int) -> None:
    generator = create_hifigan(make_tiny_config(ModelKind.HIFIGAN_V2, LAYOUTS[hop]))
    with torch.no_grad():
        for layer in generator.ups:
            for parameter in layer.parameters():
                parameter.fill_(1.0)
            layer.bias.zero_()
            flat = layer(torch.ones(1, layer.in_channels, 20))[0, 0, 20:-20]
            assert torch.allclose(flat, flat[:1].expand_as(flat))


@pytest.mark.parametrize("change", [{"hop_length": 200}, {"win_length": 800}])
def test_another_layout_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(SetupError, match="not known") as refused:
        make_hifigan_config(ModelKind.HIFIGAN_V2, replace(LAYOUT, **change))
    assert "256 or 300" in str(refused.value.hint)


@pytest.mark.parametrize("hop", UPSAMPLING)
def test_an_untrained_harmonic_source_has_the_level_of_the_mel(hop: int) -> None:
    layout = LAYOUTS[hop]
    torch.manual_seed(0)
    generator = create_hifigan(make_hifigan_config(ModelKind.HIFIGAN_SOURCE, layout))
    mel, pitch = torch.full((1, 80, 40), -3.0), torch.full((1, 40), 1.0)
    distances = SpectralDistances(layout.sample_rate)
    for voicing in (0.0, 1.0):
        excitation = generator.source(mel, pitch, torch.full((1, 40), voicing), torch.randn(1, 40 * hop))
        made = generator(mel, excitation).detach()
        tone, hiss = excitation.detach().chunk(2, 1)
        torch.testing.assert_close(made, torch.tanh(tone + 0.9 * hiss))
        assert distances.log_mel(made[:, 0])[0, :70].mean() == pytest.approx(-3.0, abs=0.6)


@pytest.mark.parametrize("model", ALL_MODELS)
def test_training_lowers_the_losses(
    utterances: list[VocoderClip], model: ModelKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HifiganTask, "pace", replace(HifiganTask.pace, warm_up=1))
    monkeypatch.setattr(hifigan, "DISCRIMINATOR_RAMP_STEPS", 1)
    monkeypatch.setattr(hifigan_source, "PITCH_LEARNING_RATE", 0.01)
    task = make_task(utterances, model, Stages(network=15, discriminators=30))
    before = task.evaluate()
    curve = [task.step() for _ in range(40)]
    after = task.evaluate()
    assert after.keys() == before.keys() and all(after[name] < before[name] for name in ("mel", "stft"))
    assert after["mel"] < 0.9 * before["mel"]
    assert {"telling", "passing", "features"} <= curve[30].keys() and "telling" not in curve[29]
    assert np.mean([one["telling"] for one in curve[36:]]) < np.mean([one["telling"] for one in curve[30:33]])
    if model is not ModelKind.HIFIGAN_V2:
        assert after["semitones"] < 0.5 * before["semitones"] and after["voicing"] <= before["voicing"]


def test_each_stage_trains_its_own_parts(utterances: list[VocoderClip]) -> None:
    task = make_task(utterances, ModelKind.HIFIGAN_SOURCE, Stages(network=1, discriminators=2))

    def list_changed_parts() -> set[str]:
        before = {name: value.clone() for name, value in task.generator.state_dict().items()}
        judges = {name: value.clone() for name, value in task.discriminators.state_dict().items()}
        task.step()
        names = {n.split(".")[0] for n, v in task.generator.state_dict().items() if not torch.equal(v, before[n])}
        judged = any(not torch.equal(v, judges[n]) for n, v in task.discriminators.state_dict().items())
        return names | ({"discriminators"} if judged else set())

    small = {"source", "direct", "pitch"}
    assert list_changed_parts() == small
    assert list_changed_parts() >= small | {"conv_post"}
    assert list_changed_parts() == small | {"conv_post", "conv_pre", "ups", "resblocks", "entry", "discriminators"}


@pytest.mark.parametrize("model", ALL_MODELS)
def test_a_resumed_task_has_the_same_losses(utterances: list[VocoderClip], model: ModelKind, tmp_path: Path) -> None:
    stages = Stages(network=2, discriminators=4)
    whole = make_task(utterances, model, stages)
    for _ in range(3):
        whole.step()
    torch.save(whole.state(), tmp_path / "training.pt")
    expected = [whole.step() for _ in range(3)]
    again = make_task(utterances, model, stages)
    again.restore(torch.load(tmp_path / "training.pt", weights_only=True))
    torch.manual_seed(7)  # the task depends on no other random numbers
    assert [again.step() for _ in range(3)] == expected
    assert again.evaluate() == whole.evaluate() and again.number == whole.number == 6
    for name, value in whole.generator.state_dict().items():
        assert torch.equal(again.generator.state_dict()[name], value), name
    assert make_task(utterances, model, seed=2).step() != make_task(utterances, model).step()


@pytest.mark.parametrize("model", MODELS)
def test_the_service_speaks_with_the_exported_generator(
    utterances: list[VocoderClip], model: ModelKind, tmp_path: Path
) -> None:
    task = make_task(utterances, model)
    for _ in range(3):
        task.step()
    folder = write_tiny_voice(tmp_path / "voice", audio={"mel_fmax": 8000.0})
    task.export(folder / "trained")
    files = {"model": "trained/model.safetensors", "config": "trained/config.json", "architecture": model.architecture}
    change(folder / "voice.json", vocoders={"main": files})
    voice = open_voice(folder)
    assert read_vocoder_audio(voice, "main") == LAYOUT
    loaded = Loader(voice, TorchBackend()).load_vocoder("main")

    own = create_hifigan(task.config)
    own.load_state_dict(task.average.weights)
    wrap = compile_hifigan_source if model is ModelKind.HIFIGAN_SOURCE else compile_generator
    mel = task.held_out[0].mel[None]
    spoken = join_chunks(loaded, mel, seed=1)
    expected = join_chunks(wrap(TorchBackend(), "", lambda: own, task.config, 256), mel, seed=1)
    assert spoken.shape == (mel.shape[2] * 256,) and np.abs(expected).max() > 0.01
    np.testing.assert_allclose(spoken, expected, atol=0.01 * np.abs(expected).max())


def test_pitch_is_not_learned_from_predictions(utterances: list[VocoderClip]) -> None:
    for recorded in (1.0, 0.0):
        task = make_task([replace(one, recorded=torch.tensor(recorded)) for one in utterances], ModelKind.VOCOS_SOURCE)
        assert isinstance(task, VocosSoundTask)
        before = task.generator.pitch.n[0].bias.clone()
        task.pitch_optimizer.param_groups[0]["weight_decay"] = 0.0
        task.step()
        assert torch.equal(task.generator.pitch.n[0].bias, before) is not bool(recorded)


def test_an_epoch_has_as_many_steps_as_cover_all_frames_once(utterances: list[VocoderClip]) -> None:
    one = make_task(utterances, ModelKind.HIFIGAN_V2, batch_size=3)
    assert len(one.held_out) == 1 and len(one.clips) == CLIPS - 1
    frames = sum(each.frames for each in one.clips)
    assert (one.epoch - 1) * 3 * hifigan.SEGMENT_FRAMES < frames <= one.epoch * 3 * hifigan.SEGMENT_FRAMES


def test_too_few_recordings_are_refused(utterances: list[VocoderClip]) -> None:
    short = [each.cut(0, 40) for each in utterances]
    with pytest.raises(SetupError, match="9 usable recordings are too few"):
        make_task(utterances[:9] + short, ModelKind.HIFIGAN_V2)
