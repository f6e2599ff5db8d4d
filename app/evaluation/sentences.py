"""The fixed sentences that every voice speaks, so that the figures of two voices can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from app.plan import Emotion

FILE = Path(__file__).with_name("sentences.tsv")
"""emotion, tab, sentence. No corpus that a voice was trained on may hold one of them."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sentence, the emotion that it is spoken with, and the seed that it is spoken with."""

    emotion: Emotion
    text: str
    seed: int
    """Its place in its emotion: fixed, but not one for all, or one unlucky draw would mark every sentence alike."""


def read_sentences(emotions: Collection[Emotion], limit: int | None = None) -> list[Prompt]:
    """The sentences of these emotions, in the order of the file; at most `limit` of each."""
    count: Counter[Emotion] = Counter()
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        name, text = line.split("\t")
        emotion = Emotion(name)
        if emotion in emotions and (limit is None or count[emotion] < limit):
            found.append(Prompt(emotion, text, seed=count[emotion]))
            count[emotion] += 1
    return found
