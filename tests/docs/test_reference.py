"""docs/reference matches the code and does not depend on the machine."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from app.cli.parser import COMMANDS, make_parser
from app.errors import ERRORS, IntoneError
from app.settings import Settings
from scripts.reference.__main__ import FOLDER, PAGES
from scripts.reference.schema import describe_kind
from scripts.reference.settings import IN_WORDS
from tests.serving import ROOT


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run python -m scripts.reference"


def test_there_are_no_other_pages() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(PAGES)


def test_a_default_that_depends_on_the_machine_is_described_in_words() -> None:
    fields = Settings.model_fields.items()
    dependent = {name for name, field in fields if field.default_factory or str(ROOT) in str(field.default)}
    assert dependent == set(IN_WORDS)
    for name in PAGES:
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert str(ROOT) not in text and f"{Path.home()}/" not in text


@pytest.mark.parametrize(("command", "line"), [(name, line) for name, one in COMMANDS.items() for line in one.examples])
def test_every_example_of_the_help_is_a_valid_command(command: str, line: str) -> None:
    words = shlex.split(line.partition(" >")[0])
    arguments = words[words.index("intone") + 1 :]
    options = make_parser(arguments).parse_args(arguments)
    assert " ".join(filter(None, (options.command, getattr(options, "action", None)))) == command


def test_every_error_has_a_remedy() -> None:
    kinds: tuple[type[IntoneError], ...] = (*ERRORS, IntoneError)
    assert all(kind.remedy for kind in kinds)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 2**32 - 1}, "whole number, ≥ 1, ≤ 4294967295"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text"),
        ({"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "string"}]}, "`a`, `b`"),
        ({"type": "array", "items": {"$ref": "#/$defs/Word"}}, "list of Word"),
        ({"additionalProperties": {"exclusiveMinimum": 0, "type": "number"}}, "object of number, > 0"),
    ],
)
def test_a_schema_is_described_in_words(schema: dict[str, object], words: str) -> None:
    assert describe_kind(schema) == words
