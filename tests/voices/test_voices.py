"""Voice folders: loading, validation with reasons for refusal, and the registry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidVoice, VoiceNotFound
from app.packages import bundled_models_dir
from app.types import Emotion
from app.voices import Registry, open_voice
from app.voices.registry import OPENAI_VOICES
from tests.tiny_voice import change, write_tiny_voice

NEUTRAL = {"checkpoint": "main", "vocoder": "main"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_voice(tmp_path / "tiny")


def get_refusal(folder: Path) -> str:
    with pytest.raises(InvalidVoice) as error:
        open_voice(folder)
    return error.value.detail


def test_the_shipped_voice_is_valid_and_has_all_emotions() -> None:
    voice = open_voice(bundled_models_dir() / "voices" / "wren")
    assert set(voice.abilities.checkpoints) == set(Emotion)
    assert voice.abilities.degree


def test_a_minimal_voice_json_is_accepted(folder: Path) -> None:
    voice = open_voice(folder)
    assert set(voice.abilities.checkpoints) == {Emotion.NEUTRAL}
    assert len(voice.abilities.checkpoints[Emotion.NEUTRAL].sha256) == 64


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"schema": 2}, "schema"),
        ({"name": "../x"}, "name"),
        ({"sample_rate": "fast"}, "sample_rate"),
        ({"emotions": {"neutral": {"checkpoint": "nowhere", "vocoder": "main"}}}, "nowhere"),
        ({"emotions": {"neutral": {"checkpoint": "main", "vocoder": "nowhere"}}}, "nowhere"),
        ({"emotions": {"neutral": {"checkpoint": "main", "vocoder": "main", "volume": 3}}}, "volume"),
        ({"emotions": {"neutral": {**NEUTRAL, "expression": {"slope": 2}}}}, "harmonic source"),
        ({"emotions": {"neutral": {**NEUTRAL, "expression": {"slope": 20}}}}, "slope"),
        ({"emotions": {"neutral": {**NEUTRAL, "expression": {"vibrato": 1}}}}, "vibrato"),
        ({"emotions": {"neutral": {**NEUTRAL, "expression": {"bands": [1, 2]}}}}, "bands"),
        ({"emotions": {"bliss": {"checkpoint": "main", "vocoder": "main"}}}, "bliss"),
        ({"fallbacks": {"joy": ["glee"]}}, "fallbacks"),
        ({"surprise": 1}, "surprise"),
        ({"sample": "../../etc/passwd"}, "sample"),
        ({"sample": "/etc/passwd"}, "sample"),
    ],
)
def test_an_invalid_voice_json_is_refused_by_field(folder: Path, values: dict[str, Any], expected: str) -> None:
    change(folder / "voice.json", **values)
    assert "voice.json" in get_refusal(folder) and expected in get_refusal(folder)


def test_a_voice_without_neutral_is_refused(folder: Path) -> None:
    content = json.loads((folder / "voice.json").read_text())
    content["emotions"] = {"joy": content["emotions"]["neutral"]}
    (folder / "voice.json").write_text(json.dumps(content))
    assert "neutral" in get_refusal(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "[" * 100_000])
def test_a_voice_json_that_is_not_an_object_is_refused(folder: Path, content: str) -> None:
    (folder / "voice.json").write_text(content)
    assert "voice.json" in get_refusal(folder)


@pytest.mark.parametrize("missing", ["acoustic/model.pth", "acoustic/config.json", "vocoder/model.pth"])
def test_a_missing_file_is_refused_by_name(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    assert missing in get_refusal(folder)


def test_a_link_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.pth"
    (folder / "acoustic" / "model.pth").rename(outside)
    (folder / "acoustic" / "model.pth").symlink_to(outside)
    assert "leads out" in get_refusal(folder)


def test_a_wrong_hash_is_refused_with_both_hashes(folder: Path) -> None:
    content = json.loads((folder / "voice.json").read_text())
    content["checkpoints"]["main"]["sha256"] = "0" * 64
    (folder / "voice.json").write_text(json.dumps(content))
    assert "0" * 64 in get_refusal(folder)
    assert "SHA-256" in get_refusal(folder)


@pytest.mark.parametrize(
    ("audio", "sentence"),
    [
        ({"hop_length": 300}, "hop_length is 300.0 in the acoustic model and 256.0 in the vocoder"),
        ({"win_length": 512}, "win_length is 512.0 in the acoustic model and 1024.0 in the vocoder"),
        ({"fft_size": 2048}, "fft_size is 2048.0"),
        ({"num_mels": 64}, "num_mels is 64.0"),
        ({"mel_fmin": 50.0}, "mel_fmin is 50.0"),
        ({"mel_fmax": None}, "mel_fmax is 11025.0 in the acoustic model and 8000.0 in the vocoder"),
    ],
)
def test_a_vocoder_mismatch_is_refused_with_both_values(folder: Path, audio: dict[str, Any], sentence: str) -> None:
    change(folder / "acoustic" / "config.json", audio=audio)
    assert sentence in get_refusal(folder)


def test_a_difference_of_normalisation_is_accepted(folder: Path) -> None:
    change(folder / "acoustic" / "config.json", audio={"signal_norm": True, "log_func": "np.log10", "spec_gain": 20.0})
    assert open_voice(folder).name == "tiny"


def test_an_unknown_speaker_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v", speakers=("neutral", "joy"))
    change(folder / "voice.json", emotions={"joy": {"checkpoint": "main", "vocoder": "main", "speaker": "bob"}})
    assert "'bob'" in get_refusal(folder) and "neutral, joy" in get_refusal(folder)


def test_a_multi_speaker_checkpoint_requires_a_speaker(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "v", speakers=("neutral", "joy"))
    change(folder / "voice.json", emotions={"joy": {"checkpoint": "main", "vocoder": "main"}})
    assert "say in voice.json which one is joy" in get_refusal(folder)


def test_a_broken_voice_does_not_hide_others(tmp_path: Path) -> None:
    write_tiny_voice(tmp_path / "good")
    (write_tiny_voice(tmp_path / "bad") / "voice.json").write_text("{")
    registry = Registry([tmp_path], "tiny")
    assert registry.list_names() == ["tiny"]
    assert list(registry.problems) == [tmp_path / "bad"]


def test_a_duplicate_voice_name_is_reported(tmp_path: Path) -> None:
    write_tiny_voice(tmp_path / "a")
    write_tiny_voice(tmp_path / "b")
    assert "already a voice tiny" in Registry([tmp_path], "tiny").problems[tmp_path / "b"]


def test_an_unusable_default_voice_prevents_the_start(tmp_path: Path) -> None:
    (write_tiny_voice(tmp_path / "tiny") / "voice.json").write_text("{")
    with pytest.raises(InvalidVoice, match="default voice tiny"):
        Registry([tmp_path], "tiny")


@pytest.mark.parametrize(
    ("names", "configured", "default"),
    [
        (("tiny",), None, "tiny"),
        (("tiny",), "", "tiny"),
        (("b", "a"), None, "b"),
        (("a", "Wren"), None, "Wren"),
        (("a", "wren"), "a", "a"),
        (("wren", "b"), "B", "b"),
    ],
)
def test_without_a_configured_default_wren_or_the_first_voice_is_used(
    tmp_path: Path, names: tuple[str, ...], configured: str | None, default: str
) -> None:
    folders = [write_tiny_voice(tmp_path / name) for name in names]
    for folder, name in zip(folders, names, strict=True):
        change(folder / "voice.json", name=name)
    registry = Registry(folders, configured)
    assert (registry.default, registry.get("alloy").name) == (default, default)


def test_without_any_voice_there_is_no_default(tmp_path: Path) -> None:
    with pytest.raises(InvalidVoice, match=r"wren cannot be used: there is no voice\.json in .*[^.]\.$"):
        Registry([tmp_path])


def test_names_and_aliases_are_case_insensitive(folder: Path) -> None:
    registry = Registry([folder], "tiny", {"Alloy": "Tiny"})
    assert {registry.get(name).name for name in (None, "TINY", "alloy")} == {"tiny"}


def test_aliases_have_canonical_voice_names_and_those_without_a_voice_are_dropped(folder: Path) -> None:
    registry = Registry([folder], "TINY", {"alloy": "TINY", "bird": "nobody", "Alloy": "tiny"})
    names = {*OPENAI_VOICES, "Alloy"} - {"alloy"}
    assert (registry.default, registry.aliases) == ("tiny", dict.fromkeys(names, "tiny"))
    with pytest.raises(VoiceNotFound) as error:
        registry.get("bird")
    assert "bird" not in error.value.hint


@pytest.mark.parametrize("name", ["a", "7", "Wren-2.0_b", "x" * 64])
def test_a_valid_name_is_accepted(folder: Path, name: str) -> None:
    change(folder / "voice.json", name=name)
    assert open_voice(folder).name == name


@pytest.mark.parametrize("name", ["", ".a", "-a", "_a", "a b", "a/b", "é", "a\n", "x" * 65])
def test_an_invalid_name_is_refused(folder: Path, name: str) -> None:
    change(folder / "voice.json", name=name)
    assert "name" in get_refusal(folder)


def test_an_unknown_voice_is_refused_with_a_suggestion(folder: Path) -> None:
    with pytest.raises(VoiceNotFound) as error:
        Registry([folder], "tiny").get("tinny")
    assert "Did you mean tiny?" in error.value.hint


def test_importing_voices_does_not_import_torch() -> None:
    code = "import sys, app.voices; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
