"""Joining: no clicks, exact places, levels that stay in relation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from app.audio.join import KEPT_LEAD_SECONDS, KEPT_TAIL_SECONDS, KNEE, Piece, audible, fade, guard_peaks, join

RATE = 22050


def tone(seconds: float, amplitude: float = 0.5, frequency: float = 180.0) -> npt.NDArray[np.float32]:
    """A cosine, which starts and ends at full height: the hardest case for a seam."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.cos(2 * np.pi * frequency * time)).astype(np.float32)


def joined(pieces: list[Piece]) -> npt.NDArray[np.float32]:
    return np.concatenate([placed.samples for placed in join(pieces, RATE)])


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
    placed = list(join(some, RATE))
    position = 0.0
    for piece, place in zip(some, placed, strict=True):
        assert abs(place.start - position) < 1e-9
        assert place.end >= place.start
        position = place.start + len(place.samples) / RATE
        assert abs(position - place.end - round(piece.pause_after * RATE) / RATE) < 1e-9


@given(pieces)
def test_samples_stay_within_full_scale(some: list[Piece]) -> None:
    samples = joined(some)
    assert samples.dtype == np.float32
    assert np.abs(samples).max(initial=0.0) <= 1.0


@given(pieces)
def test_no_seam_jumps_more_than_the_sound_itself(some: list[Piece]) -> None:
    # A cosine of amplitude a and frequency f moves at most a * 2 pi f / rate from one sample to the next.
    steepest = max(2 * 2 * np.pi * 400 / RATE, 0.0)
    assert np.abs(np.diff(joined(some))).max(initial=0.0) <= steepest


def test_a_seam_without_pause_is_silent_at_the_seam() -> None:
    placed = list(join([Piece(tone(0.2), 0.0), Piece(tone(0.2), 0.0)], RATE))
    assert abs(placed[0].samples[-1]) < 1e-3
    assert abs(placed[1].samples[0]) < 1e-3


def test_silence_around_a_piece_is_cut_to_a_short_lead_and_tail() -> None:
    silence = np.zeros(RATE, np.float32)
    samples = np.concatenate([silence, tone(0.5), silence])
    first, last = audible(samples, RATE)
    assert abs(first / RATE - (1.0 - KEPT_LEAD_SECONDS)) < 0.006
    assert abs(last / RATE - (1.5 + KEPT_TAIL_SECONDS)) < 0.006


def test_the_end_carries_at_most_fifty_milliseconds_of_silence() -> None:
    samples = joined([Piece(np.concatenate([tone(0.5), np.zeros(RATE, np.float32)]), 0.0)])
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert (len(samples) - 1 - loud[-1]) / RATE <= 0.055


def test_gain_keeps_levels_in_relation() -> None:
    quiet, loud = join([Piece(tone(0.3, 0.2), 0.0, gain=0.5), Piece(tone(0.3, 0.2), 0.0, gain=2.0)], RATE)
    assert abs(np.abs(loud.samples).max() / np.abs(quiet.samples).max() - 4.0) < 0.01


def test_peaks_bend_and_what_is_below_the_knee_is_untouched() -> None:
    samples = np.array([0.1, -0.5, KNEE, 1.5, -3.0], np.float32)
    guarded = guard_peaks(samples)
    np.testing.assert_array_equal(guarded[:3], samples[:3])
    assert KNEE < guarded[3] <= 1.0
    assert -1.0 <= guarded[4] < -KNEE


def test_fade_leaves_the_middle_alone() -> None:
    samples = tone(0.1)
    np.testing.assert_array_equal(fade(samples, RATE)[200:-200], samples[200:-200])


def test_an_empty_piece_has_no_length() -> None:
    (placed,) = join([Piece(np.zeros(0, np.float32), 0.0)], RATE)
    assert len(placed.samples) == 0
    assert placed.start == placed.end == 0.0
