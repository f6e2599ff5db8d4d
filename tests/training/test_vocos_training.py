"""Training of Vocos on a synthetic corpus: learning, resuming, and export to a voice."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

from app.errors import SetupError
from app.synthesis.coqui import fill_weights
from app.synthesis.models.vocos import VocosSourceGenerator
from app.synthesis.models.waveform import VocosConfig
from app.training import vocos
from app.training.settings import ModelKind, TrainingSettings
from app.training.spectrogram import compute_mel_spectrogram
from app.training.vocos import HELD_OUT_SIZE, read_teacher_samples

CONFIG: dict[str, Any] = {**vocos.DEFAULT_CONFIG, "network": {"channels": 16, "blocks": 1, "pitch_channels": 8}}
FRAMES = vocos.SEGMENT_FRAMES + 10


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write recordings of noise with identical spectra."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("wavs", "spectra"):
        (folder / name).mkdir()
    rng, pitch = np.random.default_rng(0), {}
    for number in range(HELD_OUT_SIZE + 4):
        name = f"joy_{number:05d}"
        soundfile.write(folder / "wavs" / f"{name}.flac", 0.1 * rng.standard_normal(FRAMES * 300), 24000)
        spectra = np.zeros((4, 601, FRAMES), np.float16)
        spectra[0], spectra[1], spectra[2], spectra[3] = -2, 0.5, -1, 1.0
        np.save(folder / "spectra" / f"{name}.npy", spectra)
        pitch[name] = np.full(FRAMES, 200, np.float16)
    np.savez(folder / "pitch.npz", **pitch)
    return folder


def make_task(corpus: Path, **chosen: Any) -> vocos.VocosTask:
    torch.manual_seed(0)
    generator = VocosSourceGenerator(CONFIG)
    settings = TrainingSettings(model=ModelKind.VOCOS_SOURCE, **chosen)
    return vocos.VocosTask(generator, CONFIG, read_teacher_samples(corpus, generator.config), settings)


def test_training_lowers_the_losses(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocos.VocosTask, "pace", replace(vocos.VocosTask.pace, warm_up=1))
    task = make_task(corpus, learning_rate=0.01)
    first = task.step()
    before = task.evaluate()
    for _ in range(30):
        last = task.step()
    after = task.evaluate()
    for name in ("tone", "tone_phase", "free", "free_phase"):
        assert last[name] < 0.8 * first[name] and after[name] < before[name], name
    assert last["pitch"] < first["pitch"]


def test_a_resumed_task_has_the_same_losses(corpus: Path) -> None:
    whole = make_task(corpus)
    for _ in range(3):
        whole.step()
    saved = copy.deepcopy(whole.state())
    expected = [whole.step() for _ in range(2)]
    again = make_task(corpus)
    again.restore(saved)
    assert [again.step() for _ in range(2)] == expected
    assert make_task(corpus, seed=2).step() != make_task(corpus).step()


def test_export_writes_a_loadable_vocoder_and_the_weights_for_later_training(corpus: Path, tmp_path: Path) -> None:
    task = make_task(corpus)
    for _ in range(3):
        task.step()
    task.export(tmp_path)
    generator = VocosSourceGenerator(json.loads((tmp_path / "config.json").read_text()))
    for name, weights in (("model", task.average.weights), ("training", task.generator.state_dict())):
        state = load_file(tmp_path / f"{name}.safetensors")
        fill_weights(generator, state, "vocos_source")
        assert all(torch.equal(state[key], value.half()) for key, value in weights.items())


def test_predictions_follow_their_recordings(corpus: Path) -> None:
    config = VocosConfig.from_dict(CONFIG)
    plain = read_teacher_samples(corpus, config)
    predicted = torch.zeros(80, 10)
    both = read_teacher_samples(corpus, config, lambda name, frames: (5, predicted) if name != "joy_00003" else None)
    assert len(both) == 2 * len(plain) - 1
    for one, recorded in zip(both[1::2], plain, strict=False):
        if one.mel is predicted:
            assert torch.equal(one.target, recorded.target[:, :, 5:15]) and one.pitch.shape == (10,)
    assert sum(one.mel is predicted for one in both) == len(plain) - 1


def test_pitch_is_not_learned_from_predictions(corpus: Path) -> None:
    task = make_task(corpus, batch_size=1)
    for kept, changes in ((1.0, True), (0.0, False)):
        task.clips = [replace(one, recorded=torch.tensor(kept)) for one in task.clips]
        before = task.generator.pitch.n[0].weight.clone()
        task.pitch_optimizer.param_groups[0]["weight_decay"] = 0.0
        task.pitch_optimizer.state.clear()
        task.step()
        assert torch.equal(task.generator.pitch.n[0].weight, before) is not changes


def test_a_corpus_without_spectra_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="spectra"):
        read_teacher_samples(tmp_path, VocosConfig.from_dict(CONFIG))


def test_the_mel_spectrogram_equals_librosas() -> None:
    config = VocosConfig.from_dict(CONFIG)
    samples = np.random.default_rng(1).standard_normal(300 * 20).astype(np.float32)
    ours = compute_mel_spectrogram(torch.from_numpy(samples), config).numpy()
    theirs = librosa.feature.melspectrogram(
        y=samples, sr=24000, n_fft=1200, hop_length=300, power=1.0, n_mels=80, fmax=8000, pad_mode="reflect"
    )
    np.testing.assert_allclose(ours, np.log(theirs[:, :20]), atol=1e-4)
