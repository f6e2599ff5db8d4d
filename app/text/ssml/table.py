"""What is supported of SSML 1.1 and of Azure's extension, as data, and the parsers of its attributes."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum


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
ENGLISH = ("en", "en-US", "en-GB")

LANGUAGE = SsmlAttribute("xml:lang", ENGLISH, "any English; another language is ignored with a warning")
SSML_TABLE = (
    SsmlElement("speak", Support.FULL, (SsmlAttribute("version", ("1.0", "1.1")), LANGUAGE), "the root element"),
    SsmlElement("p", Support.FULL, (LANGUAGE,), "ends a paragraph"),
    SsmlElement("s", Support.FULL, (LANGUAGE,), "ends a sentence"),
    SsmlElement(
        "voice",
        Support.PARTIAL,
        (SsmlAttribute("name", ("wren",), "a name or an alias; an unknown one is refused"), LANGUAGE),
        "ends a sentence; a voice is found by its name alone, not by gender, age, variant or languages",
    ),
    SsmlElement(
        "break",
        Support.FULL,
        (
            SsmlAttribute("time", ("2s", "500ms", "1.5s", ".5s", "+2s"), "wins over strength"),
            SsmlAttribute("strength", tuple(BREAK_SECONDS), "without both, medium: 750 ms"),
        ),
        "replaces the automatic pause; breaks in a row add up, at most 20 s",
    ),
    SsmlElement(
        "prosody",
        Support.PARTIAL,
        (
            SsmlAttribute(
                "rate",
                (*RATES, DEFAULT, "1.2", "+30%", "-30%", "80%"),
                "80% without a sign is the factor 0.8, with a warning: Azure reads 80 % more",
            ),
            SsmlAttribute(
                "volume",
                (*VOLUMES, DEFAULT, "75", "+10", "-10", "+10%", "-10%", "50%", "+3dB", "-6dB"),
                "a percentage is a change, as in Azure; at most twice the voice's own",
            ),
            SsmlAttribute(
                "pitch",
                (*PITCHES, DEFAULT, "+2st", "-3st", "+10%", "-10%", "10%"),
                "at most an octave; Hertz are ignored with a warning",
            ),
        ),
        "nested ones combine; contour, range and duration are ignored with a warning",
    ),
    SsmlElement(
        "say-as",
        Support.PARTIAL,
        (
            SsmlAttribute(
                "interpret-as",
                (
                    *("characters", "spell-out", "cardinal", "number", "ordinal", "digits", "number_digit"),
                    *("fraction", "telephone", "currency", "date", "time"),
                ),
                "with another one, or where the text does not fit, the text is read as it stands, with a warning",
            ),
            SsmlAttribute(
                "format",
                ("dmy", "mdy", "ymd", "ydm", "ym", "my", "md", "dm", "d", "m", "y", "yyyymmdd", "hms12", "hms24"),
                "of a date or a time",
            ),
        ),
    ),
    SsmlElement("sub", Support.FULL, (SsmlAttribute("alias", ("World Wide Web Consortium",), "read as any text is"),)),
    SsmlElement(
        "phoneme",
        Support.PARTIAL,
        (
            SsmlAttribute("ph", ("təˈmeɪtoʊ", "tə.ˈmeɪ.toʊ"), "with other signs than IPA's the text is read"),
            SsmlAttribute("alphabet", ("ipa",), "with another one the text is read, with a warning"),
        ),
    ),
    SsmlElement("mark", Support.FULL, (SsmlAttribute("name", ("here",)),), "its time is in the plan's `marks`"),
    SsmlElement("bookmark", Support.FULL, (SsmlAttribute("mark", ("here",)),), "Azure's name for a mark"),
    SsmlElement(
        "express-as",
        Support.PARTIAL,
        (
            SsmlAttribute(
                "style",
                ("cheerful", "sad", "angry", "fearful", "surprised", "disgusted", "calm"),
                "an emotion or one of its other names; with another style the text is labelled as if unmarked",
            ),
            SsmlAttribute("styledegree", ("0.01", "1", "1.5", "2"), "how strongly, 0.01 to 2"),
        ),
        "Azure's mstts:express-as; the innermost wins; role is ignored with a warning",
    ),
    SsmlElement("lang", Support.SPOKEN, (LANGUAGE,), "text in another language is read as English, with a warning"),
    SsmlElement(
        "emphasis",
        Support.SPOKEN,
        (SsmlAttribute("level", ("strong", "moderate", "none", "reduced")),),
        "has no effect: spoken by itself a word would lose the melody of its sentence",
    ),
    SsmlElement("audio", Support.SPOKEN, (), "nothing is fetched; the alternative text is read, with a warning"),
    SsmlElement("desc", Support.DROPPED),
    SsmlElement("meta", Support.DROPPED),
    SsmlElement("metadata", Support.DROPPED),
    SsmlElement(
        "lexicon",
        Support.DROPPED,
        (
            SsmlAttribute("uri", ("request", "service"), "no other lexicon can be named; none is fetched"),
            SsmlAttribute("xml:id", ("names",), "with it, the lexicon applies only within lookup"),
        ),
        "the lexicon of the request or of the service; an unknown one has no effect, with a warning",
    ),
    SsmlElement(
        "lookup",
        Support.FULL,
        (SsmlAttribute("ref", ("names",), "the xml:id of a lexicon"),),
        "its text is looked up in a lexicon, before the outer ones",
    ),
)
"""The text of any other element is read as it stands, with a warning."""

SSML_WARNINGS = {
    "audio_ignored": "a recording was not fetched; its alternative text is read",
    "emphasis_ignored": "text is read without the emphasis",
    "empty_element": "an element without text has nothing to apply to",
    "invalid_value": "an attribute's value cannot be read and was ignored",
    "lang_ignored": "text in another language is read as English",
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
