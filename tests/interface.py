"""Every rule of the interface with its tests; `python -m tests.interface` prints them as a table."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_suffix(".tsv")
ROOT = FILE.parents[1]


@dataclass(frozen=True)
class Row:
    """One rule."""

    key: str
    """A stable identifier: the part of the interface, then the name of the rule."""
    rule: str
    tests: tuple[str, ...]
    """Test ids of pytest, without parameters."""


def read_rows() -> list[Row]:
    """Read the rules in the order of the interface."""
    _, *lines = FILE.read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines]
    return [Row(key, rule, tuple(tests.split())) for key, rule, tests in cells]


@cache
def read_function_names(file: str) -> set[str]:
    """Return the names of a file's functions, among them the tests that pytest would collect."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return {one.name for one in ast.parse((ROOT / file).read_text("utf-8")).body if isinstance(one, functions)}


def format_markdown(rows: list[Row]) -> str:
    """Format a table that groups the tests by file."""
    lines = [f"| `{row.key}` | {row.rule.replace('|', chr(92) + '|')} | {_group_by_file(row.tests)} |" for row in rows]
    return "\n".join(["| rule | what it says | tests |", "|---|---|---|", *lines, ""])


def _group_by_file(tests: tuple[str, ...]) -> str:
    files: dict[str, list[str]] = {}
    for test in tests:
        file, _, name = test.partition("::")
        files.setdefault(file, []).append(name)
    return "; ".join(f"{file}: {', '.join(names)}" for file, names in files.items())


if __name__ == "__main__":
    sys.stdout.write(format_markdown(read_rows()))
