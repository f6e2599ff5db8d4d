"""Read a text that arrives in pieces: yield each sentence as soon as no later text can change it."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from app.text.lexicon import NO_LEXICONS, Lexicons
from app.text.delivery import WordEmotion
from app.text.formats.reader import read_input
from app.types import InputFormat, PlanWarning, Sentence


class Boundary(Enum):
    """What ended a stretch of text, if nothing in the text did."""

    FLUSH = auto()
    """The client requested everything up to here to be spoken."""
    IDLE = auto()
    """No text arrived for a while, and the text so far ends like a sentence."""


class LiveReader:
    """Reader of one text that arrives in pieces. Offsets of sentences count code points of the whole text."""

    def __init__(
        self,
        find_emotion: WordEmotion | None = None,
        lexicons: Lexicons = NO_LEXICONS,
        *,
        first_at_comma: bool = False,
    ) -> None:
        self._inputs: deque[str | Boundary] = deque()
        self._tail = ""
        self._base = 0
        self._settled: deque[Sentence | Boundary] = deque()
        self._find_emotion = find_emotion
        self._lexicons = lexicons
        self.warnings: list[PlanWarning] = []

    def push(self, text: str) -> None:
        """Append a piece of text; it may end anywhere."""
        self._inputs.append(text)

    def flush(self, boundary: Boundary = Boundary.FLUSH) -> None:
        """End the text so far: what follows begins a new sentence."""
        self._inputs.append(boundary)

    def read(self) -> Sentence | Boundary | None:
        """Return the next settled sentence, or `Boundary.FLUSH` after the last one before a flush; None if more text is
        needed."""
        while not self._settled and self._inputs:
            given = self._inputs.popleft()
            if isinstance(given, str):
                self._tail += given
            else:
                self._settled.extend(read_input(self._tail, InputFormat.MARKDOWN).sentences)
                self._settled.append(given)
                self._tail = ""
        return self._settled.popleft() if self._settled else None

    @property
    def unread(self) -> int:
        """Number of characters that belong to no settled sentence yet."""
        return len(self._tail) + sum(len(one) for one in self._inputs if isinstance(one, str))

    def take_warnings(self) -> tuple[PlanWarning, ...]:
        """Return the warnings since the last call."""
        return ()
