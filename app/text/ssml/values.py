"""Parse the values of SSML attributes into numbers; None if a value is invalid."""

from __future__ import annotations

import math
import re

from app.text.ssml.table import BREAK_SECONDS, PITCHES, RATES, VOLUMES

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
