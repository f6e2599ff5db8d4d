"""The transfer of the teacher's durations to espeak's phonemes."""

from __future__ import annotations

import random

import numpy as np
import pytest

from scripts.corpus.alignment import (
    KINDS,
    LEFT_OUT,
    OTHER_KIND,
    SAME_KIND,
    TENTHS,
    classify_symbols,
    compute_edit_costs,
    spell_out,
    transfer_durations,
)

ALPHABET = "ptkɹlsaeɪʊəˈːˌ ,."


def test_equal_strings_keep_their_times() -> None:
    times, cost = transfer_durations("həlˈo.", [0.1, 0.2, 0.1, 0.0, 0.3, 0.05], "həlˈo.")
    assert times.tolist() == [0.1, 0.2, 0.1, 0.0, 0.3, 0.05]
    assert cost == 0


def test_a_diphthong_shares_its_time() -> None:
    times, cost = transfer_durations("tˈI", [0.1, 0.05, 0.2], "tˈaɪ")
    assert times.tolist() == [0.1, 0.05, 0.1, 0.1]
    assert cost == 0


def test_a_symbol_only_of_the_teacher_gives_its_time_to_the_symbol_before() -> None:
    times, cost = transfer_durations("bɹə", [0.1, 0.2, 0.3], "bə")
    assert times == pytest.approx([0.3, 0.3])
    assert cost == pytest.approx(LEFT_OUT[KINDS.get("ɹ", 0)] / TENTHS / 2)


def test_time_before_the_first_symbol_is_kept() -> None:
    assert transfer_durations(" b", [0.1, 0.2], "b")[0] == pytest.approx([0.3])


def test_a_length_mark_takes_less_of_its_neighbour_than_a_sound() -> None:
    mark, _ = transfer_durations("si", [0.1, 0.2], "siː")
    sound, _ = transfer_durations("si", [0.1, 0.2], "siə")
    assert mark == pytest.approx([0.1, 0.16, 0.04])
    assert sound == pytest.approx([0.1, 0.132, 0.068])


def test_another_vowel_stands_for_the_same_sound() -> None:
    times, cost = transfer_durations("kɑt", [0.1, 0.2, 0.1], "kæt")
    assert times.tolist() == [0.1, 0.2, 0.1]
    assert cost == pytest.approx(SAME_KIND / TENTHS / 3)


def test_words_stay_aligned_if_the_readings_differ() -> None:
    source, target = "ðə kæt sæt.", "ɔn ðɪ kɑːt sæt."
    times, _ = transfer_durations(source, [0.1] * len(source), target)
    assert times[target.index("s")] == pytest.approx(0.1)
    assert times[-1] == pytest.approx(0.1)


@pytest.mark.parametrize(("source", "poor"), [("ðə kæt", False), ("zʌ bɪɡɡə dɔɡ ɪz hɪɹ", True)])
def test_readings_of_other_words_cost_more(source: str, poor: bool) -> None:
    assert (transfer_durations(source, [0.1] * len(source), "ðə kæt")[1] > 0.3) == poor


def test_a_symbol_without_a_counterpart_has_no_time() -> None:
    assert transfer_durations("", [], "a")[0].tolist() == [0.0]


def test_lengths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        spell_out("ab", [0.1])


@pytest.mark.parametrize("seed", range(20))
def test_no_time_is_lost_or_negative_and_the_table_matches_a_plain_loop(seed: int) -> None:
    rng = random.Random(seed)
    source = "".join(rng.choices(ALPHABET, k=rng.randint(1, 30)))
    target = "".join(rng.choices(ALPHABET, k=rng.randint(1, 30)))
    seconds = [rng.random() for _ in source]
    times, cost = transfer_durations(source, seconds, target)
    assert times.sum() == pytest.approx(sum(seconds))
    assert (times >= 0).all()
    expected = compute_plain_table(source, target)
    assert np.array_equal(compute_edit_costs(source, target)[0], expected)
    assert cost == pytest.approx(expected[-1, -1] / TENTHS / len(target))


def compute_plain_table(source: str, target: str) -> np.ndarray:
    """Compute the cost of every pair of prefixes, cell by cell."""
    table = np.zeros((len(source) + 1, len(target) + 1), np.int64)
    down, right = LEFT_OUT[classify_symbols(source)], LEFT_OUT[classify_symbols(target)]
    table[1:, 0], table[0, 1:] = np.cumsum(down), np.cumsum(right)
    for i, a in enumerate(source, 1):
        for j, b in enumerate(target, 1):
            replace = 0 if a == b else SAME_KIND if classify_symbols(a) == classify_symbols(b) else OTHER_KIND
            table[i, j] = min(
                table[i - 1, j - 1] + replace, table[i - 1, j] + down[i - 1], table[i, j - 1] + right[j - 1]
            )
    return table
