"""Repeated attempts of a Tacotron 2 whose decoder fails to stop."""

from __future__ import annotations

import pytest
import torch

from app.inference.pytorch import TorchBackend
from app.synthesis.loader import Loader
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.tacotron import MAX_ATTEMPTS, TacotronAcoustic, has_failed
from app.types import Emotion
from app.voices import open_voice
from tests.tiny_voice import write_tiny_voice

IDS = (60, 12, 81, 5, 44, 129, 33, 60, 71, 20)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TacotronAcoustic:
    """Return a Tacotron 2 that never stops without dropout, and sometimes stops with it."""
    voice = open_voice(write_tiny_voice(tmp_path_factory.mktemp("tacotron") / "v", "tacotron2"))
    model = Loader(voice, TorchBackend()).load_speaker({Emotion.NEUTRAL: 1.0}).checkpoint.model
    assert isinstance(model, TacotronAcoustic)
    decoder = model.model.decoder
    with torch.no_grad():
        for layer in decoder.prenet.linear_layers:
            layer.linear_layer.weight *= 30
        decoder.stopnet[1].linear_layer.bias.fill_(-0.3)
    return model


def make_input(seed: int) -> AcousticInput:
    return AcousticInput(IDS, {}, 1.0, seed)


def test_a_failed_attempt_is_repeated(model: TacotronAcoustic) -> None:
    found = next(seed for seed in range(50) if not has_failed(model.attempt(make_input(seed), 1)))
    assert has_failed(model.attempt(make_input(found), 0))
    mel = model.compute_mel(make_input(found))
    assert not mel.runaway and not mel.truncated
    torch.testing.assert_close(mel.frames, model.attempt(make_input(found), 1).frames)


def test_the_first_attempt_is_spoken_with_a_warning_if_all_fail(model: TacotronAcoustic) -> None:
    failing = next(
        seed
        for seed in range(50)
        if all(has_failed(model.attempt(make_input(seed), number)) for number in range(MAX_ATTEMPTS))
    )
    mel = model.compute_mel(make_input(failing))
    assert mel.runaway
    torch.testing.assert_close(mel.frames, model.attempt(make_input(failing), 0).frames)
