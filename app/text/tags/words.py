"""Read the words of a tag: pauses, sounds, styles, and what they say about the delivery."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.text.delivery import Delivery, WordEmotion, read_delivery
from app.text.ssml.table import BREAK_SECONDS
from app.text.tags.sounds import SOUND_MODIFIERS, SOUND_OF_WORD, STYLES

NUMBER = r"(?P<number>\d{1,9}(?:\.\d{0,3})?|\.\d{1,3})\s?(?P<unit>milliseconds?|ms|seconds?|secs?|s)?"
PAUSE = re.compile(
    rf"(?:(?P<length>short|brief|small|little|medium|long|longer|dramatic)[\s-])?"
    rf"(?:pauses?|pausing|break|silence|wait|beat)(?:\s?(?:for|of|[:=])?\s?{NUMBER}|\sfor\s(?:effect|emphasis|a\s(?:moment|beat|second)))?"
)
PAUSE_AFTER_NUMBER = re.compile(rf"{NUMBER}[\s-]?(?:pause|break|silence)")
PAUSE_LENGTHS = {
    **dict.fromkeys(("short", "brief", "small", "little"), BREAK_SECONDS["weak"]),
    **dict.fromkeys(("long", "longer", "dramatic"), BREAK_SECONDS["x-strong"]),
}
"""Seconds by word; other pauses are those of a `<break>` without attributes."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the words of a tag describe."""

    delivery: Delivery
    sound: str = ""
    """Word for a sound."""
    style: str = ""
    """Word for a style that no voice has."""


def describe_words(words: list[str], find_emotion: WordEmotion) -> Description:
    """Return what words in small letters describe."""
    sound = next((word for word in words if word in SOUND_OF_WORD and not find_emotion(word)), "")
    style = next((word for word in words if word in STYLES), "")
    accented = "accent" in words
    left = [
        word
        for word in words
        if word not in SOUND_OF_WORD or find_emotion(word)
        if word not in STYLES and not (sound and word in SOUND_MODIFIERS) and not accented
    ]
    return Description(read_delivery(left, find_emotion), sound, style)


def is_wordy(content: str) -> bool:
    """Return whether a tag consists of words: digits and other signs make it text."""
    return all(sign.isalpha() or sign in " ,'’-:=" for sign in content)


def parse_pause(content: str) -> float | None:
    """Return the seconds of `pause:1s`, `short pause` and the like; None if the content is something else."""
    match = PAUSE.fullmatch(content) or PAUSE_AFTER_NUMBER.fullmatch(content)
    if not match:
        return None
    groups = match.groupdict()
    if groups["number"] is None:
        return PAUSE_LENGTHS.get(groups.get("length") or "", BREAK_SECONDS["medium"])
    return float(groups["number"]) / (1000 if (groups["unit"] or "").startswith("m") else 1)
