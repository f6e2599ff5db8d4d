"""Build the text map of a text with tags, from the text that any reader adds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.text.text_map import TextBuilder, TextMap, WarningCollector
from app.types import DEFAULT_PROSODY

OPENING_MARKS = '"“‘«([*_\n'
Effect = Callable[[TextBuilder], None]


@dataclass(frozen=True, slots=True)
class Tag:
    """A stretch that is not read, and what it changes."""

    start: int
    """Code points from the beginning of the text."""
    end: int
    """Code points, exclusive."""
    apply: Effect
    separates: bool = True
    """Whether the words on both sides are separate words."""
    is_held: bool = False
    """Whether an element is open after the tag, so that its effect lasts beyond the end of the paragraph."""


class TaggedTextBuilder(TextBuilder):
    """Builder of a text map that applies tags at their places, and leaves out their characters."""

    def __init__(self, remarks: WarningCollector, tags: Iterable[Tag]) -> None:
        super().__init__(remarks)
        self._coming = iter(tags)
        self._tag = next(self._coming, None)
        self._covered = 0
        """Offset of the end of the tags that were applied."""
        self._is_held = False

    def characters(self, text: str, place: int, end: int) -> None:
        """Add text from a parser, between the tags."""
        for part, start in self._between_tags(text, place, end):
            super().characters(part, start, end if end - place != len(text) else start + len(part))

    def keep(self, text: str, place: int) -> None:
        """Add text with its white space, between the tags."""
        for part, start in self._between_tags(text, place, place + len(text)):
            super().keep(part, start)

    def blank(self, place: int, sign: str = " ") -> None:
        """Separate two words, unless there is a tag at the offset: the words around it decide."""
        if sign == " " and (
            place < self._covered or (self._tag is not None and self._tag.start <= place < self._tag.end)
        ):
            return
        super().blank(place, sign)

    def edge(self, place: int, *, paragraph: bool, closing: bool) -> None:
        """Apply the tags before the end of a sentence; at the end of a paragraph, end what they have set."""
        self._apply_until(place)
        super().edge(place, paragraph=paragraph, closing=closing)
        if paragraph and not self._is_held:
            self.change(DEFAULT_PROSODY)

    def _apply_until(self, place: int) -> None:
        for _ in self._between_tags("", self._covered, place):
            pass

    def finish(self) -> TextMap:
        """Apply the remaining tags, and return the text map; a text of tags alone is a pause without length."""
        self._apply_until(sys.maxsize)
        if not self.length:
            self.pause(0.0, 0)
        return super().finish()

    def _between_tags(self, text: str, place: int, end: int) -> Iterator[tuple[str, int]]:
        """Yield (text, offset) of the parts between tags, and apply each tag after the part before it."""
        position = max(0, self._covered - place)
        while self._tag is not None and self._tag.start < end:
            tag, self._tag = self._tag, next(self._coming, None)
            if position < tag.start - place:
                yield text[position : tag.start - place], place + position
            tag.apply(self)
            self._is_held = tag.is_held
            self._covered = max(self._covered, tag.end)
            position = max(position, tag.end - place)
            before = self._pieces[-1][-1:] if self._pieces else ""
            if tag.separates and before not in OPENING_MARKS and text[position : position + 1].isalnum():
                super().blank(tag.start)
        if position < len(text):
            yield text[position:], place + position
