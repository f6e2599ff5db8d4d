"""Joining of utterances: seams, spans, relative levels, and independence of chunk boundaries."""

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
    limit_peaks,
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


def make_tone(seconds: float, amplitude: float = 0.5, frequency: float = 180.0) -> Samples:
    """Return a cosine, which begins and ends at full amplitude: the worst case for a seam."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.cos(2 * np.pi * frequency * time)).astype(np.float32)


def make_silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def make_noise(samples: int, decibels: float, seed: int) -> Samples:
    return (10 ** (decibels / 20) * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def join_pieces(pieces: list[Piece], chunk: int = 10**9) -> list[tuple[Samples, UtteranceSpan]]:
    """Push each piece in chunks of the given size; return the samples and the span of each."""
    joiner = Joiner(RATE)
    results = []
    for piece in pieces:
        joiner.start_utterance(piece.gain)
        sent = [joiner.push(piece.samples[at : at + chunk]) for at in range(0, len(piece.samples), chunk)]
        rest, span = joiner.end(piece.pause_after)
        results.append((np.concatenate([*sent, rest]), span))
    return results


def join_samples(pieces: list[Piece]) -> Samples:
    return np.concatenate([np.zeros(0, np.float32), *(samples for samples, _ in join_pieces(pieces))])


piece_lists = st.lists(
    st.builds(
        Piece,
        samples=st.builds(make_tone, st.floats(0, 0.3), st.floats(0, 1), st.floats(80, 400)),
        pause_after=st.floats(0, 0.5),
        gain=st.floats(0.2, 2),
    ),
    min_size=1,
    max_size=5,
)


@given(piece_lists)
def test_spans_are_contiguous_and_cover_the_audio(pieces: list[Piece]) -> None:
    position = 0
    for piece, (samples, span) in zip(pieces, join_pieces(pieces), strict=True):
        assert span.start == position / RATE
        position += len(samples)
        assert span.end == (position - round(piece.pause_after * RATE)) / RATE
        assert span.end >= span.start


def test_the_start_is_final_with_the_first_samples() -> None:
    sound = np.concatenate([make_silence(0.2), make_tone(0.5), make_silence(0.2)])
    joiner = Joiner(RATE)
    for _ in range(2):
        joiner.start_utterance(1.0)
        begun = None
        for at in range(0, len(sound), 1000):
            if len(joiner.push(sound[at : at + 1000])) and begun is None:
                begun = joiner.open_span
        _, span = joiner.end(0.1)
        assert begun is not None and begun.end == np.inf
        assert (begun.start, begun.trimmed_lead) == (span.start, span.trimmed_lead)


@given(piece_lists)
def test_samples_stay_within_full_scale(pieces: list[Piece]) -> None:
    samples = join_samples(pieces)
    assert samples.dtype == np.float32
    assert np.abs(samples).max(initial=0.0) <= 1.0


@given(piece_lists.map(lambda pieces: [one for one in pieces if len(one.samples) >= 2 * FADE_SECONDS * RATE]))
def test_no_seam_jumps_more_than_the_sound_itself(pieces: list[Piece]) -> None:
    """Check utterances with room for both fades; a shorter one can be a click by itself."""
    # A cosine of amplitude a and frequency f moves at most a * 2 pi f / rate from one sample to the next.
    steepest = 2 * 2 * np.pi * 400 / RATE
    assert np.abs(np.diff(join_samples(pieces))).max(initial=0.0) <= steepest


def test_a_seam_without_pause_is_silent() -> None:
    (before, _), (after, _) = join_pieces([Piece(make_tone(0.2)), Piece(make_tone(0.2))])
    assert abs(before[-1]) < 1e-3
    assert abs(after[0]) < 1e-3


# Levels near the silence threshold, lengths near those of frames and fades, and peaks above the limiter's knee.
utterances = st.lists(
    st.builds(
        make_noise,
        st.integers(0, 300) | st.integers(0, 4000),
        st.sampled_from([-200.0, SILENCE_DB - 0.3, SILENCE_DB, SILENCE_DB + 0.3, -20.0, 3.0]),
        st.integers(0, 99),
    ),
    max_size=6,
).map(lambda parts: np.concatenate([np.zeros(0, np.float32), *parts]))


@given(utterances, st.floats(0.2, 2), st.data())
def test_samples_do_not_depend_on_chunk_boundaries(samples: Samples, gain: float, data: st.DataObject) -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(gain)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=12)))
    sent = [joiner.push(chunk) for chunk in np.split(samples, cuts)]
    rest, span = joiner.end(0.1)
    ((whole, whole_span),) = join_pieces([Piece(samples, 0.1, gain)])
    assert all(chunk.dtype == np.float32 for chunk in [*sent, rest, whole])
    np.testing.assert_array_equal(np.concatenate([*sent, rest]), whole)
    assert span == whole_span


def test_pushing_single_samples_gives_the_same_result() -> None:
    pieces = [
        Piece(make_noise(length, 3.0, seed=length)) for length in (0, 1, 2, 3, FRAME, 2 * FRAME - 1, 2 * FRAME, 999)
    ]
    for (single, _), (whole, _) in zip(join_pieces(pieces, chunk=1), join_pieces(pieces), strict=True):
        np.testing.assert_array_equal(single, whole)


def test_silence_around_a_piece_is_cut_to_a_short_lead_and_tail() -> None:
    ((samples, span),) = join_pieces([Piece(np.concatenate([make_silence(1), make_tone(0.5), make_silence(1)]))])
    last = span.trimmed_lead + len(samples) / RATE
    assert abs(span.trimmed_lead - (1.0 - KEPT_LEAD_SECONDS)) < 0.006
    assert abs(last - (1.5 + KEPT_TAIL_SECONDS)) < 0.006


def test_the_end_has_at_most_fifty_milliseconds_of_silence() -> None:
    samples = join_samples([Piece(np.concatenate([make_tone(0.5), make_silence(1)]))])
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert (len(samples) - 1 - loud[-1]) / RATE <= 0.055


def test_silence_inside_a_piece_is_unchanged() -> None:
    inside = np.concatenate([make_tone(0.3), make_noise(RATE, SILENCE_DB - 10, seed=1), make_tone(0.3)])
    samples = join_samples([Piece(inside)])
    assert len(samples) == len(inside)
    np.testing.assert_array_equal(samples[FRAME:-FRAME], inside[FRAME:-FRAME])


@pytest.mark.parametrize(("decibels", "cut"), [(SILENCE_DB - 2, True), (SILENCE_DB + 2, False)])
@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_silence_is_detected_before_the_gain_is_applied(decibels: float, cut: bool, gain: float) -> None:
    faint = make_tone(1.0, amplitude=2**0.5 * 10 ** (decibels / 20), frequency=1000)
    ((samples, span),) = join_pieces([Piece(np.concatenate([faint, make_tone(0.2, amplitude=0.05), faint]), gain=gain)])
    assert (span.trimmed_lead > 0.9) is cut
    assert (len(samples) < RATE) is cut


def test_a_silent_piece_is_kept_whole_and_held_until_its_end() -> None:
    faint = make_noise(RATE, SILENCE_DB - 10, seed=2)
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    assert all(len(joiner.push(chunk)) == 0 for chunk in np.split(faint, 50))
    rest, span = joiner.end(0.0)
    assert (len(rest), span) == (len(faint), UtteranceSpan(0.0, len(faint) / RATE, 0.0))


def test_speech_is_returned_except_for_the_length_of_a_fade() -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    pushed = sent = 0
    for chunk in np.array_split(make_noise(20 * RATE, -20, seed=3), 200):
        pushed += len(chunk)
        sent += len(joiner.push(chunk))
        assert pushed - sent == round(FADE_SECONDS * RATE)


def test_trailing_silence_is_held_until_sound_follows() -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    sent = len(joiner.push(make_tone(0.5))) + len(joiner.push(make_silence(0.5)))
    assert abs(sent / RATE - (0.5 + KEPT_TAIL_SECONDS - FADE_SECONDS)) < 0.006
    assert len(joiner.push(make_silence(0.5))) == 0
    sent += len(joiner.push(make_tone(0.5)))
    assert sent == round(2.0 * RATE) - round(FADE_SECONDS * RATE)


@pytest.mark.parametrize("length", [2, 3, 40, 2 * FRAME - 1])
def test_fades_of_a_short_piece_are_half_its_length(length: int) -> None:
    samples = join_samples([Piece(np.full(length, 0.5, np.float32))])
    assert samples[0] == samples[-1] == 0.0
    np.testing.assert_array_equal(samples, samples[::-1])
    assert np.all(np.diff(samples[: length // 2]) > 0)
    assert length % 2 == 0 or samples[length // 2] == 0.5


def test_a_single_sample_is_silenced() -> None:
    assert join_samples([Piece(np.ones(1, np.float32))]).tolist() == [0.0]


def test_gain_preserves_relative_levels() -> None:
    (quiet, _), (loud, _) = join_pieces([Piece(make_tone(0.3, 0.2), gain=0.5), Piece(make_tone(0.3, 0.2), gain=2.0)])
    assert abs(np.abs(loud).max() / np.abs(quiet).max() - 4.0) < 0.01


def test_soft_limit_changes_only_samples_above_the_knee() -> None:
    samples = np.array([0.1, -0.5, KNEE, 1.5, -3.0], np.float32)
    limited = limit_peaks(samples)
    np.testing.assert_array_equal(limited[:3], samples[:3])
    assert KNEE < limited[3] <= 1.0
    assert -1.0 <= limited[4] < -KNEE


def test_fade_leaves_the_middle_and_its_argument_unchanged() -> None:
    samples = make_tone(0.1)
    np.testing.assert_array_equal(fade(samples, 200, 100)[200:-100], samples[200:-100])
    np.testing.assert_array_equal(samples, make_tone(0.1))


def test_an_empty_piece_is_only_as_long_as_its_pause() -> None:
    (first, first_span), (second, second_span) = join_pieces(
        [Piece(make_silence(0), pause_after=0.5), Piece(make_silence(0))]
    )
    assert (len(first), len(second)) == (round(0.5 * RATE), 0)
    assert first_span.start == first_span.end == 0.0
    assert second_span.start == second_span.end == 0.5


def test_samples_outside_an_utterance_are_refused() -> None:
    joiner = Joiner(RATE)
    joiner.start_utterance(1.0)
    joiner.end(0.0)
    with pytest.raises(RuntimeError, match="No utterance"):
        joiner.push(make_tone(0.1))
