"""The plan of a corpus and the files that list its clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.training.dataset import read_dataset
from app.types import Emotion
from scripts.corpus.lists import PORTION_SECONDS, Clip, plan_portion, read_lists, write_lists

TEXTS = 100
CLIP_SECONDS = 7.0


def record(emotion: Emotion, number: int) -> Clip:
    pitch = np.array([number, 0], np.float16)
    return Clip(
        f"{emotion}_{number:05d}", "Ten.", "Ten.", emotion, "tˈɛn.", [1.0, 2.0, 2.0, 1.5, CLIP_SECONDS - 6.5], pitch
    )


def record_until(minutes: float, kept: Sequence[Clip] = ()) -> list[Clip]:
    """Record portions of two emotions in turns, of which every third text is left out."""
    clips, emotions = list(kept), [Emotion.JOY, Emotion.FEAR]
    while True:
        portions = [plan_portion(emotion, clips, TEXTS, minutes, 0) for emotion in emotions]
        if all(portion.seconds <= 0 for portion in portions):
            return clips
        for portion in portions:
            usable = [number for number in portion.numbers if number % 3]
            clips += [record(portion.emotion, number) for number in usable[: int(-(-portion.seconds // CLIP_SECONDS))]]


def test_an_interrupted_corpus_has_the_clips_of_an_uninterrupted_one() -> None:
    whole = [clip.name for clip in record_until(4)]
    again = [clip.name for clip in record_until(4, record_until(1.5))]
    assert len(set(whole)) == len(whole) == 2 * -(-240 // CLIP_SECONDS)
    for emotion in (Emotion.JOY, Emotion.FEAR):
        own = [name for name in whole if name.startswith(emotion)]
        assert [name for name in again if name.startswith(emotion)][: len(own) - 1] == own[:-1]


def test_emotions_take_turns() -> None:
    clips = record_until(4)
    turn = int(-(-PORTION_SECONDS // CLIP_SECONDS))
    assert [clip.emotion for clip in clips[: 2 * turn]] == [Emotion.JOY] * turn + [Emotion.FEAR] * turn


@pytest.mark.parametrize(("done", "seconds", "spectra"), [(0, 60, 30), (4, 60, 2), (16, 8, -82), (18, -6, -96)])
def test_a_portion_is_what_an_emotion_still_lacks(done: int, seconds: float, spectra: float) -> None:
    clips = [record(Emotion.JOY, number) for number in range(done)] + [record(Emotion.FEAR, 99)]
    portion = plan_portion(Emotion.JOY, clips, TEXTS, minutes=2, spectra_minutes=0.5)
    assert (portion.seconds, portion.spectra_seconds) == (seconds, spectra)
    assert (done - 1 in portion.numbers) is False and len(portion.numbers) <= TEXTS


def test_lists_are_read_as_written_and_can_be_trained_on(tmp_path: Path) -> None:
    assert read_lists(tmp_path) == []
    clips = record_until(1)
    write_lists(tmp_path, clips[:5])
    write_lists(tmp_path, clips)
    for one, written in zip(read_lists(tmp_path), clips, strict=True):
        assert (one.name, one.symbols, one.seconds, one.emotion) == (
            written.name, written.symbols, written.seconds, written.emotion
        )  # fmt: skip
        assert np.array_equal(one.pitch, written.pitch)
    assert {path.name for path in tmp_path.iterdir()} == {"metadata.csv", "durations.jsonl", "pitch.npz"}
    assert len(read_dataset(tmp_path).problems) == len(clips)  # no sound was recorded
