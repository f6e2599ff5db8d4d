"""docs/sagemaker.md names files and tests that there are, and commands that work as they stand there."""

from __future__ import annotations

import ast
import re
import shlex

import pytest

from tests.sagemaker_deploy.dry_runs import COMMANDS
from tests.serving import ROOT

DOCUMENT = (ROOT / "docs" / "sagemaker.md").read_text(encoding="utf-8")
LINES = re.findall(r"python -m scripts\.sagemaker\.(\w+) ([^\n)]+)", DOCUMENT)


@pytest.mark.parametrize(("command", "rest"), LINES)
def test_a_command_has_the_flags_that_are_written(command: str, rest: str) -> None:
    COMMANDS[command].parser().parse_args(shlex.split(rest))


def test_every_command_is_written_about() -> None:
    assert {command for command, _ in LINES} == set(COMMANDS)


def test_tests_that_are_named_are_there() -> None:
    named = re.findall(r"`(tests/sagemaker_deploy/\w+\.py)::(test_\w+)`", DOCUMENT)
    assert len(named) >= 8
    for file, name in named:
        functions = {one.name for one in ast.parse((ROOT / file).read_text()).body if isinstance(one, ast.FunctionDef)}
        assert name in functions, name


def test_files_that_are_named_are_there() -> None:
    for name in ("trust", "training", "endpoint", "developer"):
        assert f"{name}" in DOCUMENT and (ROOT / "docker" / "iam" / f"{name}.json").is_file()
