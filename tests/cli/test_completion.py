"""What shells complete after `intone`, according to the shells themselves."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from app.__main__ import main
from app.cli.completion import SCRIPTS
from app.cli.parser import COMMANDS, make_command_parsers

EVERY_COMMAND = {name for name in COMMANDS if " " not in name}
OFFERED = [
    ("intone ", EVERY_COMMAND),
    ("intone s", {"say", "serve"}),
    ("intone --v", {"--version"}),
    ("intone say --form", {"--format"}),
    ("intone say --format ", {"wav", "flac", "mp3", "opus", "aac", "m4b", "pcm", "ulaw", "alaw"}),
    ("intone say 'Hi there.' --emotion s", {"sadness", "surprise"}),
    ("intone serve --log-format ", {"console", "json"}),
    ("intone serve --no-al", {"--no-allow-anonymous"}),
    ("intone voices ", {"add", "convert"}),
    ("intone voices add --v", {"--vocoder"}),
    ("intone voices --ch", {"--check"}),
    ("intone completion ", {"bash", "fish", "zsh"}),
]
needs = {shell: pytest.mark.skipif(not shutil.which(shell), reason=f"there is no {shell}") for shell in SCRIPTS}


@pytest.fixture
def script(tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Path:
    """The completion script, saved as a user would save it."""
    assert main(["completion", request.param]) == 0
    file = tmp_path / f"completion.{request.param}"
    file.write_text(capsys.readouterr().out)
    return file


def run_shell(command: list[str], code: str) -> set[str]:
    """Run code in a shell and return the completions that it prints, without their descriptions."""
    done = subprocess.run([*command, code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return {line.split("\t")[0] for line in done.stdout.splitlines() if line}


def write_bash_call(line: str) -> str:
    """Return code that calls the completion function with the variables that bash sets, and prints its result."""
    words = shlex.split(line) + ([""] if line.endswith(" ") else [])
    return (
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _intone; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )


@needs["bash"]
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(("line", "offered"), OFFERED)
def test_bash_completes_the_line(script: Path, line: str, offered: set[str]) -> None:
    assert run_shell(["bash", "-c"], f"source {script}; {write_bash_call(line)}") == offered


@needs["bash"]
@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_bash_completes_every_flag_of_every_command(script: Path) -> None:
    for name, parser in make_command_parsers().items():
        flags = {flag for action in parser._actions for flag in action.option_strings}
        assert run_shell(["bash", "-c"], f"source {script}; {write_bash_call(f'intone {name} -')}") == flags


@needs["bash"]
@pytest.mark.parametrize("script", ["bash"], indirect=True)
def test_bash_offers_files_if_it_has_no_completion(script: Path) -> None:
    assert run_shell(["bash", "-c"], f"source {script}; {write_bash_call('intone say -o ')}") == set()
    assert run_shell(["bash", "-c"], f"source {script}; complete -p intone") == {
        "complete -o default -F _intone intone"
    }


@needs["zsh"]
@pytest.mark.parametrize("script", ["zsh"], indirect=True)
@pytest.mark.parametrize(("line", "offered"), OFFERED)
def test_zsh_completes_the_line(script: Path, line: str, offered: set[str]) -> None:
    # As zsh's bashcompinit calls it; zsh itself then drops completions that do not begin with the word.
    code = f"source {script}; emulate sh; setopt kshglob; {write_bash_call(line)}"
    word = "" if line.endswith(" ") else shlex.split(line)[-1]
    assert {one for one in run_shell(["zsh", "-f", "-c"], code) if one.startswith(word)} == offered


@needs["fish"]
@pytest.mark.parametrize("script", ["fish"], indirect=True)
@pytest.mark.parametrize(("line", "offered"), OFFERED)
def test_fish_completes_the_line(script: Path, line: str, offered: set[str]) -> None:
    assert run_shell(["fish", "--no-config", "-c"], f"source {script}; complete -C {shlex.quote(line)}") == offered
