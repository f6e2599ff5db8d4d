"""Apply the rules of a normalization step, and skip those whose signs a text does not contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

DIGIT = re.compile(r"\d")


class Rule(NamedTuple):
    """A pattern with its replacement. Most rules fit few sentences, and a search for signs is far faster."""

    pattern: re.Pattern[str]
    replacement: str | Callable[[re.Match[str]], str]
    signs: tuple[str, ...] = ()
    """Signs, or words in small letters, of which every match contains one or stands beside one; none if they vary."""
    digits: bool = True
    """Whether every match contains a digit or stands beside one."""


def apply_rules(rules: Iterable[Rule], text: str) -> str:
    """Return a text in which the matches of all rules are replaced, in order."""
    has_digits, lower = DIGIT.search(text) is not None, text.lower()
    for pattern, replacement, signs, digits in rules:
        if digits and not has_digits:
            continue
        if signs:
            for sign in signs:
                if sign in lower:
                    break
            else:
                continue
        changed = pattern.sub(replacement, text)
        if changed != text:
            text, lower = changed, changed.lower()
    return text
