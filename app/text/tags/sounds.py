"""List the sounds and styles that tags name and voices cannot make, with the emotions that sounds imply."""

from __future__ import annotations

import re

from app.text.delivery import SLIGHT
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
