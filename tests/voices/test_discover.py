"""Discovery of coqui-tts files: the weights of each config, speakers, emotions, and refused folders."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import torch

from app.errors import InvalidVoice
from app.synthesis.coqui import load_weights
from app.types import Emotion
from app.voices import discover as coqui_files
from app.voices.describe import (
    BY_BOTH,
    BY_CHECKPOINT,
    BY_SPEAKER,
    CONTRADICTORY,
    NAMELESS,
    check_complete,
    find_best_candidates,
    find_compatible_vocoders,
    guess_emotion,
    list_candidates,
)
from app.voices.discover import ScanResult, discover, find_emotion, to_locale, to_voice_name

AUDIO = {"sample_rate": 22050, "num_mels": 80, "hop_length": 256}
GLOW = {"model": "glow_tts", "audio": AUDIO}
TACOTRON = {"model": "Tacotron2", "audio": AUDIO}
HIFIGAN = {"generator_model": "hifigan_generator", "audio": AUDIO}
VOCOS = {"architecture": "vocos_source", "audio": AUDIO}
XTTS = {"model": "xtts", "audio": AUDIO}
WEIGHTS = None
"""Placeholder for a weight file, whose content is not read."""

Layout = Mapping[str, dict[str, Any] | None]


def write_layout(folder: Path, layout: Layout) -> Path:
    for name, content in layout.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("" if content is None else json.dumps(content))
    return folder


def read_pth(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = load_weights(path)["model"]
    return content


def discover_layout(folder: Path, layout: Layout) -> ScanResult:
    return discover(write_layout(folder, layout), read_pth)


def get_refusal(folder: Path, layout: Layout) -> str:
    with pytest.raises(InvalidVoice) as error:
        check_complete(discover_layout(folder, layout))
    return f"{error.value.detail} {error.value.hint}"


def get_weights(found: ScanResult) -> dict[str, list[str]]:
    parts = (*found.acoustic, *found.vocoders)
    return {str(part.config): [str(path) for path in part.weights] for part in parts}


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        pytest.param(
            {
                "glow/config.json": GLOW,
                "glow/best_model.pth": WEIGHTS,
                "vocoder/config.json": HIFIGAN,
                "vocoder/checkpoint.pth": WEIGHTS,
            },
            {"glow/config.json": ["glow/best_model.pth"], "vocoder/config.json": ["vocoder/checkpoint.pth"]},
            id="a folder each",
        ),
        pytest.param(
            {"config.json": GLOW, "model.pth": WEIGHTS, "vocoder_config.json": HIFIGAN, "vocoder.pth": WEIGHTS},
            {"config.json": ["model.pth"], "vocoder_config.json": ["vocoder.pth"]},
            id="all in one folder",
        ),
        pytest.param(
            {"glow_tts.json": GLOW, "hifigan.json": HIFIGAN, "model.pth": WEIGHTS, "hifigan.pth": WEIGHTS},
            {"glow_tts.json": ["model.pth"], "hifigan.json": ["hifigan.pth"]},
            id="configs by the names of the networks",
        ),
        pytest.param(
            {
                "tts_models--en--ljspeech--glow-tts/config.json": GLOW,
                "tts_models--en--ljspeech--glow-tts/model_file.pth": WEIGHTS,
                "vocoder_models--en--ljspeech--hifigan_v2/config.json": HIFIGAN,
                "vocoder_models--en--ljspeech--hifigan_v2/model_file.pth": WEIGHTS,
            },
            {
                "tts_models--en--ljspeech--glow-tts/config.json": ["tts_models--en--ljspeech--glow-tts/model_file.pth"],
                "vocoder_models--en--ljspeech--hifigan_v2/config.json": [
                    "vocoder_models--en--ljspeech--hifigan_v2/model_file.pth"
                ],
            },
            id="coqui's downloads",
        ),
        pytest.param(
            {"config.json": TACOTRON, "vocoder/config.json": HIFIGAN, "vocoder/g.pth": WEIGHTS, "t.pth.tar": WEIGHTS},
            {"config.json": ["t.pth.tar"], "vocoder/config.json": ["vocoder/g.pth"]},
            id="a vocoder inside",
        ),
        pytest.param(
            {
                "configs/tts.json": GLOW,
                "configs/vocoder.json": HIFIGAN,
                "weights/tts/model.pt": WEIGHTS,
                "weights/vocoder/model.pt": WEIGHTS,
            },
            {"configs/tts.json": ["weights/tts/model.pt"], "configs/vocoder.json": ["weights/vocoder/model.pt"]},
            id="weights elsewhere",
        ),
        pytest.param(
            {
                "run/config.json": GLOW,
                "run/best_model_900.pth": WEIGHTS,
                "run/best_model_1100.pth": WEIGHTS,
                "run/best_model.pth": WEIGHTS,
                "run/checkpoint_2000.pth": WEIGHTS,
                "run/speakers.pth": WEIGHTS,
            },
            {"run/config.json": ["run/best_model.pth"]},
            id="a run of coqui's trainer",
        ),
        pytest.param(
            {"config.json": GLOW, "best_model_900.pth": WEIGHTS, "best_model_1100.pth": WEIGHTS},
            {"config.json": ["best_model_1100.pth"]},
            id="the best of the latest step",
        ),
        pytest.param(
            {"config.json": GLOW, "checkpoint_9000.pth": WEIGHTS, "checkpoint_10000.pth": WEIGHTS},
            {"config.json": ["checkpoint_10000.pth", "checkpoint_9000.pth"]},
            id="several checkpoints",
        ),
        pytest.param(
            {"config.json": GLOW, "model.pth": WEIGHTS, "model.safetensors": WEIGHTS},
            {"config.json": ["model.safetensors"]},
            id="the same in two formats",
        ),
        pytest.param(
            {
                "base/config.json": GLOW,
                "base/model.safetensors": WEIGHTS,
                "base/training.safetensors": WEIGHTS,
                "base/run.json": {"settings": {"model": "glow_tts"}},
                "vocoder/config.json": VOCOS,
                "vocoder/model.safetensors": WEIGHTS,
            },
            {"base/config.json": ["base/model.safetensors"], "vocoder/config.json": ["vocoder/model.safetensors"]},
            id="a voice of this project",
        ),
        pytest.param(
            {"config.json": GLOW, "config_original.json": GLOW, "model.pth": WEIGHTS},
            {"config.json": ["model.pth"]},
            id="an original config next to it",
        ),
        pytest.param(
            {"xtts/config.json": XTTS, "xtts/model.pth": WEIGHTS, "glow/config.json": GLOW, "glow/m.pth": WEIGHTS},
            {"glow/config.json": ["glow/m.pth"]},
            id="the weights of another model stay its own",
        ),
    ],
)
def test_each_config_finds_its_weights(tmp_path: Path, layout: Layout, expected: dict[str, list[str]]) -> None:
    assert get_weights(discover_layout(tmp_path, layout)) == expected


def test_the_newest_of_equally_named_best_models_wins(tmp_path: Path) -> None:
    folder = write_layout(tmp_path, {"config.json": GLOW, "a/best_model.pth": WEIGHTS, "b/best_model.pth": WEIGHTS})
    os.utime(folder / "a" / "best_model.pth", (2_000_000_000, 2_000_000_000))
    assert get_weights(discover(folder, read_pth)) == {"config.json": ["a/best_model.pth"]}
    os.utime(folder / "b" / "best_model.pth", (2_000_000_001, 2_000_000_001))
    assert get_weights(discover(folder, read_pth)) == {"config.json": ["b/best_model.pth"]}


def test_weights_named_after_emotions_become_one_checkpoint_each(tmp_path: Path) -> None:
    layout = {"config.json": GLOW, "neutral.pth": WEIGHTS, "angry_best_model.pth": WEIGHTS, "angry_9.pth": WEIGHTS}
    found = discover_layout(tmp_path, layout)
    assert {part.name: (part.emotion, [str(path) for path in part.weights]) for part in found.acoustic} == {
        "neutral": (Emotion.NEUTRAL, ["neutral.pth"]),
        "angry_best_model": (Emotion.ANGER, ["angry_best_model.pth"]),
    }


def test_the_architecture_comes_from_the_config(tmp_path: Path) -> None:
    layout = {"a/config.json": TACOTRON, "a/m.pth": WEIGHTS, "b/config.json": HIFIGAN, "b/m.pth": WEIGHTS}
    found = discover_layout(tmp_path, {**layout, "c/config.json": VOCOS, "c/m.pth": WEIGHTS})
    assert [part.architecture for part in found.acoustic] == ["tacotron2"]
    assert [part.architecture for part in found.vocoders] == ["hifigan", "vocos_source"]


def test_every_part_has_a_unique_name(tmp_path: Path) -> None:
    layout = {f"{folder}/config.json": GLOW for folder in ("angry/glow", "sad/glow", "base")}
    layout |= {"one.json": GLOW, "two.json": GLOW}
    files = {f"{Path(name).with_suffix('')}.pth": WEIGHTS for name in layout}
    names = [part.name for part in discover_layout(tmp_path, layout | files).acoustic]
    assert sorted(names) == ["angry/glow", "base", "one", "sad/glow", "two"]


@pytest.mark.parametrize(
    ("name", "emotion"),
    [
        ("angry", Emotion.ANGER),
        ("Sad_2", Emotion.SADNESS),
        ("p225-happy", Emotion.JOY),
        ("my.calm.voice", Emotion.NEUTRAL),
        ("joyful-happy", Emotion.JOY),
        ("happy-and-sad", None),
        ("p225", None),
        ("unhappy", None),
        ("", None),
    ],
)
def test_an_emotion_is_read_from_a_name(name: str, emotion: Emotion | None) -> None:
    assert find_emotion(name) is emotion


def test_the_emotion_comes_from_the_nearest_name(tmp_path: Path) -> None:
    layout = {"sad/angry/config.json": GLOW, "sad/angry/model.pth": WEIGHTS}
    assert discover_layout(tmp_path / "happy", layout).acoustic[0].emotion is Emotion.ANGER


@pytest.mark.parametrize(
    ("checkpoint", "speaker", "expected"),
    [
        (None, None, (None, NAMELESS)),
        (None, Emotion.JOY, (Emotion.JOY, BY_SPEAKER)),
        (Emotion.JOY, None, (Emotion.JOY, BY_CHECKPOINT)),
        (Emotion.JOY, Emotion.JOY, (Emotion.JOY, BY_BOTH)),
        (Emotion.NEUTRAL, Emotion.JOY, (Emotion.JOY, BY_SPEAKER)),
        (Emotion.JOY, Emotion.NEUTRAL, (None, CONTRADICTORY)),
    ],
)
def test_checkpoint_and_speaker_determine_the_emotion_together(
    checkpoint: Emotion | None, speaker: Emotion | None, expected: tuple[Emotion | None, int]
) -> None:
    assert guess_emotion(checkpoint, speaker) == expected


def test_a_checkpoint_for_one_emotion_is_preferred_to_a_general_one(tmp_path: Path) -> None:
    config = {**GLOW, "use_speaker_embedding": True, "speakers": ["neutral", "anger", "joy"]}
    layout = {"base/config.json": config, "anger/config.json": config}
    found = discover_layout(tmp_path, {**layout, "base/m.pth": WEIGHTS, "anger/m.pth": WEIGHTS})
    candidates = list_candidates(found.acoustic)
    assert [one.name for one in find_best_candidates(candidates, Emotion.ANGER)] == ["anger/anger"]
    assert [one.name for one in find_best_candidates(candidates, Emotion.JOY)] == ["base/joy"]
    assert [one.name for one in find_best_candidates(candidates, Emotion.NEUTRAL)] == ["base/neutral"]


def make_multi_speaker_config(**values: Any) -> dict[str, Any]:
    return {**GLOW, "use_speaker_embedding": True, **values}


@pytest.mark.parametrize(
    ("config", "file", "in_config"),
    [
        (make_multi_speaker_config(speakers=["b", "a"]), "", True),
        (make_multi_speaker_config(speakers_file="/home/someone/run/speakers.json"), "speakers.json", True),
        (make_multi_speaker_config(speakers_file="C:\\Users\\someone\\ids.json"), "ids.json", True),
        (make_multi_speaker_config(speakers_file="/home/someone/run/speakers.pth"), "speakers.pth", False),
        (make_multi_speaker_config(), "speaker_ids.json", False),
    ],
)
def test_speakers_are_found_in_the_locations_that_coqui_uses(
    tmp_path: Path, config: dict[str, Any], file: str, in_config: bool
) -> None:
    ids = {"b": 0, "a": 1}
    write_layout(tmp_path, {"tts/config.json": config, "tts/model.pth": WEIGHTS})
    if file.endswith(".json"):
        write_layout(tmp_path, {f"tts/{file}": ids})
    elif file:
        torch.save(ids, tmp_path / "tts" / file)
    (part,) = discover(tmp_path, read_pth).acoustic
    assert (part.speakers, part.named_in_config) == (("b", "a"), in_config)


class RunsCode:
    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("open('it-ran', 'w').close()",)


def test_a_speaker_file_that_would_run_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_layout(
        tmp_path, {"config.json": make_multi_speaker_config(speakers_file="speakers.pth"), "model.pth": WEIGHTS}
    )
    torch.save({"a": RunsCode()}, tmp_path / "speakers.pth")
    with pytest.raises(InvalidVoice, match="without running code"):
        discover(tmp_path, read_pth)
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize("ids", [{"a": 0, "b": 2}, {"a": "0"}, {"clip": {"embedding": [0.1]}}, {"a": None}])
def test_a_speaker_file_without_consecutive_numbers_is_refused(tmp_path: Path, ids: dict[str, Any]) -> None:
    layout = {
        "config.json": make_multi_speaker_config(speakers_file="speakers.json"),
        "speakers.json": ids,
        "model.pth": WEIGHTS,
    }
    assert "without a gap" in get_refusal(tmp_path, layout)


def test_a_config_with_comments_is_read(tmp_path: Path) -> None:
    text = '{ // a comment\n "model": "glow_tts", "distributed_url": "tcp://localhost", "audio": {} }'
    write_layout(tmp_path, {"model.pth": WEIGHTS})
    (tmp_path / "config.json").write_text(text)
    (part,) = discover(tmp_path, read_pth).acoustic
    assert part.values["distributed_url"] == "tcp://localhost"


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({}, ["no models of a voice", "glow_tts"]),
        ({"readme.txt": WEIGHTS, "notes.json": WEIGHTS, "list.json": {"model": "x"}}, ["no models of a voice"]),
        ({"config.json": XTTS, "model.pth": WEIGHTS}, ["is a xtts", "VITS", "glow_tts"]),
        (
            {"config.json": {"model": {}, "data": {"sampling_rate": 16000}}, "G_100000.pth": WEIGHTS},
            ["config.json is a fairseq_vits", "MMS", "Piper"],
        ),
        ({"config.json": {"model": "align", "audio": {}}, "model.pth": WEIGHTS}, ["is a align", "not supported"]),
        ({"config.json": {**GLOW, "use_d_vector_file": True}, "model.pth": WEIGHTS}, ["d-vectors", "not supported"]),
        ({"config.json": HIFIGAN, "model.pth": WEIGHTS}, ["no acoustic model"]),
        ({"config.json": GLOW}, ["no weights", "config.json"]),
        ({"config.json": GLOW, "model.pth": WEIGHTS}, ["vocoder", "there is none", "hifigan_v2"]),
        (
            {"config.json": GLOW, "model.pth": WEIGHTS, "v/config.json": {"model": "wavernn", "audio": {}}},
            ["vocoder", "v/config.json is a wavernn", "cannot stream", "hifigan_v2"],
        ),
        ({"config.json": WEIGHTS, "model.pth": WEIGHTS}, ["config.json", "not valid JSON"]),
        ({"config.json": make_multi_speaker_config(), "model.pth": WEIGHTS}, ["use_speaker_embedding"]),
        ({"inner/voice.json": {}, "config.json": GLOW}, ["voice.json of its own"]),
        (
            {
                "config.json": {**GLOW, "audio": {**AUDIO, "hop_length": 300}},
                "model.pth": WEIGHTS,
                "v/config.json": HIFIGAN,
                "v/model.pth": WEIGHTS,
            },
            ["config.json and v/config.json do not fit", "hop_length is 300.0", "256.0"],
        ),
    ],
)
def test_an_invalid_voice_is_refused_with_the_reason(tmp_path: Path, layout: Layout, words: list[str]) -> None:
    message = get_refusal(tmp_path, layout)
    assert all(word in message for word in words), message


def test_a_folder_with_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coqui_files, "MAX_FILES", 2)
    assert "more than 2 files" in get_refusal(tmp_path, {f"{number}.txt": WEIGHTS for number in range(3)})


def test_hidden_files_and_large_json_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coqui_files, "MAX_CONFIG_BYTES", 200)
    layout = {".git/config.json": GLOW, "config.json": {**GLOW, "more": "x" * 200}}
    assert discover_layout(tmp_path, layout) == ScanResult(tmp_path, (), (), ())


def test_the_nearest_compatible_vocoder_is_chosen(tmp_path: Path) -> None:
    misfit = {**HIFIGAN, "audio": {**AUDIO, "num_mels": 64}}
    layout = {"angry/glow/config.json": GLOW, "sad/glow/config.json": GLOW}
    layout |= {"angry/vocoder/config.json": HIFIGAN, "sad/vocoder/config.json": misfit, "v/config.json": HIFIGAN}
    files = {str(PurePosixPath(name).with_name("model.pth")): WEIGHTS for name in layout}
    found = discover_layout(tmp_path, layout | files)
    chosen = {
        part.name: [str(one.config) for one in find_compatible_vocoders(part, found.vocoders)]
        for part in found.acoustic
    }
    assert chosen == {
        "angry/glow": ["angry/vocoder/config.json"],
        "sad/glow": ["angry/vocoder/config.json", "v/config.json"],
    }


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("my-voice", "my-voice"),
        ("Meine Stimme (neu)", "Meine-Stimme-neu"),
        ("_x_", "x"),
        ("tts_models--en--lj", "tts_models--en--lj"),
        ("голос", ""),
        ("a" * 80, "a" * 64),
    ],
)
def test_a_voice_name_is_derived_from_its_folder(folder: str, name: str) -> None:
    assert to_voice_name(folder) == name


@pytest.mark.parametrize(
    ("language", "locale"), [("en-us", "en-US"), ("de", "de"), ("en-gb-x-rp", "en-GB"), ("fr-fr", "fr-FR")]
)
def test_a_language_is_converted_to_a_locale(language: str, locale: str) -> None:
    assert to_locale(language) == locale
