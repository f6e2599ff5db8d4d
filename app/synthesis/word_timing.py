"""Compute word times in the request's text from the durations of phonemes.

This takes two alignments: espeak-ng joins some words (`ɔnðə` for `on the`), and the spoken words can differ from the
written ones (`five dollars` for `$5`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from app.synthesis.tokenizer import Tokens
from app.text.normalization.cleaning import TAG
from app.text.phonetic import remove_phonemes
from app.types import Utterance, Word

ENTITY = r"&(?:[a-z]{2,8}|#[0-9]{1,6}|#x[0-9a-f]{1,5});"
SEPARATOR = re.compile(
    rf"{TAG.pattern}"
    r"|\]\([^\s()]{0,300}\)"  # address of a Markdown link
    rf"|(?<![^\W_]){ENTITY}|{ENTITY}(?![^\W_])|&(?:nbsp|ensp|emsp|thinsp|mdash|ndash|hellip);"
    r"|[—―…]|(?<![0-9])–|–(?![0-9])|-{2,}|\.{2,}",
    re.IGNORECASE,
)
"""Markup, dashes and dots that are no part of a word although no space may be beside them."""
WRITTEN_WORD = re.compile(r"(?:(?<!#)#|[$€£¥@])?[^\W_](?:\S*[^\W_])?%?")
STEPS = ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (1, 3))
"""Numbers of spoken words and of phoneme groups that can be aligned to each other."""
UNEVEN_COST = 1.5
"""Cost of each word or group beyond the first of a part, in letters, like the cost of a difference in length."""
SOUND_LEAD = 0.03
"""Seconds by which a word's first sound begins before the frames of its token, as GlowTTS aligns them."""
MARK_COST = 4.0
"""Cost of a pause mark after the words but not after the groups, or the reverse, in letters."""


@dataclass(frozen=True, slots=True)
class TimedText:
    """Start and end of a piece of text in the audio."""

    text: str
    start: float
    """Seconds from the utterance's first sample, like `end`."""
    end: float


def time_words(
    utterance: Utterance, tokens: Tokens, durations: Sequence[int], frame_seconds: float
) -> tuple[Word, ...]:
    """Return the words of an utterance, with seconds from its first sample; `durations` are in frames per token."""
    groups = time_groups(tokens, durations, frame_seconds)
    spoken = time_spoken(
        [word for word in remove_phonemes(utterance.spoken).split() if any(map(str.isalnum, word))], groups
    )
    # The first sound begins before its own frames, in those of the otherwise silent pause before it.
    spoken[:1] = [replace(one, start=0.0) for one in spoken[:1]]
    return time_written(utterance, spoken)


def time_groups(tokens: Tokens, durations: Sequence[int], frame_seconds: float) -> list[TimedText]:
    """Time the groups of symbols between spaces, without the marks at their ends, which are pauses."""
    ends = [frames * frame_seconds for frames in accumulate(durations, initial=0)]
    groups: list[TimedText] = []
    for match in re.finditer(r"\S+", tokens.symbols):
        letters = [place for place in range(*match.span()) if tokens.symbols[place].isalnum()]
        if letters:
            first, last = tokens.places[letters[0]], tokens.places[letters[-1]]
            begin = max(groups[-1].end if groups else 0.0, ends[first] - SOUND_LEAD)
            groups.append(TimedText(match[0], begin, ends[last + 1]))
    return groups


def time_spoken(words: list[str], groups: list[TimedText]) -> list[TimedText]:
    """Time the spoken words; words that share a group divide its time in proportion to their letters."""
    timed = []
    for word_count, group_count in align(words, [group.text for group in groups]):
        these, words = words[:word_count], words[word_count:]
        span, groups = groups[:group_count], groups[group_count:]
        timed += divide_time(these, span[0].start, span[-1].end)
    return timed


def align(words: Sequence[str], groups: Sequence[str]) -> list[tuple[int, int]]:
    """Divide words and groups into the same number of parts, in order; return each part's numbers of words and groups.

    The division has the lowest cost by lengths and pause marks (dynamic programming). If no division is possible, one
    part holds everything.
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
                    price = compute_alignment_cost(words[w - step[0] : w], groups[g - step[1] : g], ratio)
                    ways.append((before[0] + price, (w - step[0], g - step[1]), step))
            if ways:
                price, origin, step = min(ways)
                best[w, g] = price, [*best[origin][1], step]
    whole = best.get((len(words), len(groups)))
    return whole[1] if whole else [(len(words), len(groups))]


def compute_alignment_cost(words: Sequence[str], groups: Sequence[str], ratio: float) -> float:
    """Compute the cost of aligning words to groups."""
    difference = abs(ratio * sum(map(len, words)) - sum(map(len, groups)))
    marks = words[-1][-1].isalnum() != groups[-1][-1].isalnum()
    return difference + UNEVEN_COST * (len(words) + len(groups) - 2) + MARK_COST * marks


def time_written(utterance: Utterance, spoken: list[TimedText]) -> tuple[Word, ...]:
    """Time the written words; if the spoken words differ, the written ones divide their time."""
    written = find_words(utterance.text)
    matcher = SequenceMatcher(
        None,
        [normalize_word(match[0]) for match in written],
        [normalize_word(one.text) for one in spoken],
        autojunk=False,
    )
    words: list[Word] = []
    for kind, first, last, spoken_first, spoken_last in matcher.get_opcodes():
        these, read = written[first:last], spoken[spoken_first:spoken_last]
        if kind == "equal":
            times = read
        elif these and read:
            times = divide_time([match[0] for match in these], read[0].start, read[-1].end)
        else:
            continue
        words += [
            Word(match[0], find_request_span(utterance, *match.span()), time.start, time.end, match.start())
            for match, time in zip(these, times, strict=True)
        ]
    return tuple(words)


def find_words(text: str) -> list[re.Match[str]]:
    """Find the written words of a text, without markup; their offsets are those in the text."""
    return list(WRITTEN_WORD.finditer(SEPARATOR.sub(lambda match: " " * len(match[0]), text)))


def find_request_span(utterance: Utterance, start: int, end: int) -> tuple[int, int] | None:
    """Return the span in the request of a span of an utterance's text; None if it is not known any more."""
    if utterance.places is not None:
        return utterance.places[start], utterance.places[end - 1] + 1
    if utterance.span is None or utterance.span[1] - utterance.span[0] != len(utterance.text):
        return None
    return utterance.span[0] + start, utterance.span[0] + end


def divide_time(words: Sequence[str], start: float, end: float) -> list[TimedText]:
    """Divide a span of time among words in proportion to their letters."""
    letters = list(accumulate(map(len, words), initial=0))
    moments = [start + (end - start) * count / letters[-1] for count in letters]
    return [TimedText(word, *times) for word, times in zip(words, pairwise(moments), strict=True)]


def normalize_word(word: str) -> str:
    """Return a word without punctuation and case, for comparison."""
    return re.sub(r"\W+", "", word).casefold()
