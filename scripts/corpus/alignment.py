"""The teacher's durations, carried over to espeak's phonemes.

The teacher knows how long each of its phonemes lasts, but it writes them in an alphabet and by a dictionary of its own;
the voice reads espeak's. Both write the same words, so the cheapest way to edit one string into the other
(Levenshtein's distance, with costs by the kind of sound) tells which symbols stand for the same piece of sound:

1. The teacher's single letters for diphthongs and affricates are spelled out; the parts share the time evenly.
2. Unlike kinds of symbols (vowel, consonant, stress or length mark, pause) hardly ever replace one another, and marks
   are cheap to leave out: that keeps words in step where the dictionaries disagree about a sound.
3. A matched symbol takes its counterpart's time. The time of a symbol that only the teacher has goes to the espeak
   symbol before it. A symbol that only espeak has takes a share of its longer neighbour.

The mean cost a symbol says how far the two readings differ; a clip where it is high is better left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

SPELLED_OUT = {"A": "eɪ", "I": "aɪ", "W": "aʊ", "Y": "ɔɪ", "O": "oʊ", "ʤ": "dʒ", "ʧ": "tʃ", "ᵊ": "ə", "T": "ɾ"}
"""The teacher's letter -> the sounds behind it, as espeak writes them."""
VOWELS = "aeiouɐɑɒɔəɚɛɜɪʊʌæᵻ"
MARKS = "ˈˌː"
PAUSES = ' ,.;:!?—…"“”()'
CONSONANT, VOWEL, MARK, PAUSE = range(4)
KINDS = {**dict.fromkeys(VOWELS, VOWEL), **dict.fromkeys(MARKS, MARK), **dict.fromkeys(PAUSES, PAUSE)}

# Costs are whole tenths: sums of them are exact, so the way back can be found by comparing.
SAME_KIND = 4
OTHER_KIND = 15
LEFT_OUT = np.array([8, 8, 3, 5])
"""By kind: consonant, vowel, mark, pause."""
TENTHS = 10

SHARE = 0.34
"""What a symbol without a counterpart takes of its longer neighbour."""
MARK_SHARE = 0.2
"""The same for a stress or length mark, which is no sound of its own."""

BOTH, SOURCE_ONLY, TARGET_ONLY = range(3)


def carry_over(source: str, seconds: Sequence[float], target: str) -> tuple[npt.NDArray[np.float64], float]:
    """Seconds of each symbol of `target`, and the mean cost a symbol (0 where both strings agree).

    `seconds` holds one value for each symbol of `source`; the sum of the answer is theirs. `target` is not empty.
    """
    spelled, lengths = spell_out(source, seconds)
    table, replaced = edit_table(spelled, target)
    times = np.zeros(len(target))
    orphans = []
    for step, i, j in way_back(table, replaced, spelled):
        if step == TARGET_ONLY:
            orphans.append(j)
        else:
            # Sound before the first symbol of the target can only go to that one.
            times[max(0, j)] += lengths[i]
    for place in reversed(orphans):
        give_share(times, place, target[place])
    return times, float(table[-1, -1]) / TENTHS / len(target)


def spell_out(phonemes: str, seconds: Sequence[float]) -> tuple[str, list[float]]:
    """The teacher's phonemes in espeak's letters, with the seconds of each."""
    spelled, lengths = "", []
    for symbol, length in zip(phonemes, seconds, strict=True):
        sounds = SPELLED_OUT.get(symbol, symbol)
        spelled += sounds
        lengths += [length / len(sounds)] * len(sounds)
    return spelled, lengths


def edit_table(source: str, target: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cost of every pair of beginnings, [source + 1, target + 1], and of replacing each symbol, [source, target].

    A row is computed at once: its cheapest way without a step to the right comes from the row above; a step to the
    right costs the same wherever it starts, so the best start is a running minimum once these costs are taken off.
    """
    kinds = kinds_of(source)[:, None], kinds_of(target)[None, :]
    replaced = np.where(kinds[0] == kinds[1], SAME_KIND, OTHER_KIND)
    replaced[codes_of(source)[:, None] == codes_of(target)[None, :]] = 0
    right = np.concatenate([[0], np.cumsum(LEFT_OUT[kinds[1][0]])])
    table = np.empty((len(source) + 1, len(target) + 1), np.int64)
    table[0] = right
    for i, down in enumerate(LEFT_OUT[kinds[0][:, 0]]):
        row = table[i] + down
        np.minimum(row[1:], table[i, :-1] + replaced[i], out=row[1:])
        table[i + 1] = np.minimum.accumulate(row - right) + right
    return table, replaced


def way_back(
    table: npt.NDArray[np.int64], replaced: npt.NDArray[np.int64], source: str
) -> Iterator[tuple[int, int, int]]:
    """The cheapest edits from the end to the beginning: (step, place in the source, place in the target).

    Of equal ways a pair is preferred, then a symbol of the source alone. Where the source's symbol stands alone, the
    second place is the symbol of the target before it, -1 for none.
    """
    skipped = LEFT_OUT[kinds_of(source)]
    i, j = len(table) - 1, table.shape[1] - 1
    while i or j:
        if i and j and table[i, j] == table[i - 1, j - 1] + replaced[i - 1, j - 1]:
            i, j = i - 1, j - 1
            yield BOTH, i, j
        elif i and table[i, j] == table[i - 1, j] + skipped[i - 1]:
            i -= 1
            yield SOURCE_ONLY, i, j - 1
        else:
            j -= 1
            yield TARGET_ONLY, i, j


def give_share(times: npt.NDArray[np.float64], place: int, symbol: str) -> None:
    """Move a part of the longer neighbour's seconds to a symbol that has none, in place."""
    neighbours = [near for near in (place - 1, place + 1) if 0 <= near < len(times)]
    if not neighbours:
        return
    longer = max(neighbours, key=lambda near: times[near])
    moved = times[longer] * (MARK_SHARE if symbol in MARKS else SHARE)
    times[longer] -= moved
    times[place] += moved


def codes_of(symbols: str) -> npt.NDArray[np.int64]:
    """Code points, [symbols]."""
    return np.array([ord(symbol) for symbol in symbols], np.int64)


def kinds_of(symbols: str) -> npt.NDArray[np.int64]:
    """Kind of each symbol, [symbols]."""
    return np.array([KINDS.get(symbol, CONSONANT) for symbol in symbols], np.int64)
