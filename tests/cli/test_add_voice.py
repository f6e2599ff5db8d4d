"""`intone voices add` as a user runs it, on tiny voices with random weights in the layouts that users have."""

from __future__ import annotations

import io
import json
import os
import pty
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.__main__ import main
from app.packages import bundled_models_dir
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline
from app.types import Emotion, SpeechRequest
from app.voices import Voice, open_voice
from tests.serving import run_intone
from tests.tiny_voice import change, write_acoustic, write_tiny_voice, write_vocoder

JOY, ANGER, NEUTRAL, SADNESS = Emotion.JOY, Emotion.ANGER, Emotion.NEUTRAL, Emotion.SADNESS


@dataclass(frozen=True)
class Added:
    """Exit code and output of the command."""

    returncode: int
    stdout: str
    stderr: str


def run_add(folder: Path, *flags: str, stdin: bytes | Path = b"") -> Added:
    """Run the real command, without a terminal unless one is given as `stdin`."""
    result = run_intone("voices", "add", str(folder), *flags, text=stdin)
    return Added(result.returncode, result.stdout.decode(), result.stderr.decode())


def add_and_open(folder: Path, *flags: str) -> Voice:
    """Add a voice, which must load and speak, and return it."""
    result = run_add(folder, *flags)
    assert result.returncode == 0, result.stderr
    return open_voice(folder)


def check_audibility(voice: Voice) -> dict[Emotion, bool]:
    """Return whether each emotion is audible in the pipeline that the service loads."""
    pipeline = Pipeline.load(load_settings(voices=[voice.folder], default_voice=voice.name, backend="torch"))
    requests = {emotion: SpeechRequest("Good morning.", emotion=emotion, seed=1) for emotion in voice.manifest.emotions}
    audible = {name: np.abs(pipeline.synthesize(one).samples).max() > 0.001 for name, one in requests.items()}
    pipeline.close()
    return audible


def get_assignments(voice: Voice) -> dict[Emotion, tuple[str, str | None, str]]:
    """Return the checkpoint, speaker and vocoder of each emotion."""
    return {name: (one.checkpoint, one.speaker, one.vocoder) for name, one in voice.manifest.emotions.items()}


def run_failing_add(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command that fails before it speaks; return its exit code and its only line."""
    code = main(["voices", "add", *arguments])
    (line,) = capsys.readouterr().err.splitlines()
    return code, line


def write_folders(root: Path) -> None:
    write_acoustic(root / "glow", weights="best_model.pth")
    write_vocoder(root / "vocoder", "checkpoint.pth")


def write_one_folder(root: Path) -> None:
    write_acoustic(root, "tacotron2", r=10)  # its decoder never stops, so more frames per step take less time
    write_vocoder(root, "vocoder.pth", "vocoder_config.json")


def write_downloads(root: Path) -> None:
    write_acoustic(root / "tts_models--en--ljspeech--glow-tts", weights="model_file.pth")
    write_vocoder(root / "vocoder_models--en--ljspeech--hifigan_v2", "model_file.pth")


def write_speakers_as_emotions(root: Path) -> None:
    write_acoustic(root / "tts", weights="model.safetensors", speakers=("neutral", "happy"))
    write_vocoder(root / "hifigan", "model.safetensors")


def write_folders_as_emotions(root: Path) -> None:
    write_acoustic(root / "angry", weights="best_model_20.pth", seed=1)
    write_acoustic(root / "plain" / "glow", weights="checkpoint_10.pth", seed=2)
    write_vocoder(root / "vocoder")


def write_files_as_emotions(root: Path) -> None:
    write_acoustic(root, weights="sad.pth", seed=1)
    write_acoustic(root, weights="neutral.pth", seed=1)
    write_vocoder(root / "vocoder")


def write_training_run(root: Path) -> None:
    """Write what coqui's trainer leaves: speakers in a pickle, copies of the best weights, a config with a comment."""
    write_acoustic(root / "run", weights="best_model.pth", speakers=("neutral", "sad"))
    shutil.copy(root / "run" / "best_model.pth", root / "run" / "best_model_1200.pth")
    torch.save(json.loads((root / "run" / "speakers.json").read_text()), root / "run" / "speakers.pth")
    (root / "run" / "speakers.json").unlink()
    change(root / "run" / "config.json", speakers_file="/home/someone/run/speakers.pth")
    config = root / "run" / "config.json"
    config.write_text("// a run of March\n" + config.read_text())
    write_vocoder(root / "vocoder")


@pytest.mark.parametrize(
    ("write", "expected", "degree"),
    [
        (write_folders, {NEUTRAL: ("glow", None, "vocoder")}, False),
        (write_one_folder, {NEUTRAL: ("main", None, "vocoder")}, False),
        (
            write_downloads,
            {NEUTRAL: ("tts_models--en--ljspeech--glow-tts", None, "vocoder_models--en--ljspeech--hifigan_v2")},
            False,
        ),
        (write_speakers_as_emotions, {NEUTRAL: ("tts", "neutral", "hifigan"), JOY: ("tts", "happy", "hifigan")}, True),
        (write_folders_as_emotions, {NEUTRAL: ("glow", None, "vocoder"), ANGER: ("angry", None, "vocoder")}, False),
        (write_files_as_emotions, {NEUTRAL: ("neutral", None, "vocoder"), SADNESS: ("sad", None, "vocoder")}, True),
        (write_training_run, {NEUTRAL: ("run", "neutral", "vocoder"), SADNESS: ("run", "sad", "vocoder")}, True),
    ],
)
def test_a_folder_becomes_a_working_voice_without_questions(
    tmp_path: Path, write: Callable[[Path], None], expected: dict[Emotion, Any], degree: bool
) -> None:
    write(tmp_path / "My voice")
    voice = add_and_open(tmp_path / "My voice", "--license", "MIT")
    assert get_assignments(voice) == expected
    assert (voice.name, voice.manifest.display_name, voice.manifest.license) == ("My-voice", "My voice", "MIT")
    assert voice.manifest.degree is degree
    parts: list[Any] = [*voice.manifest.checkpoints.values(), *voice.manifest.vocoders.values()]
    assert all(part.sha256 == voice.hashes[part.model] for part in parts)
    assert check_audibility(voice) == dict.fromkeys(expected, True)


def test_the_shipped_voice_gets_the_same_manifest(tmp_path: Path) -> None:
    shipped = open_voice(bundled_models_dir() / "voices" / "wren")
    shutil.copytree(shipped.folder, tmp_path / "wren")
    (tmp_path / "wren" / "voice.json").unlink()
    voice = add_and_open(tmp_path / "wren", "--name", "finch", "--license", "Apache-2.0")
    assert {name: (one.checkpoint, one.speaker) for name, one in voice.manifest.emotions.items()} == {
        name: (one.checkpoint, one.speaker) for name, one in shipped.manifest.emotions.items()
    }
    for name, files in shipped.manifest.checkpoints.items():
        assert voice.manifest.checkpoints[name] == files
    (vocoder,), (shipped_vocoder,) = voice.manifest.vocoders.values(), shipped.manifest.vocoders.values()
    assert vocoder == shipped_vocoder
    assert voice.manifest.degree
    assert check_audibility(voice) == dict.fromkeys(Emotion, True)


def test_add_shows_the_files_found_and_a_next_command_that_works(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    write_acoustic(folder / "glow", speakers=("p1", "p2"))
    write_vocoder(folder / "vocoder")
    write_acoustic(folder / "xtts", seed=1)
    change(folder / "xtts" / "config.json", model="xtts")
    result = run_add(folder, "--yes")
    assert result.returncode == 0, result.stderr
    for words in ("glow_tts", "glow/model.pth", "hifigan", "22050 Hz", "phonemes, en-us", "speak nothing: p2"):
        assert words in result.stdout
    assert "xtts/config.json is a xtts, which continues a recording" in result.stdout
    variable, _, *command = shlex.split(result.stdout.splitlines()[-1])
    name, _, value = variable.partition("=")
    spoken = run_intone(*command, "-o", str(tmp_path / "out.wav"), **{name: value})  # type: ignore[arg-type]
    assert spoken.returncode == 0, spoken.stderr
    assert (tmp_path / "out.wav").stat().st_size > 1000


def add_on_terminal(folder: Path, answers: str) -> Added:
    """Run the command on a pseudo-terminal into which a user types the answers."""
    typing, terminal = pty.openpty()
    os.write(typing, answers.encode())
    try:
        return run_add(folder, stdin=Path(os.ttyname(terminal)))
    finally:
        os.close(terminal)
        os.close(typing)


def test_add_prompts_on_a_terminal_for_missing_facts(tmp_path: Path) -> None:
    folder = tmp_path / "голос"
    write_acoustic(folder / "glow", weights="checkpoint_10.pth", speakers=("p225", "p226", "p227"))
    write_acoustic(folder / "glow", weights="checkpoint_20.pth", speakers=("p225", "p226", "p227"), seed=1)
    write_vocoder(folder / "a")
    write_vocoder(folder / "b")
    answers = ["p228", "p226", "p225=bliss", "p225=cheerful", "b", "glow/checkpoint_10.pth", "../x", "sprat", ""]
    result = add_on_terminal(folder, "".join(f"{answer}\n" for answer in answers))
    assert result.returncode == 0, result.stderr
    questions = [
        "Who speaks neutral: p225, p226, p227? [p225]",
        "'p228' is none of them",
        "Who else speaks an emotion: p225, p227?",
        "no emotion 'bliss'",
        "Which vocoder: a, b? [a]",
        "Which weights belong to glow/config.json: glow/checkpoint_20.pth, glow/checkpoint_10.pth?",
        "What is this one called? [voice]",
        "'../x' cannot be a voice's name",
        "Which licence does the voice have? [unknown]",
    ]
    places = [result.stderr.find(question) for question in questions]
    assert -1 not in places and places == sorted(places), result.stderr
    voice = open_voice(folder)
    assert get_assignments(voice) == {NEUTRAL: ("glow", "p226", "b"), JOY: ("glow", "p225", "b")}
    assert voice.manifest.checkpoints["glow"].model == "glow/checkpoint_10.pth"
    assert (voice.name, voice.manifest.license) == ("sprat", "unknown")


def test_end_of_input_on_a_terminal_writes_nothing(tmp_path: Path) -> None:
    write_acoustic(tmp_path / "glow")
    write_vocoder(tmp_path / "vocoder")
    result = add_on_terminal(tmp_path, "\x04")  # Ctrl-D
    assert result.returncode == 2 and "--license" in result.stderr
    assert not (tmp_path / "voice.json").exists()


@pytest.fixture
def ambiguous_folder(tmp_path: Path) -> Path:
    """A folder that leaves every question open."""
    folder = tmp_path / "wren"
    for weights in ("checkpoint_10.pth", "checkpoint_20.pth"):
        write_acoustic(folder / "glow", weights=weights, speakers=("p225", "p226"))
    write_vocoder(folder / "a")
    write_vocoder(folder / "b")
    return folder


FLAGS = [
    ("--emotion", "p225=neutral"),
    ("--vocoder", "a"),
    ("--weights", "glow/checkpoint_20.pth"),
    ("--name", "wren-2"),
    ("--license", "unknown"),
]


@pytest.mark.parametrize("missing", [flag for flag, _ in FLAGS])
def test_without_a_terminal_the_error_names_the_missing_flag(
    ambiguous_folder: Path, missing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    given = [word for flag, value in FLAGS if flag != missing for word in (flag, value)]
    code, line = run_failing_add(capsys, str(ambiguous_folder), *given)
    assert code == 2
    assert f"{missing} " in line and "--yes" in line
    assert not (ambiguous_folder / "voice.json").exists()


def test_all_flags_together_leave_no_question(ambiguous_folder: Path) -> None:
    voice = add_and_open(ambiguous_folder, *(word for flag in FLAGS for word in flag), "--emotion", "p226=sad")
    assert get_assignments(voice) == {NEUTRAL: ("glow", "p225", "a"), SADNESS: ("glow", "p226", "a")}
    assert (voice.name, voice.manifest.license) == ("wren-2", "unknown")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--emotion", "p225"), ["NAME=EMOTION"]),
        (("--emotion", "p225=bliss"), ["bliss", "joy"]),
        (("--emotion", "p999=joy"), ["p999", "p225"]),
        (("--emotion", "glow=joy"), ["'glow' may be p225, p226"]),
        (("--vocoder", "glow"), ["no vocoder glow", "a, b"]),
        (("--weights", "a/config.json"), ["a/config.json", "no weight file"]),
        (("--name", "a/b"), ["'a/b'", "letters"]),
        (("--name", "WREN"), ["already", "--name"]),
    ],
)
def test_an_invalid_flag_value_is_a_usage_error(
    ambiguous_folder: Path, flags: tuple[str, ...], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, line = run_failing_add(capsys, str(ambiguous_folder), "--yes", *flags)
    assert code == 2 and all(word in line for word in words), line
    assert not (ambiguous_folder / "voice.json").exists()


def test_a_missing_or_already_described_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, line = run_failing_add(capsys, str(tmp_path / "nowhere"))
    assert code == 2 and "no folder" in line
    folder = write_tiny_voice(tmp_path / "tiny")
    before = (folder / "voice.json").read_bytes()
    code, line = run_failing_add(capsys, str(folder), "--yes")
    assert code == 2 and "--force" in line
    assert (folder / "voice.json").read_bytes() == before


def test_force_replaces_the_manifest(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "tiny")
    (folder / "voice.json").write_text("{")
    assert add_and_open(folder, "--force", "--yes").name == "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["acoustic", "vocoder", "voice.json"]


def test_list_flags_are_refused_with_add(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--check", "add", str(tmp_path)]) == 2
    assert "--check" in capsys.readouterr().err


def write_without_vocoder(root: Path) -> None:
    write_acoustic(root / "glow")


def write_mismatched_vocoder(root: Path) -> None:
    write_acoustic(root / "glow")
    write_vocoder(root / "vocoder", mel_fmax=7600.0)


def write_two_sample_rates(root: Path) -> None:
    for emotion, rate in (("neutral", 22050), ("angry", 16000)):
        write_acoustic(root / emotion / "glow", audio={"sample_rate": rate})
        write_vocoder(root / emotion / "vocoder", sample_rate=rate)


def write_unsafe_weights(root: Path) -> None:
    """Write weights that are refused when they are compared, before anything is written."""
    write_acoustic(root / "neutral")
    write_acoustic(root / "angry")
    write_vocoder(root / "vocoder")
    torch.save({"model": {"weight": print}}, root / "angry" / "model.pth")


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (write_without_vocoder, ["glow_tts", "vocoder", "hifigan_v2"]),
        (write_mismatched_vocoder, ["mel_fmax is 8000.0", "7600.0", "trained on the same mel spectrogram"]),
        (write_two_sample_rates, ["one sample rate", "22050", "16000"]),
        (write_unsafe_weights, ["without running code", "safetensors"]),
    ],
)
def test_an_unusable_folder_is_refused_in_one_line_and_nothing_is_written(
    tmp_path: Path, write: Callable[[Path], None], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "voice")
    code, line = run_failing_add(capsys, str(tmp_path / "voice"), "--yes")
    assert code == 1 and all(word in line for word in words), line
    assert not (tmp_path / "voice" / "voice.json").exists()


def get_last_line(result: Added) -> str:
    return result.stderr.splitlines()[-1]


def test_a_voice_that_cannot_be_loaded_fails_and_keeps_its_voice_json(tmp_path: Path) -> None:
    write_folders(tmp_path)
    change(tmp_path / "vocoder" / "config.json", generator_model_params={"upsample_initial_channel": 32})
    result = run_add(tmp_path, "--yes")
    assert result.returncode == 1
    assert "weights do not fit" in get_last_line(result) and "voice.json stays" in get_last_line(result)
    assert (tmp_path / "voice.json").exists()


def test_a_silent_voice_fails_and_keeps_its_voice_json(tmp_path: Path) -> None:
    write_folders(tmp_path)
    weights = torch.load(tmp_path / "vocoder" / "checkpoint.pth", weights_only=True)
    silent = {name: torch.zeros_like(value) for name, value in weights["model"].items()}
    torch.save({**weights, "model": silent}, tmp_path / "vocoder" / "checkpoint.pth")
    result = run_add(tmp_path, "--yes")
    assert result.returncode == 1
    assert "does not speak with neutral" in get_last_line(result) and "voice.json stays" in get_last_line(result)
    assert (tmp_path / "voice.json").exists()


@pytest.mark.parametrize("architecture", ["vits", "tacotron2"])
def test_convert_writes_safetensors_that_speak_the_same(tmp_path: Path, architecture: str) -> None:
    folder = write_tiny_voice(tmp_path / "tiny", architecture)
    before = check_audibility(open_voice(folder))
    result = run_intone("voices", "convert", str(folder))
    assert result.returncode == 0, result.stderr
    assert b"acoustic/model.pth -> " in result.stdout and b"can be deleted" in result.stdout
    for old in folder.rglob("*.pth"):
        old.unlink()
    voice = open_voice(folder)
    assert all(part.model.endswith(".safetensors") and part.sha256 for part in voice.manifest.networks)
    assert check_audibility(voice) == before
    assert b"all weights are safetensors already" in run_intone("voices", "convert", str(folder)).stdout
    assert run_intone("voices", "convert", str(tmp_path)).returncode == 2


def test_convert_refuses_a_file_that_would_run_code(tmp_path: Path) -> None:
    torch.save({"model": {"weight": print}}, tmp_path / "model.pth")
    result = run_intone("voices", "convert", str(tmp_path / "model.pth"))
    assert result.returncode != 0 and b"without running code" in result.stderr
    assert not (tmp_path / "model.safetensors").exists()
