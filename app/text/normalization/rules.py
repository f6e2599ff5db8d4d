"""Apply the rules of a normalization step; skip those whose signs a text does not contain."""

from __future__ import annotations

import re
from collections.abc import Callable
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


class RuleTable:
    """Rules of one step, in order."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.without_digits = tuple(rule for rule in rules if not rule.digits)

    def apply(self, text: str) -> str:
        """Return a text in which the matches of all rules are replaced."""
        rules = self.rules if DIGIT.search(text) else self.without_digits
        if not rules:
            return text
        lower = text.lower()
        for pattern, replacement, signs, _ in rules:
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
