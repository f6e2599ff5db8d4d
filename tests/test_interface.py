"""The list of the rules of the interface is complete, and every test in it exists."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest

from app.audio.encode import FORMATS
from app.errors import ERRORS, IntoneError
from app.main import create_app
from app.settings import Settings, load_settings
from app.text import SSML_TABLE
from tests.interface import ROOT, Row, read_function_names, read_rows
from tests.tables import check_rows

ROWS = read_rows()
ERROR_KINDS: tuple[type[IntoneError], ...] = (*ERRORS, IntoneError)
ERROR_CODES = [kind.code for kind in ERROR_KINDS]
UNDOCUMENTED = ("/", "/docs", "/openapi.json", "/ping")
"""Paths of which the API reference omits one or all methods."""


def build_route_key(method: str, path: str) -> str:
    """Return the key of a route: `http.voices.name.get` for `GET /voices/{name}`."""
    return ".".join(["http", *(re.findall(r"[\w.-]+", path) or ["root"]), method.lower()])


def find_missing(needed: list[str]) -> list[str]:
    """Return the keys that have neither a row nor rows of their parts."""
    keys = [row.key for row in ROWS]
    return [one for one in needed if not any(key == one or key.startswith(f"{one}.") for key in keys)]


@check_rows("row", ROWS)
def test_a_rule_is_a_sentence_with_tests_that_exist(row: Row) -> None:
    assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9_-]+)+", row.key)
    assert row.rule.endswith(".") and row.rule.strip() == row.rule
    assert row.tests and len(set(row.tests)) == len(row.tests)
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name.startswith("test_") and name in read_function_names(file), test


def test_no_rule_is_listed_twice() -> None:
    assert [key for key, count in Counter(row.key for row in ROWS).items() if count > 1] == []


def test_every_route_has_a_row() -> None:
    app = create_app(load_settings())
    methods = {path: list(operations) for path, operations in app.openapi()["paths"].items()}
    for path in UNDOCUMENTED:
        methods[path] = [method for method in app.state.routes.list_methods(path) if method in ("GET", "POST")]
    needed = [build_route_key(method, path) for path, taken in methods.items() for method in taken]
    assert {"http.synthesize.post", "http.v1.models.name.get", "http.ping.post", "http.docs.get"} <= set(needed)
    assert find_missing(needed) == []


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("settings", list(Settings.model_fields)),
        ("errors", [*ERROR_CODES, *(f"{code}.v1" for code in ERROR_CODES)]),
        ("formats", list(FORMATS)),
        ("ssml", [row.name for row in SSML_TABLE]),
    ],
)
def test_every_setting_error_format_and_element_has_a_row(part: str, names: list[str]) -> None:
    assert find_missing([f"{part}.{name}" for name in names]) == []


def test_every_row_of_a_setting_or_error_exists_in_the_code() -> None:
    listed = {row.key.split(".")[1] for row in ROWS if row.key.startswith("settings.")}
    assert listed - {"sources", "wrong"} == set(Settings.model_fields)
    listed = {row.key.removeprefix("errors.").removesuffix(".v1") for row in ROWS if row.key.endswith(".v1")}
    assert listed == set(ERROR_CODES)


def test_the_list_is_printed_as_a_table() -> None:
    command = [sys.executable, "-m", "tests.interface"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    head, rule, *lines = printed.splitlines()
    assert head.count("|") == rule.count("|") == 4
    assert len(lines) == len(ROWS)
    assert all(row.key in line and row.rule in line for row, line in zip(ROWS, lines, strict=True))
