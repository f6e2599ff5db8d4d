"""Reading a request's text in any format: a table of what people send, by kind, and what is not read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.text import read_input
from app.text.lexicon import Lexicon, LexiconEntry
from app.text.phonetic import remove_phonemes
from app.text.scripts import fit_to_language
from app.types import InputFormat

READINGS = Path(__file__).with_name("readings.tsv")
"""Kind, written text with `\\n` for a line break, and the words to read of each clause."""
with READINGS.open(encoding="utf-8") as lines:
    CASES = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
SUBRIP = """\
1
00:00:01,000 --> 00:00:04,000
<i>Where were you last night,</i>

2
00:00:04,200 --> 00:00:06,000
when the lights
went out?

3
00:00:07,000 --> 00:00:09,500
{\\an8}- I was home.
- Liar!
"""
WEBVTT = """\
WEBVTT - A title
Kind: captions

NOTE a comment
over two lines

intro
00:01.000 --> 00:04.000 align:start position:0%
<v Tom>Where were you <c.yellow>last</c> night,

00:04.000 --> 00:07.500
when the lights <00:00:06.000>went out?

00:08.000 --> 00:09.500
- I was home.
- Liar!
"""


def read_clauses(text: str, **options: object) -> list[str]:
    found = read_input(text, InputFormat.AUTO, **options)  # type: ignore[arg-type]
    clauses = (clause.spoken for sentence in found.sentences for clause in sentence.clauses)
    return [remove_phonemes(fit_to_language(spoken, "en-US")[0]) for spoken in clauses]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["written"][:40])
def test_a_text_is_read_as_a_person_would(case: dict[str, str]) -> None:
    written = case["written"].replace("\\n", "\n").replace("\\r", "\r")
    assert " ‖ ".join(read_clauses(written)).strip() == case["read"].strip()


def test_a_lexicon_changes_only_the_reading_of_its_words() -> None:
    lexicon = Lexicon([LexiconEntry("zork", "zork")])
    for case in CASES:
        written = case["written"].replace("\\n", "\n").replace("\\r", "\r") + "\n\nzork"
        assert " ".join(read_clauses(written, lexicons={"request": lexicon})) == " ".join(read_clauses(written))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("text", [SUBRIP, WEBVTT])
def test_times_and_numbers_of_subtitles_are_not_read(text: str, line_end: str) -> None:
    text = text.replace("\n", line_end)
    found = read_input(text, InputFormat.AUTO)
    sentences = list(found.sentences)
    assert [" ".join(sentence.text.split()) for sentence in sentences] == [
        "Where were you last night, when the lights went out?",
        "I was home.",
        "Liar!",
    ]
    assert all(text[one.start : one.end].split()[-1].endswith(one.text.split()[-1]) for one in sentences)
    assert [warning.code for warning in found.warnings] == ["dropped_times"]


def test_a_timetable_is_no_subtitle() -> None:
    assert read_clauses("9:00 --> 10:00 Breakfast") == ["nine o'clock to ten o'clock Breakfast"]


def test_characters_of_private_use_are_reported() -> None:
    found = read_input("Press \ue001 now.", InputFormat.AUTO)
    assert [warning.code for warning in found.warnings] == ["unread_characters"]
    assert read_clauses("Press \ue001 now.") == ["Press now."]
