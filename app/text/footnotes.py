"""Patterns of the marks that refer to footnotes, which are not read: in plain text, more in formatted text."""

from __future__ import annotations

import re

_NUMBERS = r"\d{1,3}(?:[,–-] ?\d{1,3}){0,9}"
FOOTNOTE = re.compile(
    rf"\[(?:(?<=[.!?,;:…\"”’)]\[)(?:{_NUMBERS}|[a-z]|note \d{{1,3}}|citation needed)\](?:\[{_NUMBERS}\]){{0,9}}"
    rf"|(?<=[^\W\d_]{{3}}\[){_NUMBERS}\](?:\[{_NUMBERS}\]){{0,9}}(?=[.!?,;:…](?:\s|$))"
    r"|(?<=[A-Z][a-z]{3}\[)[a-e]\](?=\s))"
    r"|[⁰¹²³⁴-⁹](?<=[.!?…\"”’].)[⁰¹²³⁴-⁹]{0,2}(?!\w)"
)
"""Marks of footnotes after a word's punctuation or before a sentence's (`He left.[12]`, `He left.¹`)."""
FOOTNOTE_NUMBER = (
    r"(?:(?<=[.,;:!?)\"”’\]])|(?<=[^\W\d_]{2})|(?<=\d{4}))\[\d{1,3}(?:[,–-][ ]?\d{1,3}){0,9}\](?![\w(]|[ ]?=)"
)
"""Number of a footnote after a word or a mark, as an encyclopedia has it."""
SOURCE_NOTE = r"【\d{1,3}(?::\d{1,3})?†[^【】\n]{0,60}】"
RAISED_NOTE = r"(?<=[.!?,;:)\"”’])<sup>\[?\d{1,3}\]?</sup>"
SUPERSCRIPT_NOTE = r"(?<=[.!?,;:)\"”’])[¹²³⁰⁴-⁹]{1,3}(?!\w)"
