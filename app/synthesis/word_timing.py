"""When each word of an utterance is heard: the durations of its phonemes -> times of the words in the request's text.

Two alignments stand between them. espeak-ng writes some neighbours as one (`ɔnðə` for `on the`), and what is spoken may
not be what was written (`five dollars` for `$5`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from app.synthesis.tokenizer import Tokens
from app.text.phonetic import without_phonemes
from app.types import Utterance, Word

WRITTEN_WORD = re.compile(r"[$€£¥#@]?\w(?:\S*\w)?%?")
STEPS = ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (1, 3))
"""How many spoken words, and how many groups of phonemes, may stand for one another."""
UNEVEN_COST = 1.5
"""For each word or group beyond one; in letters, as is the difference of lengths that it is weighed against."""
MARK_COST = 4.0
"""Where a pause mark stands behind the word but not behind the group, or the reverse."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A stretch of speech."""

    text: str
    start: float
    """Seconds from the beginning of the utterance's samples."""
    end: float


def time_words(
    utterance: Utterance, tokens: Tokens, durations: Sequence[int], frame_seconds: float
) -> tuple[Word, ...]:
    """The words of an utterance; seconds count from the beginning of its samples, `durations` are frames a token."""
    groups = time_groups(tokens, durations, frame_seconds)
    spoken = time_spoken(
        [word for word in without_phonemes(utterance.spoken).split() if any(map(str.isalnum, word))], groups
    )
    # The first sound is heard before its own frames, in those of the pause before it, which is silent otherwise.
    spoken[:1] = [replace(one, start=0.0) for one in spoken[:1]]
    return time_written(utterance, spoken)


def time_groups(tokens: Tokens, durations: Sequence[int], frame_seconds: float) -> list[Timed]:
    """The stretches between spaces; their times leave out the marks at their ends, which are pauses."""
    ends = [frames * frame_seconds for frames in accumulate(durations, initial=0)]
    groups = []
    for match in re.finditer(r"\S+", tokens.symbols):
        letters = [place for place in range(*match.span()) if tokens.symbols[place].isalnum()]
        if letters:
            first, last = tokens.places[letters[0]], tokens.places[letters[-1]]
            groups.append(Timed(match[0], ends[first], ends[last + 1]))
    return groups


def time_spoken(words: list[str], groups: list[Timed]) -> list[Timed]:
    """Times of the words as they are read; words that share a group share its time by their letters."""
    timed = []
    for word_count, group_count in align(words, [group.text for group in groups]):
        these, words = words[:word_count], words[word_count:]
        span, groups = groups[:group_count], groups[group_count:]
        timed += shared(these, span[0].start, span[-1].end)
    return timed


def align(words: Sequence[str], groups: Sequence[str]) -> list[tuple[int, int]]:
    """Cut both into the same number of parts, in order: how many words and groups each part has.

    The cheapest way by lengths and pause marks (dynamic programming); one part of everything where there is none.
    """
    if not words or not groups:
        return []
    ratio = sum(map(len, groups)) / sum(map(len, words))
    best: dict[tuple[int, int], tuple[float, list[tuple[int, int]]]] = {(0, 0): (0.0, [])}
    for w in range(1, len(words) + 1):
        for g in range(1, len(groups) + 1):
            ways = []
            for step in STEPS:
                before = best.get((w - step[0], g - step[1]))
                if before:
                    price = cost(words[w - step[0] : w], groups[g - step[1] : g], ratio)
                    ways.append((before[0] + price, (w - step[0], g - step[1]), step))
            if ways:
                price, origin, step = min(ways)
                best[w, g] = price, [*best[origin][1], step]
    whole = best.get((len(words), len(groups)))
    return whole[1] if whole else [(len(words), len(groups))]


def cost(words: Sequence[str], groups: Sequence[str], ratio: float) -> float:
    """How badly some words and some groups fit together."""
    difference = abs(ratio * sum(map(len, words)) - sum(map(len, groups)))
    marks = words[-1][-1].isalnum() != groups[-1][-1].isalnum()
    return difference + UNEVEN_COST * (len(words) + len(groups) - 2) + MARK_COST * marks


def time_written(utterance: Utterance, spoken: list[Timed]) -> tuple[Word, ...]:
    """Times of the words as they were written; where the reading differs, they share the time of what is read."""
    written = list(WRITTEN_WORD.finditer(utterance.text))
    matcher = SequenceMatcher(
        None, [bare(match[0]) for match in written], [bare(one.text) for one in spoken], autojunk=False
    )
    words: list[Word] = []
    for kind, first, last, spoken_first, spoken_last in matcher.get_opcodes():
        these, read = written[first:last], spoken[spoken_first:spoken_last]
        if kind == "equal":
            times = read
        elif these and read:
            times = shared([match[0] for match in these], read[0].start, read[-1].end)
        else:
            continue
        words += [
            Word(match[0], span_in_request(utterance, *match.span()), time.start, time.end, match.start())
            for match, time in zip(these, times, strict=True)
        ]
    return tuple(words)


def span_in_request(utterance: Utterance, start: int, end: int) -> tuple[int, int] | None:
    """Where a stretch of an utterance's text stands in the request; None where that is not known any more."""
    if utterance.places is not None:
        return utterance.places[start], utterance.places[end - 1] + 1
    if utterance.span is None or utterance.span[1] - utterance.span[0] != len(utterance.text):
        return None
    return utterance.span[0] + start, utterance.span[0] + end


def shared(words: Sequence[str], start: float, end: float) -> list[Timed]:
    """A stretch of time divided among words by their letters."""
    letters = list(accumulate(map(len, words), initial=0))
    moments = [start + (end - start) * count / letters[-1] for count in letters]
    return [Timed(word, *times) for word, times in zip(words, pairwise(moments), strict=True)]


def bare(word: str) -> str:
    """A word without its marks, for comparing."""
    return re.sub(r"\W+", "", word).casefold()
