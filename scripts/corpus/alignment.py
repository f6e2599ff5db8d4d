"""Transfer the teacher's durations to espeak's phonemes.

The teacher knows how long each of its phonemes lasts, but it has its own alphabet and dictionary, while the voice reads
espeak's phonemes. Both transcribe the same words, so the cheapest edits from one string to the other (Levenshtein
distance, with costs by the kind of sound) show which symbols represent the same sound:

1. The teacher's single letters for diphthongs and affricates are spelled out; their parts share the time evenly.
2. Unlike kinds of symbols (vowel, consonant, stress or length mark, pause) hardly ever replace one another, and marks
   are cheap to leave out: words stay aligned if the dictionaries disagree about a sound.
3. A matched symbol takes its counterpart's time. The time of a symbol that only the teacher has is added to the espeak
   symbol before it. A symbol that only espeak has takes a share of its longer neighbour.

The mean cost per symbol measures how far the two readings differ; a clip with a high cost is better left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

SPELLED_OUT = {"A": "eɪ", "I": "aɪ", "W": "aʊ", "Y": "ɔɪ", "O": "oʊ", "ʤ": "dʒ", "ʧ": "tʃ", "ᵊ": "ə", "T": "ɾ"}
"""Sounds of each of the teacher's letters, as espeak writes them."""
VOWELS = "aeiouɐɑɒɔəɚɛɜɪʊʌæᵻ"
MARKS = "ˈˌː"
PAUSES = ' ,.;:!?—…"“”()'
CONSONANT, VOWEL, MARK, PAUSE = range(4)
KINDS = {**dict.fromkeys(VOWELS, VOWEL), **dict.fromkeys(MARKS, MARK), **dict.fromkeys(PAUSES, PAUSE)}

# Costs are whole tenths: sums of them are exact, so the edits can be traced back by comparison.
SAME_KIND = 4
OTHER_KIND = 15
LEFT_OUT = np.array([8, 8, 3, 5])
"""Cost of leaving out a symbol, by kind: consonant, vowel, mark, pause."""
TENTHS = 10

SHARE = 0.34
"""Share that a symbol without a counterpart takes of its longer neighbour."""
MARK_SHARE = 0.2
"""The same for a stress or length mark, which is not a sound of its own."""

BOTH, SOURCE_ONLY, TARGET_ONLY = range(3)


def transfer_durations(source: str, seconds: Sequence[float], target: str) -> tuple[npt.NDArray[np.float64], float]:
    """Return the seconds of each symbol of `target`, and the mean cost per symbol (0 if both strings are equal).

    `seconds` has one value for each symbol of `source`; its sum is preserved. `target` must not be empty.
    """
    spelled, lengths = spell_out(source, seconds)
    table, replaced = compute_edit_costs(spelled, target)
    times = np.zeros(len(target))
    unmatched = []
    for step, i, j in trace_edits(table, replaced, spelled):
        if step == TARGET_ONLY:
            unmatched.append(j)
        else:
            # Only the first symbol of the target can take the time before it.
            times[max(0, j)] += lengths[i]
    for place in reversed(unmatched):
        take_share(times, place, target[place])
    return times, float(table[-1, -1]) / TENTHS / len(target)


def spell_out(phonemes: str, seconds: Sequence[float]) -> tuple[str, list[float]]:
    """Return the teacher's phonemes in espeak's letters, with the seconds of each."""
    spelled, lengths = "", []
    for symbol, length in zip(phonemes, seconds, strict=True):
        sounds = SPELLED_OUT.get(symbol, symbol)
        spelled += sounds
        lengths += [length / len(sounds)] * len(sounds)
    return spelled, lengths


def compute_edit_costs(source: str, target: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the cost of each pair of prefixes, (source + 1, target + 1), and of each replacement, (source, target).

    A row is computed at once: its cheapest path without a step to the right comes from the row above; a step to the
    right costs the same wherever it starts, so the best start is a running minimum after these costs are subtracted.
    """
    kinds = classify_symbols(source)[:, None], classify_symbols(target)[None, :]
    replaced = np.where(kinds[0] == kinds[1], SAME_KIND, OTHER_KIND)
    replaced[encode_symbols(source)[:, None] == encode_symbols(target)[None, :]] = 0
    right = np.concatenate([[0], np.cumsum(LEFT_OUT[kinds[1][0]])])
    table = np.empty((len(source) + 1, len(target) + 1), np.int64)
    table[0] = right
    for i, down in enumerate(LEFT_OUT[kinds[0][:, 0]]):
        row = table[i] + down
        np.minimum(row[1:], table[i, :-1] + replaced[i], out=row[1:])
        table[i + 1] = np.minimum.accumulate(row - right) + right
    return table, replaced


def trace_edits(
    table: npt.NDArray[np.int64], replaced: npt.NDArray[np.int64], source: str
) -> Iterator[tuple[int, int, int]]:
    """Yield the cheapest edits from the end to the beginning: (step, place in the source, place in the target).

    Among equal costs a pair is preferred, then a symbol of the source alone. For the latter, the second place is that
    of the target's symbol before it, -1 for none.
    """
    skipped = LEFT_OUT[classify_symbols(source)]
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


def take_share(times: npt.NDArray[np.float64], place: int, symbol: str) -> None:
    """Move a share of the longer neighbour's seconds to a symbol that has none, in place."""
    neighbours = [near for near in (place - 1, place + 1) if 0 <= near < len(times)]
    if not neighbours:
        return
    longer = max(neighbours, key=lambda near: times[near])
    moved = times[longer] * (MARK_SHARE if symbol in MARKS else SHARE)
    times[longer] -= moved
    times[place] += moved


def encode_symbols(symbols: str) -> npt.NDArray[np.int64]:
    """Return the code points, (symbols,)."""
    return np.array([ord(symbol) for symbol in symbols], np.int64)


def classify_symbols(symbols: str) -> npt.NDArray[np.int64]:
    """Return the kind of each symbol, (symbols,)."""
    return np.array([KINDS.get(symbol, CONSONANT) for symbol in symbols], np.int64)
