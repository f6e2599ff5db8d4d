"""docs/comparison.md claims nothing of Intone without a test that shows it."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.serving import ROOT

DOCUMENT = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
LINES = [line for line in DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith("| |")]
ROWS = [line.strip("| ").split(" | ") for line in LINES]
CLAIMS = {what: tests for what, tests, *_ in ROWS}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def names_in(file: str) -> set[str]:
    """The names of a file's tests, as pytest would collect them."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return {one.name for one in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(one, functions)}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_names_tests_that_exist(claim: str) -> None:
    named = TEST.findall(CLAIMS[claim])
    assert CLAIMS[claim].count("::") == len(named)
    assert all(name in names_in(file) for file, name in named)
    assert named


def test_no_feature_and_no_complaint_is_left_out() -> None:
    tables = re.split(r"^## .*$", DOCUMENT, flags=re.MULTILINE)[1:]
    assert [sum(line in table for line in LINES) for table in tables] == [19, 17, 21]
    assert {len(row) for row in ROWS} == {6}
