"""Joining: no clicks, exact places, levels that stay in relation, and the same samples however they are cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.join import (
    FADE_SECONDS,
    KEPT_LEAD_SECONDS,
    KEPT_TAIL_SECONDS,
    KNEE,
    SILENCE_DB,
    Joiner,
    UtteranceSpan,
    fade,
    soft_limit,
)

RATE = 22050
FRAME = 110
"""Samples in 5 ms."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Piece:
    samples: Samples
    pause_after: float = 0.0
    gain: float = 1.0


def tone(seconds: float, amplitude: float = 0.5, frequency: float = 180.0) -> Samples:
    """A cosine, which starts and ends at full height: the hardest case for a seam."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.cos(2 * np.pi * frequency * time)).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(samples: int, decibels: float, seed: int) -> Samples:
    return (10 ** (decibels / 20) * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def join(pieces: list[Piece], chunk: int = 10**9) -> list[tuple[Samples, UtteranceSpan]]:
    """Each piece as it was sent, and its place; all are pushed in chunks of one size."""
    joiner = Joiner(RATE)
    joined = []
    for piece in pieces:
        joiner.start_utterance(piece.gain)
        sent = [joiner.push(piece.samples[at : at + chunk]) for at in range(0, len(piece.samples), chunk)]
        rest, placed = joiner.end(piece.pause_after)
        joined.append((np.concatenate([*sent, rest]), placed))
    return joined


def joined(pieces: list[Piece]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *(samples for samples, _ in join(pieces))])


pieces = st.lists(
    st.builds(
        Piece,
        samples=st.builds(tone, st.floats(0, 0.3), st.floats(0, 1), st.floats(80, 400)),
        pause_after=st.floats(0, 0.5),
        gain=st.floats(0.2, 2),
    ),
    min_size=1,
    max_size=5,
)


@given(pieces)
def test_places_follow_each_other_and_sum_to_the_audio(some: list[Piece]) -> None:
    position = 0
    for piece, (samples, placed) in zip(some, join(some), strict=True):
        assert placed.start == position / RATE
        position += len(samples)
        assert placed.end == (position - round(piece.pause_after * RATE)) / RATE
        assert placed.end >= placed.start


@given(pieces)
def test_samples_stay_within_full_scale(some: list[Piece]) -> None:
    samples = joined(some)
    assert samples.dtype == np.float32
    assert np.abs(samples).max(initial=0.0) <= 1.0


@given(pieces.map(lambda some: [one for one in some if len(one.samples) >= 2 * FADE_SECONDS * RATE]))
def test_no_seam_jumps_more_than_the_sound_itself(some: list[Piece]) -> None:
    """Of utterances that have room for both fades: a click of four samples at full scale stays one."""
    # A cosine of amplitude a and frequency f moves at most a * 2 pi f / rate from one sample to the next.
    steepest = 2 * 2 * np.pi * 400 / RATE
    assert np.abs(np.diff(joined(some))).max(initial=0.0) <= steepest


def test_a_seam_without_pause_is_silent_at_the_seam() -> None:
    (before, _), (after, _) = join([Piece(tone(0.2)), Piece(tone(0.2))])
    assert abs(before[-1]) < 1e-3
    assert abs(after[0]) < 1e-3


# Levels around the border of silence, lengths around those of frames and fades, peaks that the guard bends.
utterances = st.lists(
    st.builds(
        noise,
        st.integers(0, 300) | st.integers(0, 4000),
        st.sampled_from([-200.0, SILENCE_DB - 0.3, SILENCE_DB, SILENCE_DB + 0.3, -20.0, 3.0]),
        st.integers(0, 99),
    ),
    max_size=6,
).map(lambda parts: np.concatenate([np.zeros(0, np.float32), *parts]))


@given(utterances, st.floats(0.2, 2), st.data())
def test_the_samples_are_the_same_however_they_are_cut(samples: Samples, gain: float, data: st.DataObject) -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(gain)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=12)))
    sent = [joiner.push(chunk) for chunk in np.split(samples, cuts)]
    rest, placed = joiner.end(0.1)
    ((whole, place),) = join([Piece(samples, 0.1, gain)])
    assert all(chunk.dtype == np.float32 for chunk in [*sent, rest, whole])
    np.testing.assert_array_equal(np.concatenate([*sent, rest]), whole)
    assert placed == place


def test_cutting_sample_by_sample_changes_nothing() -> None:
    some = [Piece(noise(length, 3.0, seed=length)) for length in (0, 1, 2, 3, FRAME, 2 * FRAME - 1, 2 * FRAME, 999)]
    for (one, _), (whole, _) in zip(join(some, chunk=1), join(some), strict=True):
        np.testing.assert_array_equal(one, whole)


def test_silence_around_a_piece_is_cut_to_a_short_lead_and_tail() -> None:
    ((samples, placed),) = join([Piece(np.concatenate([silence(1), tone(0.5), silence(1)]))])
    last = placed.trimmed_lead + len(samples) / RATE
    assert abs(placed.trimmed_lead - (1.0 - KEPT_LEAD_SECONDS)) < 0.006
    assert abs(last - (1.5 + KEPT_TAIL_SECONDS)) < 0.006


def test_the_end_carries_at_most_fifty_milliseconds_of_silence() -> None:
    samples = joined([Piece(np.concatenate([tone(0.5), silence(1)]))])
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert (len(samples) - 1 - loud[-1]) / RATE <= 0.055


def test_silence_inside_a_piece_is_kept_to_the_sample() -> None:
    inside = np.concatenate([tone(0.3), noise(RATE, SILENCE_DB - 10, seed=1), tone(0.3)])
    samples = joined([Piece(inside)])
    assert len(samples) == len(inside)
    np.testing.assert_array_equal(samples[FRAME:-FRAME], inside[FRAME:-FRAME])


@pytest.mark.parametrize(("decibels", "cut"), [(SILENCE_DB - 2, True), (SILENCE_DB + 2, False)])
@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_what_is_silent_is_decided_by_the_level_before_the_gain(decibels: float, cut: bool, gain: float) -> None:
    faint = tone(1.0, amplitude=2**0.5 * 10 ** (decibels / 20), frequency=1000)
    ((samples, placed),) = join([Piece(np.concatenate([faint, tone(0.2, amplitude=0.05), faint]), gain=gain)])
    assert (placed.trimmed_lead > 0.9) is cut
    assert (len(samples) < RATE) is cut


def test_a_piece_without_anything_loud_is_kept_whole_and_held_to_its_end() -> None:
    faint = noise(RATE, SILENCE_DB - 10, seed=2)
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    assert all(len(joiner.push(chunk)) == 0 for chunk in np.split(faint, 50))
    rest, placed = joiner.end(0.0)
    assert (len(rest), placed) == (len(faint), UtteranceSpan(0.0, len(faint) / RATE, 0.0))


def test_speech_leaves_but_for_the_length_of_a_fade() -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    pushed = sent = 0
    for chunk in np.array_split(noise(20 * RATE, -20, seed=3), 200):
        pushed += len(chunk)
        sent += len(joiner.push(chunk))
        assert pushed - sent == round(FADE_SECONDS * RATE)


def test_a_tail_is_held_until_something_loud_follows() -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    sent = len(joiner.push(tone(0.5))) + len(joiner.push(silence(0.5)))
    assert abs(sent / RATE - (0.5 + KEPT_TAIL_SECONDS - FADE_SECONDS)) < 0.006
    assert len(joiner.push(silence(0.5))) == 0
    sent += len(joiner.push(tone(0.5)))
    assert sent == round(2.0 * RATE) - round(FADE_SECONDS * RATE)


@pytest.mark.parametrize("length", [2, 3, 40, 2 * FRAME - 1])
def test_fades_of_a_short_piece_are_half_as_long_as_it_is(length: int) -> None:
    samples = joined([Piece(np.full(length, 0.5, np.float32))])
    assert samples[0] == samples[-1] == 0.0
    np.testing.assert_array_equal(samples, samples[::-1])
    assert np.all(np.diff(samples[: length // 2]) > 0)
    assert length % 2 == 0 or samples[length // 2] == 0.5


def test_a_lone_sample_cannot_click() -> None:
    assert joined([Piece(np.ones(1, np.float32))]).tolist() == [0.0]


def test_gain_keeps_levels_in_relation() -> None:
    (quiet, _), (loud, _) = join([Piece(tone(0.3, 0.2), gain=0.5), Piece(tone(0.3, 0.2), gain=2.0)])
    assert abs(np.abs(loud).max() / np.abs(quiet).max() - 4.0) < 0.01


def test_peaks_bend_and_what_is_below_the_knee_is_untouched() -> None:
    samples = np.array([0.1, -0.5, KNEE, 1.5, -3.0], np.float32)
    guarded = soft_limit(samples)
    np.testing.assert_array_equal(guarded[:3], samples[:3])
    assert KNEE < guarded[3] <= 1.0
    assert -1.0 <= guarded[4] < -KNEE


def test_fade_leaves_the_middle_and_its_argument_alone() -> None:
    samples = tone(0.1)
    np.testing.assert_array_equal(fade(samples, 200, 100)[200:-100], samples[200:-100])
    np.testing.assert_array_equal(samples, tone(0.1))


def test_an_empty_piece_has_no_length_but_its_pause() -> None:
    (first, placed), (second, place) = join([Piece(silence(0), pause_after=0.5), Piece(silence(0))])
    assert (len(first), len(second)) == (round(0.5 * RATE), 0)
    assert placed.start == placed.end == 0.0
    assert place.start == place.end == 0.5


def test_samples_outside_of_any_utterance_are_refused() -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    joiner.end(0.0)
    with pytest.raises(RuntimeError, match="No utterance"):
        joiner.push(tone(0.1))
