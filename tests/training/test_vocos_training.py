"""Teaching Vocos: on a made-up corpus it learns, goes on where it ended, and leaves what a voice can load."""

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
from app.synthesis.models.vocos import VocosConfig, VocosSourceGenerator
from app.training import vocos
from app.training.settings import ModelKind, TrainingSettings
from app.training.spectrogram import mel_spectrogram
from app.training.vocos import HELD_OUT_SIZE, read_teacher_samples

CONFIG: dict[str, Any] = {**vocos.DEFAULT_CONFIG, "network": {"channels": 16, "blocks": 1, "pitch_channels": 8}}
FRAMES = vocos.SEGMENT_FRAMES + 10


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise whose spectra are all alike."""
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


def task(corpus: Path, **chosen: Any) -> vocos.VocosTask:
    torch.manual_seed(0)
    generator = VocosSourceGenerator(CONFIG)
    settings = TrainingSettings(model=ModelKind.VOCOS_SOURCE, **chosen)
    return vocos.VocosTask(generator, CONFIG, read_teacher_samples(corpus, generator.config), settings)


def test_it_learns_what_it_is_taught(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocos, "WARM_UP", 1)
    learning = task(corpus, learning_rate=0.01)
    first = learning.step()
    before = learning.evaluate()
    for _ in range(30):
        last = learning.step()
    after = learning.evaluate()
    for name in ("tone", "tone_phase", "free", "free_phase"):
        assert last[name] < 0.8 * first[name] and after[name] < before[name], name
    assert last["pitch"] < first["pitch"]


def test_it_goes_on_to_the_same_losses(corpus: Path) -> None:
    whole = task(corpus)
    for _ in range(3):
        whole.step()
    saved = copy.deepcopy(whole.state())
    expected = [whole.step() for _ in range(2)]
    again = task(corpus)
    again.restore(saved)
    assert [again.step() for _ in range(2)] == expected
    assert task(corpus, seed=2).step() != task(corpus).step()


def test_it_leaves_a_vocoder_that_loads_and_what_a_later_training_goes_on_from(corpus: Path, tmp_path: Path) -> None:
    learning = task(corpus)
    for _ in range(3):
        learning.step()
    learning.export(tmp_path)
    generator = VocosSourceGenerator(json.loads((tmp_path / "config.json").read_text()))
    for name, weights in (("model", learning.average.weights), ("training", learning.generator.state_dict())):
        state = load_file(tmp_path / f"{name}.safetensors")
        fill_weights(generator, state, "vocos_source")
        assert all(torch.equal(state[key], value.half()) for key, value in weights.items())


def test_predictions_follow_their_recordings(corpus: Path) -> None:
    config = VocosConfig.from_dict(CONFIG)
    plain = read_teacher_samples(corpus, config)
    made = torch.zeros(80, 10)
    both = read_teacher_samples(corpus, config, lambda name, frames: (5, made) if name != "joy_00003" else None)
    assert len(both) == 2 * len(plain) - 1
    for one, recorded in zip(both[1::2], plain, strict=False):
        if one.mel is made:
            assert torch.equal(one.spectra, recorded.spectra[:, :, 5:15]) and one.pitch.shape == (10,)
    assert sum(one.mel is made for one in both) == len(plain) - 1


def test_pitch_is_not_learned_from_predictions(corpus: Path) -> None:
    learning = task(corpus, batch_size=1)
    for kept, changes in ((1.0, True), (0.0, False)):
        learning.recordings = [replace(one, recorded=torch.tensor(kept)) for one in learning.recordings]
        before = learning.generator.pitch.n[0].weight.clone()
        learning.pitch_optimizer.param_groups[0]["weight_decay"] = 0.0
        learning.pitch_optimizer.state.clear()
        learning.step()
        assert torch.equal(learning.generator.pitch.n[0].weight, before) is not changes


def test_a_corpus_without_spectra_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="spectra"):
        read_teacher_samples(tmp_path, VocosConfig.from_dict(CONFIG))


def test_the_mel_spectrogram_is_librosas() -> None:
    config = VocosConfig.from_dict(CONFIG)
    samples = np.random.default_rng(1).standard_normal(300 * 20).astype(np.float32)
    ours = mel_spectrogram(torch.from_numpy(samples), config).numpy()
    theirs = librosa.feature.melspectrogram(
        y=samples, sr=24000, n_fft=1200, hop_length=300, power=1.0, n_mels=80, fmax=8000, pad_mode="reflect"
    )
    np.testing.assert_allclose(ours, np.log(theirs[:, :20]), atol=1e-4)
