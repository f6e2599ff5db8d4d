"""Words and signs with their readings, and lists of words, from `word_tables.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

TABLES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("word_tables.toml").read_text(encoding="utf-8")
)
"""Tables by name; each row is what is written and what is read, or the name of a list and its words."""


def list_words(table: str, name: str) -> tuple[str, ...]:
    """Return a list of words."""
    return tuple(TABLES[table][name].split())


def list_alternatives(name: str) -> tuple[str, ...]:
    """Return a list of alternatives of a regular expression, which may contain blanks."""
    return tuple(re.split(r"\s+\|\s+", TABLES["alternatives"][name].strip()))


def join_alternatives(words: Iterable[str]) -> str:
    """Return words as alternatives of a regular expression, longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


BOOK_NAMES = {name: name for name in TABLES["books"]} | {
    short: name for name, short in TABLES["books"].items() if short
}
"""Books that are cited by chapter and verse, by their names and abbreviations."""
