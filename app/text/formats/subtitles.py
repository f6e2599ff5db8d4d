"""Hide what is not read of subtitles, in SubRip (.srt) and WebVTT (W3C): numbers, times, positions and voice tags."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text.formats.hidden import FILLER, mask
from app.text.text_map import WarningCollector

_TIME = r"(?:\d{1,3}:)?\d{2}:\d{2}[.,]\d{3}"
TIMING = re.compile(rf"(?m:^)[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}[^\n]*(?:\n|\Z)")
"""The line of a cue with its times and settings."""
NUMBER = re.compile(r"(?:\A|\n)(?P<line>[ \t]*\d{1,7}[ \t]*\r?\n)\Z")
"""The number of a cue, at the end of the text before its times."""
NAME = re.compile(r"\n[ \t]*\r?\n(?P<line>[^\n]{1,60}\n)\Z")
"""The same in WebVTT, where it may be a name."""
CONTEXT_CHARS = 80
"""Characters before the times of a cue that are searched for its number and the end of the cue before it."""
HEADER = re.compile(r"\ufeff?WEBVTT\b[^\n]*(?:\n|\Z)")
BLOCK = re.compile(r"(?m:^)(?:NOTE|STYLE|REGION)\b[^\n]*(?:\n|\Z)(?:[^\n]*\S[^\n]*(?:\n|\Z))*+")
"""A comment or a style sheet, up to the next blank line."""
CUE_MARK = re.compile(r"</?(?:[cv]|lang)(?:[.\s][^<>\n]{0,80})?>|<(?:\d{2}:)?\d{2}:\d{2}\.\d{3}>|\{\\an\d\}")
TAGS = re.compile(r"(?:<[^<>\n]{1,40}>)*")
ENDS_CUE = re.compile(r"(?:\s|</[^<>\n]{1,20}>)*\Z")
ENDS_SENTENCE = '.!?…:"”’)]}>♪'


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
    pattern = NAME if header else NUMBER
    for timing in timings:
        number = pattern.search(text[max(0, timing.start() - CONTEXT_CHARS) : timing.start()])
        start = timing.start() - (len(number["line"]) if number else 0)
        hidden.append((start, timing.end()))
        words_end = find_words_end(text, start)
        if goes_on(text, words_end, timing.end()):
            joined.append((words_end, timing.end()))
    return fill(mask(text, hidden), joined)


def fill(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """Return a text with fillers in place of some ranges with their line breaks, in order."""
    pieces, position = [], 0
    for start, end in ranges:
        pieces += [text[position:start], FILLER * (end - start)]
        position = end
    return "".join([*pieces, text[position:]])


def find_words_end(text: str, place: int) -> int:
    """Return the offset of the end of the words before a place."""
    first = max(0, place - CONTEXT_CHARS)
    end = ENDS_CUE.search(text[first:place])
    return first + end.start() if end else place


def goes_on(text: str, end: int, start: int) -> bool:
    """Return whether the words from an offset on continue the sentence that another cue ends with, without a mark."""
    begun = TAGS.match(text, start)
    return (
        end > 0
        and text[end - 1] not in ENDS_SENTENCE
        and begun is not None
        and text[begun.end() : begun.end() + 1].islower()
    )
