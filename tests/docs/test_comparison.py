"""Every claim that docs/comparison.md makes about Intone names a test that proves it."""

from __future__ import annotations

import re

from tests.interface import ROOT, read_function_names
from tests.tables import check_rows

DOCUMENT = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
LINES = [line for line in DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith("| |")]
ROWS = [line.strip("| ").split(" | ") for line in LINES]
CLAIMS = {claim: tests for claim, tests, *_ in ROWS}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@check_rows("claim", CLAIMS)
def test_every_claim_names_tests_that_exist(claim: str) -> None:
    named = TEST.findall(CLAIMS[claim])
    assert CLAIMS[claim].count("::") == len(named)
    assert all(name in read_function_names(file) for file, name in named)
    assert named


def test_no_feature_and_no_complaint_is_left_out() -> None:
    tables = re.split(r"^## .*$", DOCUMENT, flags=re.MULTILINE)[1:]
    assert [sum(line in table for line in LINES) for table in tables] == [19, 17, 21]
    assert {len(row) for row in ROWS} == {6}
