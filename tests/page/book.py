"""A text of any length, whose sentences all differ."""

from __future__ import annotations

NAMES = ("Ruth", "Harding", "Martha", "George", "Ellen", "Thomas", "Clara", "Peter", "Agnes")


def write_paragraph(number: int) -> str:
    """Return a paragraph of about 300 characters with narration, dialogue and several emotions."""
    one, two = NAMES[number % 9], NAMES[(number // 9 + number + 1) % 9]
    return (
        f"{one} walked to house number {number} by the river. “Did you lock the shed?” asked {two}. "
        f"I am so happy that you came, {number} times over! But stair {number} creaked, and {two} was terrified of it. "
        f"They had never liked the smell in kitchen {number}."
    )


def write_book(characters: int) -> str:
    """Return paragraphs of at least so many characters."""
    paragraphs: list[str] = []
    while sum(map(len, paragraphs)) + 2 * len(paragraphs) < characters:
        paragraphs.append(write_paragraph(len(paragraphs) + 1))
    return "\n\n".join(paragraphs)
