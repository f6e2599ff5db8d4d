"""Hide what is not read of subtitles, in SubRip (.srt) and WebVTT (W3C): numbers, times, positions and voice tags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.formats.hidden import FILLER, mask
from app.text.text_map import WarningCollector

_TIME = r"(?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{3}"
TIMING = re.compile(rf"(?m:^)[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\n]*(?:\n|\Z)")
"""The line of a cue with its times and settings."""
NUMBER = re.compile(r"(?:\A|\n)[ \t]*\d{1,7}[ \t]*\r?\n\Z")
"""The number of a cue, at the end of the text before its times."""
MAX_NUMBER_CHARS = 24
HEADER = re.compile(r"\ufeff?WEBVTT\b[^\n]*(?:\n|\Z)")
BLOCK = re.compile(r"(?m:^)(?:NOTE|STYLE|REGION)\b(?:[^\n]*\S[^\n]*(?:\n|\Z))++")
"""A comment or a style sheet, up to the next blank line."""
CUE_MARK = re.compile(r"</?(?:[cv]|lang)(?:[.\s][^<>\n]{0,80})?>|<(?:\d{2}:)?\d{2}:\d{2}\.\d{3}>|\{\\an\d\}")
ENDS_SENTENCE = ".!?…:\"”’)]}>♪"


def hide_cues(text: str, remarks: WarningCollector) -> str:
    """Return a text of the same length in which the cues of subtitles consist of what is said; else the text itself.

    A cue is a paragraph, unless it goes on with the sentence of the one before it.
    """
    timings = list(TIMING.finditer(text))
    if not timings:
        return text
    remarks.add("dropped_cue_times", "Numbers and times of subtitles are not read.")
    header = HEADER.match(text)
    hidden = [header.span()] if header else []
    hidden += [block.span() for block in BLOCK.finditer(text)] if header else []
    hidden += [found.span() for found in CUE_MARK.finditer(text)]
    joined = []
    for timing in timings:
        number = NUMBER.search(text[max(0, timing.start() - MAX_NUMBER_CHARS) : timing.start()])
        start = timing.start() - (len(number[0].lstrip("\n")) if number else 0)
        hidden.append((start, timing.end()))
        if goes_on(text, start, timing.end()):
            joined.append((end_of_words(text, start), timing.end()))
    return fill(mask(text, hidden), joined)


def fill(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """Return a text with fillers in place of some ranges with their line breaks, in order."""
    pieces, position = [], 0
    for start, end in ranges:
        pieces += [text[position:start], FILLER * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def goes_on(text: str, start: int, end: int) -> bool:
    """Return whether a sentence goes on from the cue before an offset to the one at another."""
    place = end_of_words(text, start)
    return 0 < place < start and text[place - 1] not in ENDS_SENTENCE and text[end : end + 1].islower()


def end_of_words(text: str, place: int) -> int:
    """Return the offset of the end of the words before a place."""
    first = max(0, place - MAX_NUMBER_CHARS)
    return first + len(text[first:place].rstrip())
