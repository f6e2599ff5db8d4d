"""Degree and blend: the shares of emotions, the mixed weights and the resulting speech."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from app.errors import InvalidVoice
from app.inference.openvino import OpenVinoBackend
from app.inference.pytorch import TorchBackend
from app.settings import load_settings
from app.synthesis.coqui import build_acoustic, build_coqui_config, load_weights
from app.synthesis.interpolation import MAX_MIXTURES, CheckpointShares, Mixture, ModelSlot, interpolate, mix_weights
from app.synthesis.loader import Loader, Speaker
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.glow import GlowAcoustic
from app.synthesis.networks import compile_glow
from app.synthesis.pipeline import Pipeline
from app.types import Emotion, SpeechRequest
from app.voices import open_voice
from app.voices.voice import read_acoustic_audio
from tests.serving import wait_until
from tests.tiny_voice import change, write_tiny_voice

CONVOLUTIONS = {"kernel_size": 4, "dilations": [1, 2], "num_conv_blocks": 2, "num_res_blocks": 2}
JOY, ANGER, NEUTRAL, SURPRISE = Emotion.JOY, Emotion.ANGER, Emotion.NEUTRAL, Emotion.SURPRISE
TEXT = "I told you never to come back to this house again."
TEXTS = (
    TEXT,
    "You knew about this for weeks and said nothing!",
    "How dare they keep us waiting for an hour.",
    "Please leave the form beside the printer.",
)
"""Pitch and level are means of several sentences, since those of one differ by a semitone or a decibel."""


@pytest.mark.parametrize(
    ("blend", "degree", "shares"),
    [
        ({JOY: 1.0}, 1.0, {JOY: 1.0}),
        ({JOY: 1.0}, 0.25, {NEUTRAL: 0.75, JOY: 0.25}),
        ({JOY: 1.0}, 2.0, {NEUTRAL: -1.0, JOY: 2.0}),
        ({NEUTRAL: 1.0}, 0.5, {NEUTRAL: 1.0}),
        ({JOY: 0.5, SURPRISE: 0.5}, 0.5, {NEUTRAL: 0.5, JOY: 0.25, SURPRISE: 0.25}),
        ({JOY: 0.5, NEUTRAL: 0.5}, 1.0, {JOY: 0.5, NEUTRAL: 0.5}),
    ],
)
def test_shares_lie_on_the_line_from_neutral(
    blend: dict[Emotion, float], degree: float, shares: dict[Emotion, float]
) -> None:
    assert interpolate(blend, degree) == pytest.approx(shares)


def test_weights_are_summed_by_their_shares() -> None:
    base, angry = np.array([1.0, 2.0], np.float16), np.array([3.0, 0.0], np.float16)
    mixed = mix_weights([(base, 0.25), (angry, 0.75)])
    assert mixed.tolist() == [2.5, 0.5] and mixed.dtype == np.float32
    assert int(mix_weights([(np.array(3), 0.25), (np.array(3), 0.75)])) == 3


def find_model(speaker: Speaker) -> GlowAcoustic:
    """Return the speaker's model; that of a mixture keeps its weights until another one takes its slot."""
    model = speaker.checkpoint.model
    if isinstance(model, Mixture):
        with model.mixtures.lend(model.shares) as lent:
            model = lent
    assert isinstance(model, GlowAcoustic)
    return model


@pytest.fixture
def voice_folder(tmp_path: Path) -> Path:
    """Write a voice whose anger is a checkpoint of its own, fine-tuned from the base."""
    folder = write_tiny_voice(tmp_path / "v", weights=".safetensors", speakers=("neutral", "anger"))
    weights = load_file(folder / "acoustic" / "model.safetensors")
    torch.manual_seed(1)
    tuned = {name: value + 0.01 * torch.randn_like(value) for name, value in weights.items()}
    save_file(tuned, folder / "acoustic" / "angry.safetensors")
    angry = {
        "model": "acoustic/angry.safetensors",
        "config": "acoustic/config.json",
        "architecture": "glow_tts",
        "base": "main",
    }
    change(
        folder / "voice.json",
        degree=True,
        checkpoints={"angry": angry},
        emotions={"anger": {"checkpoint": "angry", "vocoder": "main", "speaker": "anger"}},
    )
    return folder


def test_an_emotion_in_a_checkpoint_of_its_own_is_interpolated_by_weights(voice_folder: Path) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    name = "encoder.emb.weight"

    def read_weight(degree: float) -> Any:
        model = find_model(loader.load_speaker(interpolate({ANGER: 1.0}, degree)))
        assert loader.mixtures is not None
        return model.encode.args[list(loader.mixtures.networks.weights[0]).index(name)]  # type: ignore[attr-defined]

    half, states = read_weight(0.5), loader.mixtures.states
    np.testing.assert_allclose(half, (states["main"][name] + states["angry"][name]) / 2, atol=1e-6)
    np.testing.assert_allclose(read_weight(2.0), 2 * states["angry"][name] - states["main"][name], atol=1e-6)


def test_only_a_few_mixtures_stay_in_memory(voice_folder: Path) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    speakers = [loader.load_speaker(interpolate({ANGER: 1.0}, number / 10)) for number in range(1, MAX_MIXTURES + 3)]
    assert loader.mixtures is not None
    assert len(loader.mixtures.slots) == 0  # utterances that wait hold no weights
    for speaker in speakers:
        find_model(speaker)
    assert len(loader.mixtures.slots) == MAX_MIXTURES
    del speakers, speaker
    assert len(loader.mixtures.checkpoints) == 0


def test_a_model_in_use_is_not_overwritten_and_a_further_mixture_waits(voice_folder: Path) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    loader.load_speaker(interpolate({ANGER: 1.0}, 0.5))
    mixtures, name = loader.mixtures, "encoder.emb.weight"
    assert mixtures is not None
    needed = [(("angry", number / 10), ("main", 1 - number / 10)) for number in range(MAX_MIXTURES + 1)]
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        place = list(mixtures.networks.weights[0]).index(name)
        lent: list[Any] = [stack.enter_context(mixtures.lend(shares)) for shares in needed[1:]]
        before = [model.encode.args[place].copy() for model in lent]

        def lend_last() -> Any:
            with mixtures.lend(needed[0]) as model:
                return model.encode.args[place].copy()  # type: ignore[attr-defined]

        waiting = pool.submit(lend_last)
        assert [np.array_equal(model.encode.args[place], old) for model, old in zip(lent, before, strict=True)] == [
            True
        ] * MAX_MIXTURES
        stack.close()
        np.testing.assert_array_equal(waiting.result(60), mixtures.states["main"][name])


def test_a_mixture_that_fails_releases_its_slot_to_waiting_ones(
    voice_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    loader.load_speaker(interpolate({ANGER: 1.0}, 0.5))
    mixtures = loader.mixtures
    assert mixtures is not None
    wanted, *in_use = [(("angry", number / 10), ("main", 1 - number / 10)) for number in range(MAX_MIXTURES + 1)]
    find_slot, write = mixtures.find_slot, mixtures.write
    lookups: list[CheckpointShares] = []
    failures: list[CheckpointShares] = []

    def count_lookup(shares: CheckpointShares) -> ModelSlot | None:
        lookups.append(shares)
        return find_slot(shares)

    def fail_once(slot: ModelSlot, shares: CheckpointShares) -> None:
        if not failures:
            failures.append(shares)
            raise MemoryError
        write(slot, shares)

    def speak() -> str:
        try:
            with mixtures.lend(wanted):
                return "spoken"
        except MemoryError:
            return "failed"

    with ThreadPoolExecutor(2) as pool, ExitStack() as others, ExitStack() as first:
        first.enter_context(mixtures.lend(in_use[0]))
        for shares in in_use[1:]:
            others.enter_context(mixtures.lend(shares))
        monkeypatch.setattr(mixtures, "find_slot", count_lookup)
        monkeypatch.setattr(mixtures, "write", fail_once)
        waiting = [pool.submit(speak) for _ in range(2)]
        wait_until(lambda: len(lookups) == 2, 60)
        first.close()
        done, _ = wait(waiting, 10)
        others.close()
    assert sorted(one.result() for one in done) == ["failed", "spoken"]


def test_utterances_of_one_mixture_can_share_a_batch(voice_folder: Path) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    one, same, other = (loader.load_speaker(interpolate({ANGER: 1.0}, degree)) for degree in (0.5, 0.5, 0.6))
    assert one.checkpoint is same.checkpoint
    assert one.checkpoint is not other.checkpoint


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_a_mixture_equals_a_model_built_with_its_weights(voice_folder: Path, tmp_path: Path, backend: str) -> None:
    voice = open_voice(voice_folder)
    runtime = TorchBackend() if backend == "torch" else OpenVinoBackend(tmp_path / "cache", 1, 1)
    speaker = Loader(voice, runtime).load_speaker(interpolate({ANGER: 1.0}, 0.3))
    files = {name: voice.find_file(one.model) for name, one in voice.manifest.checkpoints.items()}
    states = {name: load_weights(file)["model"] for name, file in files.items()}
    config = build_coqui_config(voice.read_config("acoustic/config.json"), ["neutral", "anger"])
    mixed = {name: 0.3 * states["angry"][name] + 0.7 * states["main"][name] for name in states["main"]}
    built = build_acoustic("glow_tts", config, {"model": mixed})
    expected = compile_glow(TorchBackend(), "", lambda: built, read_acoustic_audio(voice, "main").frame_rate)
    for seed in (1, 2):
        one = AcousticInput(range(1, 30), speaker.speakers, 1.0, seed)
        found = speaker.checkpoint.model.compute_mels([one])[0]
        np.testing.assert_allclose(found.frames, expected.compute_mels([one])[0].frames, atol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "changes"),
    [
        ("fast_pitch", {}),
        ("speedy_speech", {"encoder_type": "residual_conv_bn", "encoder_params": CONVOLUTIONS}),
        ("align_tts", {}),
        ("vits", {"use_language_embedding": True}),
    ],
)
@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_other_models_are_mixed_alike_and_their_ends_are_the_checkpoints(
    tmp_path: Path, architecture: str, changes: dict[str, Any], backend: str
) -> None:
    languages = {"languages": ["de", "fr-fr"]} if architecture == "vits" else {}
    folder = write_tiny_voice(tmp_path / "v", architecture, ".safetensors", model_args=changes, **languages)
    first, second = (folder / "acoustic" / f"{name}.safetensors" for name in ("model", "angry"))
    torch.manual_seed(1)
    weights = {
        name: value + 0.02 * torch.randn_like(value).abs()
        if value.is_floating_point() and not name.endswith("pe")
        else value
        for name, value in load_file(first).items()
    }
    save_file(weights, second)
    values = json.loads((folder / "voice.json").read_text())
    main = values["checkpoints"]["main"] | ({"language": "fr-fr"} if languages else {})
    tuned = {**main, "model": "acoustic/angry.safetensors", "base": "main"}
    anger = {**values["emotions"]["neutral"], "checkpoint": "angry"}
    change(folder / "voice.json", degree=True, checkpoints={"main": main, "angry": tuned}, emotions={"anger": anger})
    halfway = {name: (weights[name] + value) / 2 for name, value in load_file(first).items()}
    shutil.copytree(folder, tmp_path / "half")
    save_file(halfway, tmp_path / "half" / "acoustic" / "model.safetensors")
    runtime = TorchBackend() if backend == "torch" else OpenVinoBackend(tmp_path / "cache", 1, 1)

    def speak(voice: Path, shares: Mapping[Emotion, float]) -> tuple[Any, Any]:
        speaker = Loader(open_voice(voice), runtime).load_speaker(shares)
        (mel,) = speaker.checkpoint.model.compute_mels([AcousticInput(range(1, 30), speaker.speakers, 1.0, 1)])
        return mel.frames, np.concatenate(list(speaker.vocoder.generate_chunks(mel.frames, 1, low_latency=False)))

    for degree, emotion in ((0.0, NEUTRAL), (1.0, ANGER)):
        for one, other in zip(
            speak(folder, interpolate({ANGER: 1.0}, degree)), speak(folder, {emotion: 1.0}), strict=True
        ):
            np.testing.assert_array_equal(one, other)
    found, expected = speak(folder, interpolate({ANGER: 1.0}, 0.5)), speak(tmp_path / "half", {NEUTRAL: 1.0})
    assert not np.array_equal(expected[1], speak(folder, {NEUTRAL: 1.0})[1])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4, rtol=1e-3)


def test_weights_of_another_model_are_not_mixed(voice_folder: Path) -> None:
    weights = load_file(voice_folder / "acoustic" / "angry.safetensors")
    weights["encoder.emb.weight"] = weights["encoder.emb.weight"][:-1].clone()
    save_file(weights, voice_folder / "acoustic" / "angry.safetensors")
    loader = Loader(open_voice(voice_folder), TorchBackend())
    with pytest.raises(InvalidVoice, match="cannot be mixed"):
        loader.load_speaker(interpolate({ANGER: 1.0}, 0.5))


def test_a_mixture_needs_no_file_once_its_checkpoints_are_loaded(voice_folder: Path) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    loader.load_speaker(interpolate({ANGER: 1.0}, 0.6))
    voice_folder.rename(voice_folder.with_name("moved"))
    assert find_model(loader.load_speaker(interpolate({ANGER: 1.0}, 0.7)))


@pytest.mark.parametrize(
    "change_files",
    [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?")],
    ids=["gone", "swapped"],
)
def test_missing_or_replaced_weights_are_refused(voice_folder: Path, change_files: Callable[[Path], object]) -> None:
    loader = Loader(open_voice(voice_folder), TorchBackend())
    loader.load_speaker({NEUTRAL: 1.0})
    change_files(voice_folder / "acoustic" / "angry.safetensors")
    with pytest.raises(InvalidVoice, match=r"angry\.safetensors"):
        loader.load_speaker(interpolate({ANGER: 1.0}, 0.5))


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline.load(load_settings(backend="torch"))


def measure_pitch_and_level(
    pipeline: Pipeline, degree: float, emotion: Emotion | dict[Emotion, float]
) -> tuple[float, float]:
    """Return the median pitch in semitones and the level in dB, as means of several sentences."""
    measured = []
    for text in TEXTS:
        speech = pipeline.synthesize(SpeechRequest(text, emotion=emotion, degree=degree, seed=1))
        pitch, _, _ = librosa.pyin(speech.samples, fmin=65, fmax=600, sr=speech.sample_rate)
        level = 20 * np.log10(np.sqrt((speech.samples**2).mean()))
        measured.append((12 * np.log2(np.nanmedian(pitch) / 100), level))
    pitch_mean, level_mean = np.mean(measured, axis=0)
    return float(pitch_mean), float(level_mean)


def test_anger_rises_with_its_degree(pipeline: Pipeline) -> None:
    measured = [measure_pitch_and_level(pipeline, degree, ANGER) for degree in (0.01, 0.25, 0.5, 1.0, 1.5)]
    pitches, levels = zip(*measured, strict=True)
    assert list(pitches) == sorted(pitches) and pitches[-1] - pitches[0] > 5, pitches
    assert list(levels) == sorted(levels) and levels[-1] - levels[0] > 5, levels


def test_a_blend_lies_between_its_emotions(pipeline: Pipeline) -> None:
    angry, plain = measure_pitch_and_level(pipeline, 1.0, ANGER), measure_pitch_and_level(pipeline, 1.0, NEUTRAL)
    between = measure_pitch_and_level(pipeline, 1.0, {ANGER: 0.5, NEUTRAL: 0.5})
    assert plain[0] < between[0] < angry[0] and plain[1] < between[1] < angry[1]


def test_emotions_of_one_speaker_add_up_their_shares(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "tiny", speakers=("neutral", "anger"))
    values = json.loads((folder / "voice.json").read_text())
    values["emotions"]["joy"] = values["emotions"]["neutral"]
    (folder / "voice.json").write_text(json.dumps(values))
    speaker = Loader(open_voice(folder), TorchBackend()).load_speaker({NEUTRAL: 0.5, Emotion.JOY: 0.25, ANGER: 0.25})
    assert speaker.speakers == {0: 0.75, 1: 0.25}
