"""Read words about delivery, such as `very angry` or `speak slowly`: in tags, and in instructions in free words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.text.word_tables import list_words
from app.types import Emotion

SLIGHT, STRONG, EXTREME = 0.5, 1.5, 2.0
"""Degrees of an emotion that words set; a plain word leaves the degree to the request."""
DEGREES = {
    SLIGHT: list_words("delivery", "slight"),
    STRONG: list_words("delivery", "strong"),
    EXTREME: list_words("delivery", "extreme"),
}
"""Words for the degree of the word after them, by the degree of an emotion."""
POWERS = {SLIGHT: 0.5, STRONG: 2.0, EXTREME: 3.0}
"""Power of the factor of a rate or a volume, by the degree of its word: `very slowly` is twice as slow as `slowly`."""
RATES = {0.8: list_words("delivery", "slow"), 1.25: list_words("delivery", "fast")}
"""Words for the speaking rate, by the factor on it."""
VOLUMES = {gain: list_words("delivery", name) for gain, name in ((0.35, "whispered"), (0.6, "quiet"), (1.4, "loud"))}
"""Words for the loudness, by the gain."""
WHISPERS = frozenset(VOLUMES[0.35])
"""Words for a whisper, which a voice can only speak quietly."""
PITCHES = {-2.0: list_words("delivery", "low"), 2.0: list_words("delivery", "high")}
"""Words for the pitch beside one of `PITCH_NOUNS`, by the shift in semitones."""
PITCH_NOUNS = ("voice", "pitch", "pitched", "tone", "register", "voiced")
RATE_NOUNS = ("speed", "pace", "rate", "tempo")
VOLUME_NOUNS = ("volume", "loudness")
FILLERS = frozenset(list_words("delivery", "fillers"))
"""Words without an effect of their own."""
NEXT_NOUNS = 3
"""Words after `low` or `high` that are searched for the noun which they describe."""


@dataclass(slots=True)
class Delivery:
    """The delivery that some words describe."""

    emotions: dict[Emotion, float | None] = field(default_factory=dict)
    """Emotions in their order, each with its degree; None if no word sets the degree."""
    speed: float = 1.0
    """Factor on the speaking rate."""
    volume: float = 1.0
    """Linear gain."""
    pitch: float = 0.0
    """Semitones above the voice's own pitch."""
    whispered: bool = False
    """Whether a whisper is requested."""
    unknown: list[str] = field(default_factory=list)
    """Words that were not understood."""

    @property
    def is_empty(self) -> bool:
        """Whether the words set nothing."""
        return not self.emotions and (self.speed, self.volume, self.pitch) == (1.0, 1.0, 0.0)

    @property
    def main(self) -> tuple[Emotion, float | None] | None:
        """The emotion and its degree: the only one, or the only one besides neutral; None if there is no such one."""
        felt = [item for item in self.emotions.items() if item[0] is not Emotion.NEUTRAL] or list(self.emotions.items())
        return felt[0] if len(felt) == 1 else None


WordEmotion = Callable[[str], Emotion | None]
"""Function that returns the emotion of a word in small letters; None if it names none."""
WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?(?:-[^\W\d_]+)*|[\d.]*\d(?:[^\W\d_]+)?")
"""Words, with their hyphens, and numbers."""


def split_words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return WORDS.findall(text.lower().replace("’", "'"))


def read_delivery(words: Sequence[str], find_emotion: WordEmotion) -> Delivery:
    """Return the delivery that words in small letters describe."""
    found = Delivery()
    degree: float | None = None
    parts = list(split_hyphens(words, find_emotion))
    for place, word in enumerate(parts):
        if word in FILLERS:
            continue
        nearby = [*parts[place + 1 : place + 1 + NEXT_NOUNS], *parts[max(0, place - 1) : place]]
        if apply_word(found, word, nearby, degree, find_emotion):
            degree = None
        elif word in DEGREE_OF_WORD:
            degree = DEGREE_OF_WORD[word]
        else:
            found.unknown.append(word)
            degree = None
    return found


def apply_word(
    found: Delivery, word: str, nearby: Sequence[str], degree: float | None, find_emotion: WordEmotion
) -> bool:
    """Add the effect of a word to what was found; return whether it has any effect."""
    emotion, power = find_emotion(word), 1.0 if degree is None else POWERS[degree]
    noun = next((one for one in nearby if one in NOUNS), "")
    if word in PITCH_OF_WORD and noun in PITCH_NOUNS:
        found.pitch = PITCH_OF_WORD[word] * power
    elif word in PITCH_OF_WORD and noun:
        raised = PITCH_OF_WORD[word] > 0
        if noun in RATE_NOUNS:
            found.speed *= (1.25 if raised else 0.8) ** power
        else:
            found.volume *= (1.4 if raised else 0.6) ** power
    elif emotion is None and word not in RATE_OF_WORD and word not in VOLUME_OF_WORD:
        return False
    if emotion is not None:
        found.emotions[emotion] = degree
    if word in RATE_OF_WORD:
        found.speed = choose_stronger(found.speed, RATE_OF_WORD[word] ** power)
    if word in VOLUME_OF_WORD:
        found.volume = choose_stronger(found.volume, VOLUME_OF_WORD[word] ** power)
    found.whispered = found.whispered or word in WHISPERS
    return True


def choose_stronger(before: float, now: float) -> float:
    """Return the factor farther from 1 if both change in the same direction, as in `whisper softly`; else the later."""
    return (min if now < 1 else max)(before, now) if (before < 1) == (now < 1) else now


def split_hyphens(words: Iterable[str], find_emotion: WordEmotion) -> Iterable[str]:
    """Yield the words, and the parts of a word with hyphens that names no emotion itself."""
    for word in words:
        yield from (word,) if "-" not in word or find_emotion(word) else word.split("-")


def invert(table: Mapping[float, tuple[str, ...]]) -> dict[str, float]:
    """Return the value of each word."""
    return {word: value for value, words in table.items() for word in words}


DEGREE_OF_WORD, RATE_OF_WORD, VOLUME_OF_WORD, PITCH_OF_WORD = map(invert, (DEGREES, RATES, VOLUMES, PITCHES))
NOUNS = frozenset((*PITCH_NOUNS, *RATE_NOUNS, *VOLUME_NOUNS))
