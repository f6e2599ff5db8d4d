"""Tests of the attribution of quotations, on labelled passages and on single constructions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.text.speakers import find_speeches
from tests.tables import check_rows

PASSAGES = Path(__file__).parents[1] / "planning" / "speakers.tsv"
UNNAMED = "-"
RULES = [
    ('"No!" Ruth\'s voice was sharp. "Never."', "- -"),
    ('Ruth heard Tom say, "I\'m leaving."', "Tom"),
    ('"You," she told Ruth, "are late."', "- -"),
    ('"Come in," the tall man beside Ruth said.', "the_tall_man"),
    ('"We won," said Ruth and Tom.', "-"),
    ('Tom asked Ruth if she knew. "I don\'t."', "-"),
    ('"I am leaving," Tom said to Ruth. Ruth nodded. "Good."', "Tom -"),
    ('Nothing moved. London was quiet. "Strange," he said.', "-"),
    ('John closed the door. "Is it over?" she asked.', "-"),
    ('"Ruth," said Tom, "said \'come here\', Peter."', "Tom Tom"),
    ('Ruth laughed. Tom frowned. "What?"', "-"),
    ('"Hello," said J. R. Hartley.', "J._R._Hartley"),
    ('"Yes," came the reply.', "-"),
    ('Peter wrote a book called "The End."', "-"),
    ('"Then go," Ruth said. Tom went. "And shut the door," she added.', "Ruth Ruth"),
    ('The doors began to close, and a child\'s voice said, quite politely, "Going up?"', "-"),
    ('"Enough," said Judge Hale, and the clerk said, "All rise."', "Judge_Hale the_clerk"),
    ('"Go," said Ruth\'s brother Tom.', "-"),
    ('He turned to Tom and whispered, "Run."', "-"),
    ('Ruth turned to Anna. "Run," she whispered.', "-"),
    ('A woman came in. "Hello," she said.', "-"),
    ('"I know," I told Ruth.', "I"),
    ('"It has a will," read Mr. Pym.\n\nThe nephew rose.\n\n"He never married," he said.', "Mr._Pym -"),
    ("Pupil: Tom\nAge: 12\nPupil: Ann\nAge: 11", ""),
    ("Note: closed.\nNote: open.\nPrice: four pounds.", ""),
]
"""Texts with the speaker of each quotation, whose blanks are underscores here."""


def read_passages(part: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each passage of a part with the speaker of each quotation; ¶ is a blank line, ⏎ a line end."""
    for line in PASSAGES.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, speakers, text = line.split("\t")
        if name == part:
            yield (
                text.replace(" ¶ ", "\n\n").replace(" ⏎", "\n").replace("\n ", "\n"),
                [one for one in speakers.split("|") if one],
            )


@pytest.mark.parametrize("part", ["open", "held"])
def test_labelled_passages_get_right_speakers_and_no_wrong_one(part: str) -> None:
    right, named, wrong = 0, 0, []
    for text, expected in read_passages(part):
        found = [one.speaker or UNNAMED for one in find_speeches(text) if not one.is_label]
        assert len(found) == len(expected), text
        named += sum(one != UNNAMED for one in expected)
        right += sum(a == b != UNNAMED for a, b in zip(found, expected, strict=True))
        wrong += [(text, a, b) for a, b in zip(found, expected, strict=True) if a not in (b, UNNAMED)]
    assert not wrong
    assert right / named >= 0.85


@check_rows("row", RULES)
def test_a_construction_names_its_speaker_or_nobody(row: tuple[str, str]) -> None:
    text, expected = row
    found = [(one.speaker or UNNAMED).replace(" ", "_") for one in find_speeches(text) if not one.is_label]
    assert " ".join(found) == expected


def test_a_script_has_a_quotation_for_each_label_and_line() -> None:
    found = list(
        find_speeches("RUTH (whispering): Who is\nthere?\nTOM: Me.\n\n(Pause.)\n\nRUTH: You?", split_labels=True)
    )
    assert [(one.speaker, one.is_label) for one in found] == [
        (name, is_label) for name in ("RUTH", "TOM", "RUTH") for is_label in (True, False)
    ]
    assert found[1].end == found[2].start - 1
