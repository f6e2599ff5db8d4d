"""Apply the rules of `rules.tsv`, row by row: a pattern, and what is read in place of each match.

`<name>` in a pattern is a row of the step `part`, or the words of a table of `word_tables.toml`. `needs` lists signs,
or words in small letters, of which every match contains one or stands beside one (`0-9`: also a digit): few rules fit
a sentence, and a search for signs is far faster. `␣` is a blank.

A reading is text with fields: `{1}` is what a group matched, `{1|4}` the first of two groups that is not empty,
`{1:form}` what a function or a table makes of it, `{1?text}` a text if the group is not empty, `{1!text}` a text if it
is; `[…]` is left out if all groups in it are empty. `=name` is a function of the match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from app.text.normalization import numbers
from app.text.word_tables import BOOK_NAMES, TABLES, join_alternatives, list_alternatives

Form = Callable[..., str]
Reading = Callable[[re.Match[str]], str]
DIGIT = re.compile(r"\d")
FIELD = re.compile(r"\{([\d|]+)([?!:]?)([^{}]*)\}")
PART = re.compile(r"<([A-Za-z_]{2,})>")
ANY_DIGIT = str.maketrans("123456789", "0" * 9)
"""Digits as they stand in the signs of a rule."""
LISTS = {name: tuple(table) for name, table in TABLES.items()} | {
    name: list_alternatives(name) for name in TABLES["alternatives"]
}


def look_up(table: Mapping[str, str], word: str) -> str:
    """Return what a table has for a word, as it is written or in small letters; else the word."""
    return table.get(word) or table.get(word.lower(), word)


FORMS: Mapping[str, Form] = {
    **{name: partial(look_up, table) for name, table in TABLES.items()},
    "cardinal": numbers.verbalize_cardinal,
    "count": numbers.verbalize_quantity,
    "decade": numbers.verbalize_decade,
    "decimal": numbers.verbalize_decimal,
    "digits": numbers.spell_digits,
    "int": lambda digits: str(int(digits)),
    "integer": numbers.verbalize_integer,
    "month": numbers.name_month,
    "number": numbers.verbalize_number,
    "ordinal": numbers.verbalize_ordinal,
    "use_commas": lambda number: re.sub("[ .]", ",", number),
    "weekday": numbers.name_weekday,
    "whole": numbers.verbalize_whole,
    "year": numbers.verbalize_year,
}
"""Functions from what a group matched, and perhaps the second word of the field, to words."""


class Rule(NamedTuple):
    """A pattern with what is read in place of a match."""

    pattern: re.Pattern[str]
    replacement: Reading


class Group(NamedTuple):
    """Rules in a row that need the same."""

    signs: tuple[str, ...]
    digits: bool
    """Whether every match contains a digit or stands beside one."""
    rules: list[Rule]


class RuleTable:
    """Rules of one step, in order."""

    def __init__(self, step: str, *functions: Form) -> None:
        """Read the rules of a step; `functions` are those that its readings name."""
        forms = {**FORMS, **{function.__name__: function for function in functions}}
        self.groups = [
            Group(
                tuple(list_signs(needs)),
                "0-9" in needs,
                [Rule(compile_pattern(pattern), make_reading(reading, forms)) for _, pattern, reading in rows],
            )
            for needs, rows in groupby(ROWS[step], key=itemgetter(0))
        ]
        self.without_digits = [group for group in self.groups if not group.digits]

    def __call__(self, text: str) -> str:
        """Return a text in which the matches of all rules are replaced."""
        groups = self.groups if DIGIT.search(text) else self.without_digits
        if not groups:
            return text
        lower = text.lower().translate(ANY_DIGIT)
        for signs, _, rules in groups:
            if signs:
                for sign in signs:
                    if sign in lower:
                        break
                else:
                    continue
            for pattern, replacement in rules:
                changed = pattern.sub(replacement, text)
                if changed != text:
                    text, lower = changed, changed.lower().translate(ANY_DIGIT)
        return text

    def read(self, text: str) -> Callable[[], str] | None:
        """Return a function that reads a text which one of the patterns matches as a whole; None if none does."""
        for group in self.groups:
            for pattern, replacement in group.rules:
                if match := pattern.fullmatch(text):
                    return partial(replacement, match)
        return None


def read_rows() -> dict[str, list[list[str]]]:
    """Return the rows of each step."""
    rows: dict[str, list[list[str]]] = {}
    for line in Path(__file__).with_name("rules.tsv").read_text(encoding="utf-8").split("\n")[1:]:
        if line and not line.startswith("#"):
            step, *row = line.split("\t")
            rows.setdefault(step, []).append(row)
    return rows


def make_parts() -> dict[str, str]:
    """Return the parts of patterns by name."""
    parts = {name: join_alternatives(words) for name, words in LISTS.items()} | {
        **{name: "|".join(LISTS[name]) for name in TABLES["alternatives"]},
        "BOOK_NAMES": join_alternatives(BOOK_NAMES),
        "LENGTHS": join_alternatives(numbers.LENGTHS),
        "MONTH_NAMES": "|".join(numbers.MONTHS),
        "SIGN": f"[{''.join(sign for sign in TABLES['currencies'] if len(sign) == 1)}]",
        "UNIT_NAMES": numbers.UNIT_NAMES,
    }
    for name, pattern, _ in ROWS["part"]:
        parts[name] = PART.sub(lambda part: parts[part[1]], pattern)
    return parts


ROWS = read_rows()
PARTS = make_parts()


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern with names of parts."""
    return re.compile(PART.sub(lambda part: PARTS[part[1]], pattern))


def list_signs(needs: str) -> Iterator[str]:
    """Yield the signs and words that a rule needs; a list stands for all its words."""
    for need in needs.replace("0-9", "").split():
        listed = PART.search(need)
        for word in LISTS[listed[1]] if listed else ("",):
            yield (need.replace(listed[0], word) if listed else need).replace("␣", " ").lower().translate(ANY_DIGIT)


def make_reading(reading: str, forms: Mapping[str, Form]) -> Reading:
    """Return the function of a match that a reading stands for."""
    reading = reading.replace("␣", " ")
    if reading.startswith("="):
        return forms[reading[1:]]
    sections = [list(parse_section(section, forms)) for section in re.split(r"[\[\]]", reading)]

    def read(match: re.Match[str]) -> str:
        words: list[str] = []
        for number, section in enumerate(sections):
            found = [part if isinstance(part, str) else part(match) for part in section]
            if number % 2 == 0 or any(found[1::2]):
                words += found
        return "".join(words)

    return read


def parse_section(section: str, forms: Mapping[str, Form]) -> Iterator[str | Reading]:
    """Yield the texts of a reading and, between them, the functions of its fields."""
    position = 0
    for field in FIELD.finditer(section):
        yield section[position : field.start()]
        yield make_field([int(group) for group in field[1].split("|")], field[2], field[3], forms)
        position = field.end()
    yield section[position:]


def make_field(groups: list[int], kind: str, text: str, forms: Mapping[str, Form]) -> Reading:
    """Return the function from a match to what is read in place of a field."""
    name, *argument = text.split(" ") if kind == ":" else ("",)
    form = forms[name] if name else str

    def read(match: re.Match[str]) -> str:
        written: str = next((match[group] for group in groups if match[group]), "")
        if kind in ("?", "!"):
            return text if bool(written) == (kind == "?") else ""
        return form(written, *argument) if written else ""

    return read
