"""Headings of a book."""

from __future__ import annotations

import pytest

from app.text import read_text
from app.text.segment import read_book
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


@pytest.mark.parametrize("text", FOUND)
def test_a_heading_is_found_with_its_place_in_the_spoken_text(text: str) -> None:
    book = read_book(text)
    assert [heading.title for heading in book.headings] == FOUND[text]
    assert len(book.text) == len(text)
    for heading in book.headings:
        first = heading.title.split()[0]
        assert book.text[heading.start :].startswith(first) and text[heading.start :].startswith(first)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_text_without_headings_is_unchanged(text: str) -> None:
    book = read_book(text)
    assert (book.text, book.headings) == (text, ())


def test_markdown_marks_are_not_spoken_and_headings_are_paragraphs() -> None:
    book = read_book("One\n## The Parcel ##\nTwo.")
    assert [sentence.text for sentence in read_text(book.text)] == ["One", "The Parcel", "Two."]


def test_a_long_title_is_shortened_in_the_list_and_spoken_whole() -> None:
    book = read_book("# " + "long " * 50)
    assert len(book.headings[0].title) == 100 and book.text.count("long") == 50


@pytest.mark.parametrize("unit", ["#", "# ", "chapter ", " "])
def test_a_hostile_line_is_read_with_linear_work(unit: str) -> None:
    def count_calls_to_read(length: int) -> int:
        line = f"Chapter 1. {unit * length}" if unit == " " else unit * length
        return count_calls(lambda: read_book(f"{line}\n\n" * 5))

    assert grows_linearly(count_calls_to_read, 40_000)
