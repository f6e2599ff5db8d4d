"""Find what is not read of subtitles in SubRip (.srt) and WebVTT (.vtt): headers, numbers, times and styles."""

from __future__ import annotations

import re

from app.text.text_map import WarningCollector

_TIME = r"(?:\d{1,3}:[0-5]\d:[0-5]\d(?:[.,]\d{1,3})?|[0-5]\d:[0-5]\d[.,]\d{1,3})"
TIMES = re.compile(
    rf"^[ \t]*+{_TIME}[ \t]*+-->[ \t]*+{_TIME}(?:[ \t]++\w{{1,20}}:[^\s:]++)*+[ \t\r]*+(?:\n|\Z)", re.MULTILINE
)
"""The line of a subtitle's times and its position."""
HEADER = re.compile(r"\s*+WEBVTT\b")
BLOCK = re.compile(r"^(?:NOTE|STYLE|REGION)\b[^\n]*+(?:\n[^\S\n]*+\S[^\n]*+)*+", re.MULTILINE)
"""A comment or a style of WebVTT, up to the next blank line."""
STYLE = re.compile(r"</?[vc](?:[. ][^<>\n]{0,100})?>|<\d\d:[\d:.]{5,10}>|\{\\an?\d{1,2}\}")
"""The mark of a voice, a class, a time or a position within a subtitle."""
MAX_IDENTIFIER_CHARS = 80
"""Maximum characters of the line before the times, which identifies a subtitle."""


def find_subtitle_marks(text: str, remarks: WarningCollector) -> list[tuple[int, int]]:
    """Return what is not read of a text of subtitles, and report it; nothing if the text has none.

    The blank lines between two subtitles are hidden, too, since a sentence may go on in the next one.
    """
    times = list(TIMES.finditer(text))
    if not times:
        return []
    remarks.add("dropped_times", "Numbers and times of subtitles are not read.")
    first = times[0].start()
    hidden = [(0, find_beginning(text, 0, first))] if HEADER.match(text) else []
    if hidden:
        hidden += [match.span() for match in BLOCK.finditer(text, hidden[0][1])]
    position = 0
    for match in times:
        hidden.append((find_beginning(text, position, match.start()), match.end()))
        position = match.end()
    return hidden + [match.span() for match in STYLE.finditer(text)]


def find_beginning(text: str, start: int, times: int) -> int:
    """Return where the head of a subtitle begins: the blank lines and the identifier before its times."""
    line = text.rfind("\n", start, max(start, times - 1)) + 1 or start
    above = text[start:line].rstrip()
    if above:
        is_apart = text[start + len(above) : line].count("\n") > 1
    else:
        # The line below the times before may be what is said, unless it is a number.
        is_apart = start == 0 or line > start or text[line:times].strip().isdecimal()
    beginning = line if is_apart and times - line <= MAX_IDENTIFIER_CHARS else times
    return start + len(text[start:beginning].rstrip())
