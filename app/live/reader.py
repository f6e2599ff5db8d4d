"""Read a text that arrives in pieces: return each sentence as soon as no later text can change it.

The reader looks at every prefix of the text at which a sentence may become certain, whatever the pieces were: so the
cutting of the text makes no difference. It reads again only the text from the beginning of an unfinished paragraph on,
or of a sentence in a long one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum, auto

from app.live.prefix import ENDS_LIKE_A_SENTENCE, UNFINISHED, Prefix, ReadingOptions
from app.types import PlanWarning, Sentence

MAX_UNSETTLED = 4000
"""Code points without a settled sentence after which all but the last sentence are spoken as they read now."""
LONG_PARAGRAPH = 120
"""Code points of a paragraph after which reading begins again at a sentence inside it."""
WORDS_TO_TRY = 6
"""Words after the end of a sentence at whose ends the reader tries again."""
OFTEN, RARELY = 200, 16
"""Code points of unsettled text up to which the reader tries at every chance. Then it waits until a 16th of the text is
new, so that the time stays linear."""
LONG_TAIL = 500
"""Code points that each try reads again from which on the reader waits, too, until a 16th of them is new: an emphasis
that is never closed, say, keeps it from beginning at a later sentence."""
MAX_TRIES, TRY_CODE_POINTS = 8, 8
"""Tries that the reader may make in a row, and code points after which it may make another one."""
CLOSING = "\"”’'»)]*_`~$.!?…>|"
"""Characters that may make a sentence certain later on: they close quotations, brackets and marks."""
MAY_SETTLE = re.compile(r"\n|(?![^\W_]|,)\S\s+\S")
"""Text that may make a sentence certain if none is in doubt: the end of a line, or what follows a mark."""
MAX_HISTORY = 2000
"""Code points before the tail in which speakers are looked for."""
MAX_WAITING_PIECES = 64
"""Pieces of text from which on the reader reads them in any case, so that none is searched more often than this."""
MAX_END_CHARACTERS = 20
"""Characters at the end of a text in which its last mark is looked for."""
BLANK_LINE = re.compile(r"\n[ \t]*\r?\n")
FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
NOTHING_SPOKEN = "nothing_spoken"
"""Code of the warning about a text without anything to read."""
FIRST_CLAUSE = re.compile(r"\s*[^\W\d_][\w'’-]*(?:\s[\w'’-]+)+[,;:—–]\s+(?=\S\Z)")
"""A first clause of at least two words without quotations and markup, before the first character after it."""


class Boundary(Enum):
    """What ended a stretch of text, if nothing in the text did."""

    FLUSH = auto()
    """Everything up to here shall be spoken."""
    IDLE = auto()
    """No text has come for a while: speak what ends like a sentence."""


class LiveReader:
    """Reader of one text that arrives in pieces. Offsets of sentences count code points of the whole text.

    Not thread-safe, except that `push` and `flush` only store.
    """

    def __init__(self, options: ReadingOptions, *, first_at_comma: bool = False) -> None:
        """Start a text; with `first_at_comma`, a comma may end the first clause."""
        self._options = options
        self._may_end_at_comma = first_at_comma
        self._inputs: deque[str | Boundary] = deque()
        self._pushed = 0
        """Number of characters that were pushed; only `push` changes it, as it may run in another thread."""
        self._added = 0
        """Number of these that were added to the tail; only `read` changes it."""
        self._coming: Iterator[Sentence | Boundary] = iter(())
        self._warnings: dict[PlanWarning, None] = {}
        self._tail = ""
        """Text from the offset `_base` on, as far as it was looked at."""
        self._base = 0
        self._done = 0
        """Offset in the tail of the end of the last settled sentence."""
        self._tries: float = MAX_TRIES
        """Tries that the reader may make now, as of `_tried`."""
        self._tried = 0
        """Length of the tail when it was last looked at."""
        self._words_to_try = 0
        self._is_open = False
        """Whether a sentence may have ended that is not settled."""
        self._has_read = False
        """Whether a sentence was settled since the last boundary."""
        self._doubt: str | None = None
        """Continuation that last changed a sentence."""
        self._history = ""
        """Spoken text before the tail, in which speakers are looked for."""
        self._fence = ""
        """Sign of the code block in which the tail ends; empty outside of code."""

    def push(self, text: str) -> None:
        """Append a piece of text; it may end anywhere."""
        if text:
            self._pushed += len(text)
            self._inputs.append(text)

    def flush(self, boundary: Boundary = Boundary.FLUSH) -> None:
        """End the text so far: what follows begins a new sentence. Of equal boundaries that wait, one counts."""
        if tuple(self._inputs)[-1:] != (boundary,):
            self._inputs.append(boundary)

    @property
    def unread(self) -> int:
        """Number of characters that belong to no settled sentence yet."""
        return len(self._tail) - self._done + self._pushed - self._added

    @property
    def may_settle(self) -> bool:
        """Whether `read` may return something, which is cheaper to find out; not while `read` runs."""
        inputs = tuple(self._inputs)
        if not inputs:
            return False
        if self._is_open or self._may_end_at_comma or len(inputs) > MAX_WAITING_PIECES:
            return True
        waiting = "".join(one for one in inputs if isinstance(one, str))
        known = self._tail[max(self._done, len(self._tail.rstrip()) - 1) :]
        return any(isinstance(one, Boundary) for one in inputs) or MAY_SETTLE.search(known + waiting) is not None

    @property
    def may_end(self) -> bool:
        """Whether the text so far seems to end with a sentence that is not settled; not while `read` runs."""
        waiting = "".join(one for one in tuple(self._inputs)[-MAX_END_CHARACTERS:] if isinstance(one, str))
        end = (self._tail[self._done :] + waiting)[-MAX_END_CHARACTERS:]
        return ENDS_LIKE_A_SENTENCE.search(end) is not None

    def expect(self) -> Sentence | None:
        """Return the sentence that will be settled if the text that follows begins another one; None if unlikely.

        All text must have been read, and one sentence not be settled.
        """
        here = self._read_tail()
        number = next((number for number, one in enumerate(here.sentences) if one.end > self._done), -1)
        if number != len(here.sentences) - 1 or number < 0 or not here.ends_sentence():
            return None
        return here.make_sentence(number, self._base)

    def take_warnings(self) -> tuple[PlanWarning, ...]:
        """Return the warnings since the last call, each once."""
        warnings = tuple(self._warnings)
        self._warnings.clear()
        return warnings

    def read(self) -> Sentence | Boundary | None:
        """Return the next settled sentence, or the boundary after those before it; None if more text is needed."""
        while True:
            for found in self._coming:
                return found
            if not self._inputs:
                return None
            self._coming = self._read_input(self._inputs.popleft())

    def _read_input(self, given: str | Boundary) -> Iterator[Sentence | Boundary]:
        if isinstance(given, Boundary):
            if given is Boundary.FLUSH or self._read_tail().ends_sentence():
                yield from self._end_stretch()
            yield given
            return
        for sign in given:
            self._added += 1
            if self._add(sign) and self._is_due():
                yield from self._settle()

    def _add(self, sign: str) -> bool:
        """Append a character; return whether a sentence may have become certain."""
        before = self._tail[-1:]
        self._tail += sign
        if sign == "\n":
            self._follow_fence()
            return not self._fence and ends_with_blank_line(self._tail)
        if self._fence:
            return False
        if sign.isspace():
            if not self._words_to_try or before.isspace():
                return False
            self._words_to_try -= 1
            return True
        if before.isspace() and self._may_follow_end():
            self._words_to_try, self._is_open = WORDS_TO_TRY, True
            return True
        return self._is_open and sign in CLOSING

    def _is_due(self) -> bool:
        """Return whether enough text is new to look at the tail again."""
        length, new = len(self._tail), len(self._tail) - self._tried
        # A long tail takes as long to read again as an unsettled one.
        slow = length if length > LONG_TAIL else length - self._done
        tries = min(MAX_TRIES, self._tries + new / TRY_CODE_POINTS)
        if tries < 1 or (slow > OFTEN and new < slow / RARELY):
            return False
        self._tried, self._tries = len(self._tail), tries - 1
        return True

    def _may_follow_end(self) -> bool:
        """Return whether the last character may begin a sentence: a mark or the end of a line precedes the blanks."""
        before = self._tail[self._done : -1]
        bare = before.rstrip()
        if not bare or bare[-1].isalnum():
            return "\n" in before[len(bare) :] and bool(bare)
        return bare[-1] != "," or self._may_end_at_comma or "\n" in before[len(bare) :]

    def _follow_fence(self) -> None:
        """Notice the beginning and the end of a code block, in which no sentence ends."""
        line = self._tail[self._tail.rfind("\n", 0, -1) + 1 :]
        fence = FENCE.match(line)
        if fence and (not self._fence or fence[1].startswith(self._fence)):
            self._fence = "" if self._fence else fence[1]

    def _read_tail(self) -> Prefix:
        return Prefix(self._tail, self._options, self._history)

    def _settle(self) -> Iterator[Sentence]:
        """Yield the sentences that are certain now."""
        if UNFINISHED.search(self._tail, self._done):
            return
        if self._may_end_at_comma and FIRST_CLAUSE.match(self._tail):
            yield from self._end_first_clause()
            return
        here, first = self._find_unsettled()
        settled = 0
        self._is_open = self._is_open and (self._words_to_try > 0 or len(here.sentences) > first + 1)
        if len(here.sentences) > first + 1 or self._tail[-1] == "\n":
            settled, self._doubt = here.count_settled(first, self._doubt)
        if not settled and len(self._tail) - self._done > MAX_UNSETTLED:
            settled = len(here.sentences) - first - 1
        for number in range(first, first + settled):
            yield self._settle_one(here, number)
        if settled > 0:
            self._doubt = None
            self._is_open = len(here.sentences) > first + settled + 1
            self._words_to_try *= self._is_open
            self._may_end_at_comma = False
            self._move_base(here, first + settled)

    def _settle_one(self, here: Prefix, number: int) -> Sentence:
        self._done, self._has_read = here.sentences[number].end, True
        return here.make_sentence(number, self._base)

    def _find_unsettled(self) -> tuple[Prefix, int]:
        """Return the reading of the tail, and the number of its first sentence that is not settled."""
        here = self._read_tail()
        first = next((number for number, one in enumerate(here.sentences) if one.end > self._done), len(here.sentences))
        if first < len(here.sentences) and here.sentences[first].start < self._done:
            # Later text joined a sentence to one that was spoken already: read the rest on its own.
            self._drop(self._done)
            return self._find_unsettled()
        return here, first

    def _move_base(self, here: Prefix, first: int) -> None:
        """Begin reading at a later place, if the sentences that are not settled read there as they do now."""
        if first >= len(here.sentences):
            return
        place = here.sentences[first].start
        line = self._tail.rfind("\n", 0, place) + 1
        if ends_with_blank_line(self._tail[:line]):
            place = line
        elif place < LONG_PARAGRAPH:
            return
        rest = Prefix(self._tail[place:], self._options, self._history)
        ours = [describe_at(one.facts, -place) for one in here.sentences[first:]]
        if ours == [one.facts for one in rest.sentences if one.end > self._done - place]:
            self._drop(place)

    def _drop(self, end: int) -> None:
        """Forget the tail up to an offset, and keep the warnings about it."""
        self._keep_warnings(Prefix(self._tail[:end], self._options))
        self._remember(end)
        self._tail = self._tail[end:]
        self._base += end
        self._done, self._tried = max(0, self._done - end), max(0, self._tried - end)

    def _end_stretch(self) -> Iterator[Sentence]:
        """Yield all sentences of the tail, and begin a new one; the paragraph goes on, unless a blank line ends it."""
        here, first = self._find_unsettled()
        last, goes_on = len(here.sentences) - 1, not ends_with_blank_line(self._tail)
        for number in range(first, last + 1):
            sentence = self._settle_one(here, number)
            yield replace(sentence, ends_paragraph=False) if number == last and goes_on else sentence
        self._keep_warnings(here)
        self._begin_stretch(len(self._tail))

    def _keep_warnings(self, read: Prefix) -> None:
        """Keep the warnings about a text, except that nothing of it is read if something was."""
        is_silent = not self._has_read and bool(read.text.strip())
        self._warnings |= dict.fromkeys(one for one in read.warnings if is_silent or one.code != NOTHING_SPOKEN)

    def _end_first_clause(self) -> Iterator[Sentence]:
        """Yield the first clause, which a comma ends, as a sentence of its own."""
        clause = Prefix(self._tail[:-1], self._options)
        for number in range(len(clause.sentences)):
            yield replace(self._settle_one(clause, number), ends_paragraph=False)
        self._begin_stretch(len(self._tail) - 1)

    def _remember(self, end: int) -> None:
        """Add the tail up to an offset to the history, of which the last paragraphs are kept."""
        if not self._options.names_speakers:
            return
        text = self._tail[:end]
        gap = "\n\n" if ends_with_blank_line(text) else "\n" if "\n" in text[len(text.rstrip()) :] else " "
        history = self._history + Prefix(text, self._options).spoken.rstrip() + gap
        if len(history) > MAX_HISTORY:
            start = len(history) - MAX_HISTORY
            paragraph = history.find("\n\n", start, -len(gap))
            history = history[start if paragraph < 0 else paragraph + 2 :]
        self._history = history

    def _begin_stretch(self, place: int) -> None:
        self._remember(place)
        self._base += place
        self._tail, self._done, self._tried = self._tail[place:], 0, 0
        self._words_to_try, self._is_open, self._has_read, self._fence = 0, False, False, ""
        self._may_end_at_comma = False


def ends_with_blank_line(text: str) -> bool:
    """Return whether a blank line is in the white space at the end of a text."""
    return BLANK_LINE.search(text, len(text.rstrip())) is not None


def describe_at(facts: tuple[object, ...], by: int) -> tuple[object, ...]:
    """Return the facts of a sentence with offsets shifted."""
    text, start, end, ends_paragraph, segments, readings = facts
    assert isinstance(start, int) and isinstance(end, int) and isinstance(segments, tuple)
    moved = tuple((length, place + by, *rest) for length, place, *rest in segments)
    return text, start + by, end + by, ends_paragraph, moved, readings
