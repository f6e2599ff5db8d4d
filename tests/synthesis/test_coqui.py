"""coqui's own checkpoints: they load unchanged and give the results of coqui's own code."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from app.errors import InvalidVoice
from app.inference.pytorch import TorchBackend
from app.synthesis.coqui import (
    HifiganGenerator,
    TTSTokenizer,
    build_coqui_config,
    build_vocabulary,
    describe_frontend,
    load_weights,
)
from app.synthesis.loader import Loader, Speaker
from app.synthesis.networks import compile_generator
from app.synthesis.tokenizer import Tokenizer
from app.types import Emotion
from app.voices import open_voice
from tests.speaking import compute_mel, join_chunks
from tests.tiny_voice import build, change, write_tiny_voice

IDS = (60, 12, 81, 5, 44, 129, 33, 60, 71, 20)


def load_speaker(folder: Path, emotion: Emotion = Emotion.NEUTRAL) -> Speaker:
    return Loader(open_voice(folder), TorchBackend()).load_speaker({emotion: 1.0})


def build_reference(folder: Path, architecture: str, speakers: list[str]) -> Any:
    """Build and fill coqui's model without our loading code."""
    import json

    values = json.loads((folder / "acoustic" / "config.json").read_text())
    model = build(architecture, values, speakers)
    state = torch.load(folder / "acoustic" / "model.pth", weights_only=True)["model"]
    model.load_state_dict(state)
    if architecture != "glow_tts":
        model.decoder.set_r(values["r"])  # type: ignore[operator,union-attr]
    return model.eval()


@pytest.mark.parametrize("speakers", [(), ("neutral", "joy", "anger")])
def test_glow_tts_gives_the_mel_of_coquis_inference(tmp_path: Path, speakers: tuple[str, ...]) -> None:
    folder = write_tiny_voice(tmp_path / "v", speakers=speakers, inference_noise_scale=0.0)
    speaker = load_speaker(folder, Emotion.JOY if speakers else Emotion.NEUTRAL)
    speaker_ids = torch.tensor([1]) if speakers else None
    aux = {"x_lengths": torch.tensor([len(IDS)]), "speaker_ids": speaker_ids, "d_vectors": None}
    with torch.inference_mode():
        expected = build_reference(folder, "glow_tts", list(speakers)).inference(torch.tensor([IDS]), aux)[
            "model_outputs"
        ]
    mel = compute_mel(speaker, IDS, seed=3)
    assert mel.durations is not None and len(mel.durations) == len(IDS)
    torch.testing.assert_close(torch.from_numpy(mel.frames).transpose(1, 2), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("architecture", ["tacotron2", "tacotron"])
def test_tacotron_gives_the_mel_of_coquis_inference(tmp_path: Path, architecture: str) -> None:
    folder = write_tiny_voice(tmp_path / "v", architecture, out_channels=80 if architecture == "tacotron2" else 513)
    speaker = load_speaker(folder)
    model = build_reference(folder, architecture, [])
    model.decoder.max_decoder_steps = speaker.checkpoint.model.limit_steps(len(IDS))  # type: ignore[attr-defined]
    with torch.inference_mode(), torch.random.fork_rng():
        torch.manual_seed(5)
        # What a Tacotron makes of its mel spectrogram is a linear one.
        name = "model_outputs" if architecture == "tacotron2" else "decoder_outputs"
        expected = model.inference(torch.tensor([IDS]))[name]
    mel = compute_mel(speaker, IDS, seed=5)
    torch.testing.assert_close(torch.from_numpy(mel.frames).transpose(1, 2), expected)


def test_a_tacotron_speaks(tmp_path: Path) -> None:
    speaker = load_speaker(write_tiny_voice(tmp_path / "v", "tacotron"))
    mel = compute_mel(speaker, IDS, seed=5)
    assert len(join_chunks(speaker.vocoder, mel.frames)) == mel.frames.shape[2] * 256


def test_hifi_gan_gives_the_samples_of_coquis_inference_without_its_padding(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v")
    state = load_weights(folder / "vocoder" / "model.pth")["model"]
    from tests.tiny_voice import GENERATOR

    generator = HifiganGenerator(in_channels=80, out_channels=1, **GENERATOR)
    generator.load_state_dict({name.removeprefix("model_g."): v for name, v in state.items() if "model_g" in name})
    mel = torch.randn(1, 80, 17)
    expected = generator.eval().inference(mel)[0, 0, 5 * 256 : -5 * 256]
    config = {"audio": {"num_mels": 80}, "generator_model_params": GENERATOR}
    vocoder = compile_generator(TorchBackend(), "", lambda: generator, config, 256)
    samples = join_chunks(vocoder, mel)
    assert len(samples) == 17 * 256
    torch.testing.assert_close(torch.from_numpy(samples), expected, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "weights"),
    [("glow_tts", ".pth"), ("glow_tts", ".safetensors"), ("tacotron2", ".pth"), ("tacotron2", ".safetensors")],
)
def test_a_released_folder_speaks_after_a_voice_json_is_added(tmp_path: Path, architecture: str, weights: str) -> None:
    speaker = load_speaker(write_tiny_voice(tmp_path / "v", architecture, weights))
    tokens = speaker.checkpoint.tokenizer.encode("Hello there, my friend.")
    mel = compute_mel(speaker, tokens.ids)
    samples = join_chunks(speaker.vocoder, mel.frames)
    assert len(samples) == mel.frames.shape[2] * 256 > 0
    assert not tokens.dropped


class FixedPhonemizer:
    """A phonemizer that returns fixed phonemes."""

    def __init__(self, phonemes: str) -> None:
        self.phonemes = phonemes

    def phonemize(self, text: str, separator: str = "", language: str | None = None) -> str:
        return self.phonemes


@pytest.mark.parametrize("add_blank", [False, True])
@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("phonemes", [False, True])
def test_token_ids_are_those_of_coquis_tokenizer(add_blank: bool, ends: bool, phonemes: bool) -> None:
    values = {
        "model": "tacotron2",
        "use_phonemes": phonemes,
        "phoneme_language": "en-us",
        "text_cleaner": None if phonemes else "english_cleaners",
        "add_blank": add_blank,
        "enable_eos_bos_chars": ends,
    }
    config = build_coqui_config(values, [])
    ours = Tokenizer(describe_frontend(config))
    text = "həlˈoʊ ðˈɛɹ, fɹˈɛnd!" if phonemes else "Dr. Smith paid $5, my friend!"
    theirs = TTSTokenizer(
        use_phonemes=phonemes,
        text_cleaner=ours.cleaner,
        characters=build_vocabulary(config),
        phonemizer=FixedPhonemizer(text) if phonemes else None,
        add_blank=add_blank,
        use_eos_bos=ends,
    )
    tokens = ours.look_up(text) if phonemes else ours.encode(text)
    assert list(tokens.ids) == theirs.text_to_ids(text, "en")


class MaliciousPickle:
    """An object whose pickle creates a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, (f"open({str(self.path)!r}, 'w').close()",)


def test_a_checkpoint_that_would_run_code_is_refused_without_running_it(tmp_path: Path) -> None:
    target = tmp_path / "executed"
    torch.save({"model": MaliciousPickle(target)}, tmp_path / "model.pth")
    with pytest.raises(InvalidVoice, match="without running code") as refused:
        load_weights(tmp_path / "model.pth")
    assert "safetensors" in refused.value.hint
    assert not target.exists()


def test_a_plain_pickle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.pth").write_bytes(pickle.dumps({"model": MaliciousPickle(tmp_path / "executed")}))
    with pytest.raises(InvalidVoice):
        load_weights(tmp_path / "model.pth")
    assert not (tmp_path / "executed").exists()


def test_weights_that_do_not_fit_their_config_are_refused(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v")
    change(folder / "acoustic" / "config.json", hidden_channels_dec=48)
    with pytest.raises(InvalidVoice, match="do not fit the glow_tts"):
        load_speaker(folder)


def test_a_characters_class_outside_coqui_is_not_imported(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v")
    change(folder / "acoustic" / "config.json", characters={"characters_class": "os.system"})
    with pytest.raises(InvalidVoice, match=r"os\.system"):
        load_speaker(folder)
