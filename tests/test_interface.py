"""The list of the interface's rules is whole, and every test in it exists."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

from app.api.errors import allowed_methods
from app.audio.encode import FORMATS
from app.errors import ERRORS, IntoneError
from app.main import create_app
from app.settings import Settings, load_settings
from app.text import SSML_TABLE
from tests.interface import Row, read_rows
from tests.serving import ROOT

ROWS = read_rows()
ERROR_CODES = [kind.code for kind in (*ERRORS, IntoneError)]
UNDOCUMENTED = ("/", "/docs", "/openapi.json", "/ping")
"""Paths of which the API reference leaves out a method, or all."""


@cache
def names_in(file: str) -> set[str]:
    """The names of a file's tests."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return {one.name for one in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(one, functions)}


def route_key(method: str, path: str) -> str:
    """`GET /voices/{name}` -> `http.voices.name.get`."""
    return ".".join(["http", *(re.findall(r"[\w.-]+", path) or ["root"]), method.lower()])


def missing(needed: list[str]) -> list[str]:
    """What neither has a row nor rows of its parts."""
    keys = [row.key for row in ROWS]
    return [one for one in needed if not any(key == one or key.startswith(f"{one}.") for key in keys)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_a_rule_is_a_sentence_with_tests_that_exist(row: Row) -> None:
    assert re.fullmatch(r"[a-z0-9]+(\.[a-z0-9_-]+)+", row.key)
    assert row.rule.endswith(".") and row.rule.strip() == row.rule
    assert row.tests and len(set(row.tests)) == len(row.tests)
    for test in row.tests:
        file, _, name = test.partition("::")
        assert name.startswith("test_") and name in names_in(file), test


def test_no_rule_is_there_twice() -> None:
    assert [key for key, count in Counter(row.key for row in ROWS).items() if count > 1] == []


def test_every_route_has_a_row() -> None:
    app = create_app(load_settings())
    methods = {path: list(operations) for path, operations in app.openapi()["paths"].items()}
    for path in UNDOCUMENTED:
        methods[path] = [method for method in allowed_methods(app.routes, path) if method in ("GET", "POST")]
    needed = [route_key(method, path) for path, taken in methods.items() for method in taken]
    assert {"http.synthesize.post", "http.v1.models.name.get", "http.ping.post", "http.docs.get"} <= set(needed)
    assert missing(needed) == []


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
    assert missing([f"{part}.{name}" for name in names]) == []


def test_what_is_no_more_has_no_row() -> None:
    told = {row.key.split(".")[1] for row in ROWS if row.key.startswith("settings.")}
    assert told - {"sources", "wrong"} == set(Settings.model_fields)
    told = {row.key.removeprefix("errors.").removesuffix(".v1") for row in ROWS if row.key.endswith(".v1")}
    assert told == set(ERROR_CODES)


def test_the_list_is_printed_as_a_table() -> None:
    command = [sys.executable, "-m", "tests.interface"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout
    head, rule, *lines = printed.splitlines()
    assert head.count("|") == rule.count("|") == 4
    assert len(lines) == len(ROWS)
    assert all(row.key in line and row.rule in line for row, line in zip(ROWS, lines, strict=True))
