"""The files exported for coqui's server load in coqui's own classes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from app.bench.peers import ACOUSTIC_MODEL, export_for_coqui
from app.packages import bundled_models_dir
from app.synthesis.coqui import build_coqui_config, build_trainable_acoustic, load_weights

pytestmark = pytest.mark.filterwarnings("ignore")  # coqui's own warnings


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return export_for_coqui(bundled_models_dir() / ACOUSTIC_MODEL, tmp_path_factory.mktemp("coqui"))


def test_the_acoustic_model_is_the_shipped_one_in_full_precision(files: dict[str, Path]) -> None:
    config = json.loads(files["--config_path"].read_text())
    speakers = json.loads(Path(config["speakers_file"]).read_text())
    assert Path(config["speakers_file"]).is_absolute()
    state = load_weights(files["--model_path"])
    model = build_trainable_acoustic("glow_tts", build_coqui_config(config, list(speakers)), state)
    shipped = load_weights(bundled_models_dir() / ACOUSTIC_MODEL / "model.safetensors")["model"]
    for name, value in model.state_dict().items():
        assert value.dtype in (torch.float32, torch.int64)
        assert torch.equal(value, shipped[name].to(value.dtype))


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="coqui needs the espeak-ng program")
def test_coquis_synthesizer_speaks_with_the_files(files: dict[str, Path]) -> None:
    from TTS.utils.synthesizer import Synthesizer

    synthesizer = Synthesizer(
        tts_checkpoint=files["--model_path"],
        tts_config_path=files["--config_path"],
        vocoder_checkpoint=files["--vocoder_path"],
        vocoder_config=files["--vocoder_config_path"],
    )
    samples = synthesizer.tts("The ferry came in.", speaker_name="neutral")
    assert synthesizer.output_sample_rate == 24000
    assert 0.5 < len(samples) / 24000 < 5
