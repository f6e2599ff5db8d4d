"""What is supported of SSML 1.1 and of Azure's extension, as data, and the parsers of its attributes."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Support(StrEnum):
    """How an element is handled."""

    FULL = "full"
    PARTIAL = "partial"
    SPOKEN = "text spoken"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class SsmlAttribute:
    """An attribute that has an effect."""

    name: str
    values: tuple[str, ...]
    """All accepted values, or examples of them; each can be sent as it stands."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SsmlElement:
    """An element, identified by its local name (after the colon), whatever the namespace."""

    name: str
    support: Support
    attributes: tuple[SsmlAttribute, ...] = ()
    note: str = ""


BREAK_SECONDS = {"none": 0.0, "x-weak": 0.25, "weak": 0.5, "medium": 0.75, "strong": 1.0, "x-strong": 1.25}
"""Azure's pauses, in seconds."""
RATES = {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "fast": 1.55, "x-fast": 2.0}
"""Azure's factors of the speaking rate."""
VOLUMES = {"silent": 0.0, "x-soft": 0.2, "soft": 0.4, "medium": 0.6, "loud": 0.8, "x-loud": 1.0}
"""Azure's levels; the loudest is the voice's own volume."""
PITCHES = {"x-low": 0.55, "low": 0.8, "medium": 1.0, "high": 1.2, "x-high": 1.45}
"""Azure's ratios to the voice's own frequency."""
DEFAULT = "default"
"""Value that resets rate, volume or pitch to the voice's own, whatever the outer elements set."""


def read_table() -> Iterator[SsmlElement]:
    """Yield the elements of `elements.tsv`; the rows without support below one are its attributes."""
    lines = Path(__file__).with_name("elements.tsv").read_text(encoding="utf-8").splitlines()
    rows = deque(line.split("\t") for line in lines[1:])
    while rows:
        name, support, _, note = rows.popleft()
        attributes = []
        while rows and not rows[0][1]:
            attribute, _, values, explanation = rows.popleft()
            attributes.append(SsmlAttribute(attribute, tuple(values.split("; ")), explanation))
        yield SsmlElement(name, Support(support), tuple(attributes), note)


SSML_TABLE = tuple(read_table())
"""The text of any other element is read as it stands, with a warning."""

SSML_WARNINGS = {
    "audio_ignored": "a recording was not fetched; its alternative text is read",
    "emphasis_ignored": "text is read without the emphasis",
    "empty_element": "an element without text has nothing to apply to",
    "invalid_value": "an attribute's value cannot be read and was ignored",
    "lang_ignored": "no voice reads the language of a text: the current voice reads it in its own",
    "missing_attribute": "an element lacks the attribute that it needs and was ignored",
    "more_warnings": "there were more warnings than are listed",
    "rate_percent": "a rate in per cent without a sign was read as a factor",
    "say_as_unreadable": "the text is not what say-as calls it and is read as it stands",
    "unknown_lexicon": "a lexicon is neither the request's nor the service's and has no effect",
    "unsupported_attribute": "an attribute has no effect",
    "unsupported_element": "an element has no effect; its text is read, unless the table says that it is dropped",
    "unsupported_phoneme": "an alphabet or a sign is not known; the text is read",
    "unsupported_say_as": "text is read as it stands",
    "unread_characters": "characters of private use have no sound and are not read",
    "unsupported_style": "a style has no emotion; the text is labelled as if unmarked",
    "value_limited": "a value was moved into its range",
}
"""Every code that reading SSML may report, with its meaning."""


NUMBER = r"(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})"
TIME = re.compile(rf"\+?{NUMBER} ?(ms|s)")
PLAIN_NUMBER = re.compile(NUMBER)
CHANGE = re.compile(rf"[+-]{NUMBER}")
PERCENT = re.compile(rf"[+-]?{NUMBER}%")
SIGNED_PERCENT = re.compile(rf"[+-]{NUMBER}%")
DECIBELS = re.compile(rf"[+-]?{NUMBER}db")
SEMITONES = re.compile(rf"[+-]?{NUMBER}st")
MIN_RATIO = 1e-6
"""Ratio of two frequencies that stands for zero, which has no logarithm."""


def parse_seconds(value: str) -> float | None:
    """Return the seconds of a time: `500ms` -> 0.5."""
    match = TIME.fullmatch(value)
    if not match:
        return None
    return float(match[1]) / 1000 if match[2] == "ms" else float(match[1])


def parse_strength(value: str) -> float | None:
    """Return the seconds of a break's strength: `weak` -> 0.5."""
    return BREAK_SECONDS.get(value)


def parse_rate(value: str) -> float | None:
    """Return the factor of a rate: `+30%` -> 1.3; `80%` and `0.8` -> 0.8; `slow` -> 0.64."""
    if value in RATES:
        return RATES[value]
    if SIGNED_PERCENT.fullmatch(value):
        return parse_change(value)
    match = PERCENT.fullmatch(value)
    if match:
        return float(match[1]) / 100
    return float(value) if PLAIN_NUMBER.fullmatch(value) else None


def parse_volume(value: str) -> float | None:
    """Return the linear gain of a volume: `soft` -> 0.4; `75` -> 0.75; `+10` and `+10%` -> 1.1; `-6dB` -> 0.5."""
    if value in VOLUMES:
        return VOLUMES[value]
    if PLAIN_NUMBER.fullmatch(value):
        return float(value) / 100
    if CHANGE.fullmatch(value) or PERCENT.fullmatch(value):
        return parse_change(value)
    return 10 ** (min(float(value[:-2]), 1e3) / 20) if DECIBELS.fullmatch(value) else None


def parse_pitch(value: str) -> float | None:
    """Return the semitones of a pitch: `high` -> 3.2; `+10%` -> 1.7; `-2st` -> -2."""
    if value in PITCHES:
        return 12 * math.log2(PITCHES[value])
    if PERCENT.fullmatch(value):
        return 12 * math.log2(max(parse_change(value), MIN_RATIO))
    return float(value[:-2]) if SEMITONES.fullmatch(value) else None


def parse_degree(value: str) -> float | None:
    """Return the value of a plain number; None if it is not one."""
    return float(value) if PLAIN_NUMBER.fullmatch(value) else None


def parse_change(value: str) -> float:
    """Return the factor of a relative change: `-30%` or `-30` -> 0.7; at least 0."""
    return max(0.0, 1 + float(value.rstrip("%")) / 100)
