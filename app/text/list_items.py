"""Find the items of a list among the lines of a paragraph, by their bullets, numbers and letters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from app.text.sentence_ends import EMOJI

CLOSING = "\"'”’»)]}*_ \t"
"""Quotation marks and brackets that may follow the last mark of a line."""
ENDS_SENTENCE = ".!?…。！？"
BULLET = re.compile(
    r"(?P<sure>[•‣◦▪■●○∙·►▶▸→➔➜➤➢⇒✓✔✗✘☐☑☒✅❌⬜★☆♦❖]|\[[ xX✓]?\](?=\s))"
    rf"|(?P<emoji>[{EMOJI}]{{1,4}}(?=\s))"
    r"|(?P<mark>[-=]{1,2}>|>>|[-*+](?=\s)|[–—](?=\s{1,9}[\"“‘'(]?[A-Z]))"
)
NUMBER = re.compile(
    r"\(?(?:(?P<digits>\d{1,3})|(?P<letter>[A-Za-z])|(?P<roman>[ivx]{2,5}|[IVX]{2,5}))[.)](?:\s|(?=[A-Za-z]{2}))"
)
ROMAN = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
QUESTION_AND_ANSWER = frozenset({("A", ord("Q") - ord("A") + 1), ("A", 1)})
"""Readings of `Q.` and `A.` as numbers of items."""


def find_items(lines: Sequence[str]) -> frozenset[int]:
    """Return the numbers of the lines that are items of a list."""
    bullets = [BULLET.match(line) for line in lines]
    keys = [(match["mark"] or match.lastgroup) if match else None for match in bullets]
    common = Counter(keys)
    numbers = [read_number(line) for line in lines]
    seen = {reading for found in numbers for reading in found}
    items: set[int] = set()
    for index, (key, found) in enumerate(zip(keys, numbers, strict=True)):
        above = lines[index - 1].rstrip(CLOSING)[-1:] if index else ":"
        if key and (key == "sure" or common[key] > 1 or above in ENDS_SENTENCE + ":"):
            items.add(index)
        elif QUESTION_AND_ANSWER <= seen and not QUESTION_AND_ANSWER.isdisjoint(found):
            items.add(index)
        elif any({(style, n - 1), (style, n + 1)} & seen or (n == 1 and above == ":") for style, n in found):
            items.add(index)
    return frozenset(items)


def read_number(text: str) -> set[tuple[str, int]]:
    """Return the readings of the number of an item, each with its style; empty if a line has no number."""
    match = NUMBER.match(text)
    if not match:
        return set()
    if match["digits"]:
        return {("1", int(match["digits"]))}
    letters = match["letter"] or match["roman"]
    style = "A" if letters.isupper() else "a"
    readings: set[tuple[str, int]] = {(style, ord(letters) - ord(style) + 1)} if match["letter"] else set()
    if letters.lower() in ROMAN:
        readings.add((f"roman {style}", ROMAN.index(letters.lower())))
    return readings
