"""Tests of the attribution of quotations, on labelled passages and on single constructions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.text.speakers import find_speeches

PASSAGES = Path(__file__).parents[1] / "planning" / "speakers.tsv"
UNNAMED = "-"


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
