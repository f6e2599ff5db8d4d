"""Every rule of the interface with the tests that show it; `python -m tests.interface` prints them as a table."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True)
class Row:
    """One rule."""

    key: str
    """Stays the same however the rule is worded: its part of the interface, then its own name."""
    rule: str
    tests: tuple[str, ...]
    """As pytest names them, without parameters."""


def read_rows() -> list[Row]:
    """The rules in the order of the interface."""
    _, *lines = FILE.read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines]
    return [Row(key, rule, tuple(tests.split())) for key, rule, tests in cells]


def as_markdown(rows: list[Row]) -> str:
    """A table; each test by its name, below its file's."""
    lines = [f"| `{row.key}` | {row.rule.replace('|', chr(92) + '|')} | {_by_file(row.tests)} |" for row in rows]
    return "\n".join(["| rule | what it says | tests |", "|---|---|---|", *lines, ""])


def _by_file(tests: tuple[str, ...]) -> str:
    files: dict[str, list[str]] = {}
    for test in tests:
        file, _, name = test.partition("::")
        files.setdefault(file, []).append(name)
    return "; ".join(f"{file}: {', '.join(names)}" for file, names in files.items())


if __name__ == "__main__":
    sys.stdout.write(as_markdown(read_rows()))
