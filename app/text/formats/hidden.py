"""Find what is not read: comments, scripts, a model's thoughts, the content of `<details>`, preformatted code, and the
headers, numbers, times and styles of subtitles in SubRip (.srt) and WebVTT (.vtt).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.text.text_map import WarningCollector

THOUGHTS = frozenset(("think", "thinking", "thought", "reasoning"))
"""Elements in which language models write what precedes their answer."""
HIDDEN_ELEMENTS = frozenset("script style template noscript svg object iframe head".split()) | THOUGHTS
"""Elements whose content is not read: a browser does not show it as text, or it is a model's thoughts."""
RAW_ELEMENTS = frozenset(("script", "style", "comment"))
"""Elements that contain no other elements."""
_ELEMENT = (
    rf"(?P<comment><!--|-->)|<(?P<closing>/?)(?P<name>details|summary|{'|'.join(sorted(HIDDEN_ELEMENTS))})"
    r"(?=[\s/>])[^<>]*+>"
)
_CODE = r"(?P<fence>^[ \t>]*+(?:`{3,}|~{3,}))|(?P<code>`++[^`\n]*+`)"
IN_HTML = re.compile(_ELEMENT, re.IGNORECASE)
IN_MARKDOWN = re.compile(f"{_CODE}|{_ELEMENT}", re.MULTILINE | re.IGNORECASE)
PREFORMATTED = re.compile(r"<(/?)pre(?=[\s/>])[^<>]*+>", re.IGNORECASE)
LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
NO_LINE_BREAK = re.compile(f"[^{LINE_BREAKS}]")
FILLER = "\ue000"
"""A private character, which is never read: it stands for a hidden one, so that offsets stay valid."""
JOINER = "\ue001"
"""The same within a word, whose parts are one word."""
Range = tuple[int, int]


@dataclass(slots=True)
class OpenElement:
    """An element that was opened."""

    name: str
    start: int
    inside: int
    """Offset after the opening tag."""
    summary: Range | None = None
    """Its `<summary>`."""


def find_hidden(text: str, tokens: re.Pattern[str], remarks: WarningCollector) -> list[Range]:
    """Return what is not read, and report it; an element that is not closed is read.

    `tokens` is `IN_HTML`, or `IN_MARKDOWN`, in which tags within code do not count.
    """
    hidden: list[Range] = []
    stack: list[OpenElement] = []
    opened: Counter[str] = Counter()
    in_fence = False
    for token in tokens.finditer(text):
        if token.lastgroup in ("fence", "code"):
            in_fence ^= token.lastgroup == "fence"
            continue
        name = "comment" if token["comment"] else token["name"].lower()
        if not (token["comment"] == "-->" or token["closing"]):
            if not in_fence and not (stack and stack[-1].name in RAW_ELEMENTS):
                stack.append(OpenElement(name, token.start(), token.end()))
                opened[name] += 1
        elif opened[name]:
            hidden += close_element(stack, opened, name, token, remarks)
        elif name in THOUGHTS and not in_fence:
            # Templates of some models write the opening tag, so that only the closing one is in their answer.
            hidden.append((0, token.end()))
            report(name, remarks)
    return hidden


def close_element(
    stack: list[OpenElement], opened: Counter[str], name: str, token: re.Match[str], remarks: WarningCollector
) -> Iterable[Range]:
    """Close the innermost element of a name, and those within it that were not closed; return what is not read."""
    while (element := stack.pop()).name != name:
        opened[element.name] -= 1
    opened[name] -= 1
    if name == "summary":
        if stack and stack[-1].name == "details" and not stack[-1].summary:
            stack[-1].summary = element.start, token.end()
        return ()
    report(name, remarks)
    if name != "details":
        return ((element.start, token.end()),)
    start, end = element.summary or (token.start(), token.start())
    return (element.inside, start), (end, token.start())


def report(name: str, remarks: WarningCollector) -> None:
    """Report that the elements of a name are not read."""
    what = "Comments are" if name == "comment" else f"The content of <{name}> is"
    remarks.add("dropped_element", f"{what} not read.")


def find_preformatted(text: str) -> Iterator[Range]:
    """Yield the content of each `<pre>`."""
    opened: int | None = None
    for tag in PREFORMATTED.finditer(text):
        if not tag[1] and opened is None:
            opened = tag.end()
        elif tag[1] and opened is not None:
            yield opened, tag.start()
            opened = None


def report_code(lines: int, remarks: WarningCollector) -> None:
    """Report how many lines of code are not read, if any."""
    if lines:
        remarks.add(
            "dropped_code", "1 line of code is not read." if lines == 1 else f"{lines} lines of code are not read."
        )


def mask(text: str, hidden: Iterable[Range], joined: Iterable[Range] = ()) -> str:
    """Return a text of the same length with fillers in place of what is hidden; line breaks stay.

    Of each stretch in `joined`, only the last line break stays.
    """
    pieces, position = [], 0
    lasts = dict(joined)
    for start, end in sorted((*hidden, *lasts.items())):
        one_line = lasts.get(start) == end
        start = max(start, position)
        if start < end:
            covered = text[start:end]
            if one_line:
                filled = FILLER * len(covered) if covered[-1] != "\n" else FILLER * (len(covered) - 1) + "\n"
            else:
                filled = NO_LINE_BREAK.sub(FILLER, covered)
            pieces += [text[position:start], filled]
            position = end
    return "".join([*pieces, text[position:]])


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
