"""When the reader of a request needs more audio."""

from __future__ import annotations

import time

from app.synthesis.playback import Playback

LATE = 20.0


def make_late_playback() -> Playback:
    """Return the playback of a request that has waited for its first audio for a while."""
    playback = Playback()
    for name in ("begun", "deadline", "runs_out"):
        setattr(playback, name, getattr(playback, name) - LATE)
    return playback


def test_playback_begins_with_the_first_audio_however_late_that_is() -> None:
    playback = make_late_playback()
    playback.deadline += 3.0
    assert playback.make_due() >= playback.begun + LATE
    before = time.monotonic()
    playback.receive(1.0)
    after = time.monotonic()
    assert before + 2.999 < playback.deadline < after + 3.001
    assert before + 1.0 <= playback.runs_out <= after + 1.0


def test_later_audio_that_is_late_does_not_move_the_deadline_of_what_follows() -> None:
    playback = make_late_playback()
    playback.receive(1.0)
    deadline = playback.deadline = playback.deadline + 5.0
    playback.receive(1.0)
    assert playback.deadline == deadline


def test_silence_between_utterances_is_played_too() -> None:
    playback = Playback()
    playback.receive(2.0)
    deadline, runs_out = playback.deadline, playback.runs_out
    playback.receive_silence(0.75)
    assert (playback.deadline, playback.runs_out) == (deadline + 0.75, runs_out + 0.75)


def test_an_utterance_after_a_pause_of_the_reader_is_due_at_once() -> None:
    playback = Playback()
    playback.receive(0.0)
    playback.deadline -= LATE
    before = time.monotonic()
    assert before <= playback.make_due() == playback.deadline
