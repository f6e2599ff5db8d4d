"""docs/sagemaker.md names existing files and tests, and commands with valid arguments."""

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
def test_documented_commands_have_valid_arguments(command: str, rest: str) -> None:
    COMMANDS[command].make_parser().parse_args(shlex.split(rest))


def test_every_command_is_documented() -> None:
    assert {command for command, _ in LINES} == set(COMMANDS)


def test_the_named_tests_exist() -> None:
    named = re.findall(r"`(tests/sagemaker_deploy/\w+\.py)::(test_\w+)`", DOCUMENT)
    assert len(named) >= 8
    for file, name in named:
        functions = {one.name for one in ast.parse((ROOT / file).read_text()).body if isinstance(one, ast.FunctionDef)}
        assert name in functions, name


def test_the_named_files_exist() -> None:
    for name in ("trust", "training", "endpoint", "developer"):
        assert f"{name}" in DOCUMENT and (ROOT / "docker" / "iam" / f"{name}.json").is_file()
