"""Build the text map of a text with tags, from the text that any reader adds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.text.text_map import TextBuilder, TextMap, WarningCollector

OPENING_MARKS = '"“‘«([*_\n'


@dataclass(frozen=True, slots=True)
class Tag:
    """A stretch that is not read, and what it changes."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    apply: Callable[[TextBuilder], None]
    separates: bool = True
    """Whether the words on both sides are separate words."""


@dataclass(frozen=True, slots=True)
class TaggedText:
    """A text with its tags."""

    text: str
    """The text with a filler in place of each character of a tag."""
    tags: tuple[Tag, ...]
    """In order."""


class TaggedTextBuilder(TextBuilder):
    """Builder of a text map that applies tags at their places, and leaves out their characters."""

    def __init__(self, remarks: WarningCollector, tags: Iterable[Tag]) -> None:
        super().__init__(remarks)
        self._coming = iter(tags)
        self._tag = next(self._coming, None)
        self._covered = 0
        """Offset of the end of the tags that were applied."""

    def characters(self, text: str, place: int, end: int) -> None:
        """Add text from a parser, between the tags."""
        for part, start in self._between_tags(text, place, end):
            super().characters(part, start, end if end - place != len(text) else start + len(part))

    def keep(self, text: str, place: int) -> None:
        """Add text with its white space, between the tags."""
        for part, start in self._between_tags(text, place, place + len(text)):
            super().keep(part, start)

    def finish(self) -> TextMap:
        """Apply the remaining tags, and return the text map; a text of tags alone is a pause without length."""
        for _ in self._between_tags("", self._covered, sys.maxsize):
            pass
        if not self.length:
            self.pause(0.0, 0)
        return super().finish()

    def _between_tags(self, text: str, place: int, end: int) -> Iterator[tuple[str, int]]:
        """Yield (text, offset) of the parts between tags, and apply each tag after the part before it."""
        position, before = max(0, self._covered - place), ""
        while self._tag is not None and self._tag.start < end:
            tag, self._tag = self._tag, next(self._coming, None)
            if position < tag.start - place:
                before = text[position : tag.start - place]
                yield before, place + position
            tag.apply(self)
            self._covered = max(self._covered, tag.end)
            position = max(position, tag.end - place)
            if tag.separates and before[-1:] not in OPENING_MARKS and text[position : position + 1].isalnum():
                self.blank(tag.start)
        if position < len(text):
            yield text[position:], place + position
