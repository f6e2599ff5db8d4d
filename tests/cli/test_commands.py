"""The command line as a user runs it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from app.packages import version
from tests.serving import ROOT, run_intone


def get_only_line(result: subprocess.CompletedProcess[bytes]) -> str:
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_help_imports_nothing_heavy() -> None:
    command = [sys.executable, "-m", "app", "--help"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert result.returncode == 0 and b"serve" in result.stdout
    code = "import sys; from app.cli.parser import make_parser; make_parser(['--help']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout.split()
    assert {"torch", "transformers", "fastapi", "pydantic", "numpy", "rich"}.isdisjoint(loaded)


def test_help_of_serve_lists_every_setting_with_its_variable() -> None:
    from app.settings import Settings

    text = "".join(run_intone("serve", "--help").stdout.decode().split())
    for name in Settings.model_fields:
        assert (f"--{name.replace('_', '-')}" in text) == (name != "api_keys")
        assert f"INTONE_{name.upper()}" in text


def test_keys_are_not_taken_from_the_command_line_and_help_never_shows_them() -> None:
    key = "a-key-of-some-length"
    assert run_intone("serve", "--api-keys", key).returncode == 2
    assert key.encode() not in run_intone("serve", "--help", INTONE_API_KEYS=key).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("sing",),
        ("say",),
        ("say", "Hi", "--speed", "9"),
        ("say", "Hi", "--seed", "-1"),
        ("say", "Hi", "--context", "x" * 10_001),
        ("analyze", "Hi", "--seed", "1"),
        ("say", "Hi", "-o", "/nowhere/out.wav"),
        ("say", "Hi", "-o", "out.xyz"),
        ("say", "Hi", "-o", "out.wma"),
        ("say", "Hi", "-o", "out.wav", "--format", "mp9"),
        ("say", "Hi", "-o", "out.wav", "--format", "mp3"),
        ("say", "Hi", "--format", "mp3"),
        ("say", "Hi", "-o", "docs"),
        ("say", "Hi", "-o", "-", "--json"),
        ("say", "missing.txt", "-o", "out.wav"),
        ("say", "docs", "-o", "out.wav"),
        ("analyze", "./missing"),
        ("say", " "),
        ("say", "Hi.", "--voice", "nobody"),
        ("train", "recordings", "--check", "--base", "nobody"),
        ("serve", "--port", "http"),
        ("serve", "--host", "0.0.0.0"),
    ],
)
def test_a_usage_error_exits_with_2_before_anything_is_loaded(arguments: tuple[str, ...]) -> None:
    result = run_intone(*arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert get_only_line(result).startswith("intone")


def test_an_invalid_setting_is_reported_in_one_line() -> None:
    result = run_intone("serve", INTONE_PORT="http")
    assert result.returncode == 2
    assert "INTONE_PORT" in get_only_line(result)


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run_intone("serve", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert "--port" in get_only_line(result)


def test_a_file_that_is_no_text_is_reported_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "program.txt"
    file.write_bytes(b"\x7fELF" + bytes(100))
    result = run_intone("say", str(file))
    assert result.returncode == 2
    assert "is a program" in get_only_line(result)


def test_say_needs_something_to_speak() -> None:
    result = run_intone("say")
    assert result.returncode == 2
    assert "--plan" in get_only_line(result)


def test_say_writes_the_file_and_shows_the_plan(tmp_path: Path) -> None:
    out = tmp_path / "out.flac"
    result = run_intone("say", "-", "-o", str(out), "--seed", "1", text=b"I am so happy! Where is he?")
    assert result.returncode == 0, result.stderr
    assert out.read_bytes()[:4] == b"fLaC"
    assert soundfile.info(str(out)).duration > 0.8
    table = result.stdout.decode()
    assert "I am so happy!" in table and "emotion" in table
    assert "\x1b" not in table + result.stderr.decode()


def test_say_writes_the_format_of_the_file_extension(tmp_path: Path) -> None:
    out = tmp_path / "out.ogg"
    result = run_intone("say", "Hello.", "-o", str(out))
    assert result.returncode == 0, result.stderr
    assert soundfile.info(str(out)).subtype == "OPUS"


def test_say_speaks_markup_and_blends(tmp_path: Path) -> None:
    file = tmp_path / "day.xml"
    file.write_text("<speak>What a day!<break time='2s'/> It rains.</speak>")
    result = run_intone(
        "say", "--ssml", str(file), "--emotion", "joy:0.6,surprise:0.4", "-o", str(tmp_path / "day.wav")
    )
    assert result.returncode == 0, result.stderr
    assert b"joy 0.60 and surprise 0.40, pinned by the request" in result.stdout
    assert soundfile.info(tmp_path / "day.wav").duration > 3
    broken = run_intone("say", "--ssml", "<speak>What a day!")
    assert broken.returncode == 1 and "line 1" in get_only_line(broken)


def test_say_without_a_player_suggests_a_file_and_still_shows_the_plan() -> None:
    result = run_intone("say", "Hello.", "--emotion", "joy", PATH="/nowhere")
    assert result.returncode == 0, result.stderr
    assert "-o speech.wav" in get_only_line(result)
    assert "joy" in result.stdout.decode()


def test_say_plays_with_an_installed_player(tmp_path: Path) -> None:
    player = tmp_path / "aplay"
    player.write_text(f'#!{sys.executable}\nimport shutil, sys; shutil.copy(sys.argv[-1], "{tmp_path}/played")\n')
    player.chmod(0o755)
    result = run_intone("say", "Hello.", PATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "played").read_bytes()[:4] == b"RIFF"


def test_analyze_prints_json_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "in.txt"
    file.write_text("I am so happy! Where is he?", encoding="utf-8")
    result = run_intone("analyze", str(file), "--json")
    assert result.returncode == 0, result.stderr
    assert [one["text"] for one in json.loads(result.stdout)["utterances"]] == ["I am so happy!", "Where is he?"]
    assert result.stderr == b""


@pytest.mark.parametrize(
    ("flags", "emotions"),
    [((), {"disgust"}), (("--no-tags",), {"neutral"}), (("--no-tags", "--instructions", "Sound sad."), {"sadness"})],
)
def test_analyze_reads_tags_and_instructions(flags: tuple[str, ...], emotions: set[str]) -> None:
    result = run_intone("analyze", "[disgusted] It is late. It is noon.", "--json", *flags)
    assert result.returncode == 0, result.stderr
    assert {one["emotion"] for one in json.loads(result.stdout)["utterances"][-1:]} == emotions


def test_analyze_reads_words_as_a_lexicon_says(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text('{"Siobhan": "Shivawn", "moon": "/5/"}')
    result = run_intone("analyze", "Siobhan came.", "--json", "--lexicon", str(tmp_path / "words.json"))
    assert result.returncode == 0, result.stderr
    plan = json.loads(result.stdout)
    assert [one["spoken"] for one in plan["utterances"]] == ["Shivawn came."]
    assert [one["code"] for one in plan["warnings"]] == ["lexicon_entry_ignored"]


def test_analyze_takes_voices_of_characters() -> None:
    result = run_intone("analyze", '"Come in," said Ruth.', "--json", "--voices", "narration=wren,Ruth=wren")
    assert result.returncode == 0, result.stderr
    assert [one["speaker"] for one in json.loads(result.stdout)["utterances"]] == ["Ruth", None]


def test_a_missing_lexicon_is_reported_in_one_line(tmp_path: Path) -> None:
    result = run_intone("analyze", "Siobhan came.", "--lexicon", str(tmp_path / "missing.json"))
    assert result.returncode == 1 and b"missing.json cannot be read" in result.stderr
    assert b"Traceback" not in result.stderr


def test_analyze_reads_standard_input_and_shows_a_table() -> None:
    result = run_intone("analyze", "-", text=b"I am so happy! Where is he?")
    assert result.returncode == 0, result.stderr
    header, first, second = result.stdout.decode().splitlines()
    assert header.split() == ["emotion", "text", "why"]
    assert first.startswith("joy") and "I am so happy!" in first and "joy at 0." in first
    assert "Where is he?" in second


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("say", "Hi.", "--voice", "nobody"), "wren"),
        (("analyze", "Hi.", "--emotion", "hapy"), "happy"),
        (("say", " "), "empty"),
        (("say", "missing.txt"), "missing.txt"),
    ],
)
def test_a_wrong_argument_is_reported_in_one_helpful_line(arguments: tuple[str, ...], word: str) -> None:
    result = run_intone(*arguments)
    assert result.returncode == 2
    assert word in get_only_line(result)


def test_intone_alone_prints_the_help() -> None:
    result = run_intone()
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout == run_intone("--help").stdout


def test_version_prints_the_version_of_the_package() -> None:
    assert run_intone("--version").stdout.decode() == f"intone {version()}\n"


def test_voices_are_listed_as_a_table_and_as_json() -> None:
    assert "wren" in run_intone("voices").stdout.decode()
    assert [voice["name"] for voice in json.loads(run_intone("voices", "--json").stdout)] == ["wren"]


def test_voices_check_speaks_with_every_emotion() -> None:
    result = run_intone("voices", "--check", "--json")
    assert result.returncode == 0, result.stderr
    checks = json.loads(result.stdout)
    assert len(checks) == 7
    assert all(check["seconds"] > 0.5 and check["real_time_factor"] > 0 and not check["problem"] for check in checks)


def test_voices_check_fails_for_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "voice.json").write_text("{")
    result = run_intone("voices", "--check", INTONE_VOICES=f"{ROOT / 'models' / 'voices'}:{tmp_path}")
    assert result.returncode == 1
    assert "broken" in get_only_line(result)
