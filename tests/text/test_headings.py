"""Headings of a book."""

from __future__ import annotations

import pytest

from app.text.headings import Heading, find_headings
from tests.growth import count_calls, grows_linearly

FOUND = {
    "Chapter 1\n\nThe parcel came.": ["Chapter 1"],
    "CHAPTER ONE. The Parcel\n\nIt came at nine.": ["CHAPTER ONE. The Parcel"],
    "Chapter IV: Down the hole\n\nShe fell.": ["Chapter IV: Down the hole"],
    "chapter twenty-one — Home\n\nShe fell.": ["chapter twenty-one — Home"],
    "CHAPTER I.\nDown the Rabbit-Hole\n\nAlice was tired.": ["CHAPTER I. Down the Rabbit-Hole"],
    "  Part Two \r\n\r\nThe parcel came.": ["Part Two"],
    "Book 3": ["Book 3"],
    "# The Parcel\nIt came at nine.\n## The *box*, again ##\nIt ticked.": ["The Parcel", "The *box*, again"],
    "One.\n\nChapter 2\n\nTwo.\n\nChapter 3\n\nThree.": ["Chapter 2", "Chapter 3"],
    "# A\tB\x07C": ["A BC"],
}
NOT_FOUND = [
    "The parcel came at nine.",
    "Chapter 1 of the book was dull, so I skipped it.",
    "I read on.\nChapter 2\nwas better.",
    "Chapter 2\nwas better than I had hoped,\nand so on.",
    "Chapter 2 was better.",
    "Partly cloudy.",
    "#hashtag",
    "####### too deep",
    "# ",
    "C# is a language.",
    "Chapter 1. I read it slowly.\nThen I slept.",
    "",
]


def find(text: str, *, markdown: bool = True) -> list[Heading]:
    return list(find_headings(text, markdown=markdown))


@pytest.mark.parametrize("text", FOUND)
def test_a_heading_is_found_with_its_place(text: str) -> None:
    headings = find(text)
    assert [heading.title for heading in headings] == FOUND[text]
    for heading in headings:
        assert text[heading.start :].startswith(heading.title.split()[0])


@pytest.mark.parametrize("text", NOT_FOUND)
def test_text_without_headings_has_none(text: str) -> None:
    assert find(text) == []


def test_marks_are_no_headings_in_plain_text() -> None:
    assert find("# The Parcel\n\nIt came.", markdown=False) == []
    assert [one.title for one in find("Chapter 1\n\n# The Parcel", markdown=False)] == ["Chapter 1"]


@pytest.mark.parametrize("fence", ["```", "~~~~", "> ```"])
def test_comments_within_fenced_code_are_no_headings(fence: str) -> None:
    text = f"# One\n\n{fence}\n# a comment\n{fence}\n\n# Two"
    assert [heading.title for heading in find(text)] == ["One", "Two"]


def test_a_long_title_is_shortened_in_the_list() -> None:
    assert len(find("# " + "long " * 50)[0].title) == 100


@pytest.mark.parametrize("unit", ["#", "# ", "chapter ", " "])
def test_a_hostile_line_is_read_with_linear_work(unit: str) -> None:
    def count_calls_to_read(length: int) -> int:
        line = f"Chapter 1. {unit * length}" if unit == " " else unit * length
        return count_calls(lambda: find(f"{line}\n\n" * 5))

    assert grows_linearly(count_calls_to_read, 40_000)
