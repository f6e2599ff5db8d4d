"""Read the words of a tag: pauses, sounds, styles, and what they say about the delivery."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.text.delivery import SLIGHT, Delivery, WordEmotion, read_delivery
from app.text.ssml.table import BREAK_SECONDS
from app.text.word_tables import list_words
from app.types import Emotion

SoundEmotion = tuple[Emotion | None, float | None]
"""Emotion that a sound implies and its degree."""
SOUNDS: dict[SoundEmotion, tuple[str, ...]] = {
    (Emotion.JOY, None): ("laugh", "cheer", "guffaw", "cackle"),
    (Emotion.JOY, SLIGHT): ("chuckle", "giggle", "snicker", "smirk"),
    (Emotion.SADNESS, None): ("sob", "cry", "weep", "wail", "sniffle", "whimper"),
    (Emotion.SADNESS, SLIGHT): ("sigh", "groan", "moan"),
    (Emotion.SURPRISE, None): ("gasp",),
    (Emotion.FEAR, None): ("shriek", "scream", "tremble", "shudder"),
    (Emotion.ANGER, None): ("growl", "snarl", "scoff"),
    (Emotion.DISGUST, None): ("gag", "retch"),
    (None, None): (
        *("cough", "yawn", "snore", "sneeze", "hiccup", "burp", "sniff", "breathe", "inhale", "exhale", "gulp"),
        *("swallow", "hum", "whistle", "snort", "clap", "pant", "kiss", "hiss"),
    ),
}
"""Sounds by the emotion that they imply; their other forms (`laughs`, `laughing`, `laughed`) count, too."""
OTHER_SOUNDS = list_words("words", "other_sounds")
"""Further sounds, which imply no emotion except for laughter."""
SOUND_MODIFIERS = frozenset(list_words("words", "sound_modifiers"))
"""Words beside a sound that say how it is made."""
STYLES = frozenset(list_words("words", "styles"))
"""Words for styles that no voice has."""
SHORT_VOWEL = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
"""A word that doubles its last letter before `ing`."""


def inflect(word: str) -> tuple[str, ...]:
    """Return the forms of a regular verb: `laugh`, `laughs`, `laughing`, `laughed`."""
    if word.endswith("y"):
        return word, word[:-1] + "ies", word + "ing", word[:-1] + "ied"
    stem = word + word[-1] if SHORT_VOWEL.fullmatch(word) else word.removesuffix("e")
    return word, word + ("es" if word.endswith("s") else "s"), stem + "ing", stem + "ed"


SOUND_OF_WORD: dict[str, SoundEmotion] = {
    **{form: implied for implied, words in SOUNDS.items() for word in words for form in inflect(word)},
    **dict.fromkeys(OTHER_SOUNDS, (None, None)),
    "laughter": (Emotion.JOY, None),
}


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
