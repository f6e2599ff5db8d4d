"""Characters are aligned with the pieces of audio that they begin in, and their times add up to the audio."""

from __future__ import annotations

from typing import Any

from app.api.live.context import Aligner, time_characters
from app.types import Emotion, Source, Utterance, Word


def make_utterance(text: str, start: float, *words: tuple[str, float, float]) -> Utterance:
    placed = tuple(Word(word, None, begin, end, text.index(word)) for word, begin, end in words)
    return Utterance(
        text, None, text, "wren", Emotion.NEUTRAL, None, Source.CLASSIFIER, "", "", "", start=start, words=placed
    )


HI = make_utterance("Hi there!", 0.0, ("Hi", 0.1, 0.3), ("there", 0.4, 0.9))


def align(aligner: Aligner, end: float, *, ends_utterance: bool = False) -> dict[str, Any]:
    alignment = aligner.align(end, ends_utterance=ends_utterance)
    return {} if alignment is None else dict(alignment)


def test_characters_of_word_share_its_time() -> None:
    times = time_characters(HI.text, HI.words, 0.0)
    assert "".join(one.text for one in times) == HI.text
    assert [round(one.start, 2) for one in times] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_text_without_word_times_begins_with_utterance() -> None:
    assert {one.start for one in time_characters("Hi", (), 2.5)} == {2.5}


def test_each_message_has_characters_that_begin_in_its_audio() -> None:
    aligner = Aligner(absolute=False)
    aligner.begin(HI)
    assert align(aligner, 0.35) == {
        "chars": ["H", "i", " "], "charStartTimesMs": [100, 200, 300], "charDurationsMs": [100, 100, 50],
    }  # fmt: skip
    assert align(aligner, 0.36) == {}
    last = align(aligner, 1.0, ends_utterance=True)
    assert "".join(last["chars"]) == "there!"
    # The audio without characters counts towards the next message.
    assert last["charStartTimesMs"][0] == 50
    assert last["charStartTimesMs"][-1] + last["charDurationsMs"][-1] == 650


def test_last_character_covers_end_of_utterance() -> None:
    aligner = Aligner(absolute=False)
    aligner.begin(HI)
    assert "".join(align(aligner, 0.95)["chars"]) == "Hi there"
    assert align(aligner, 1.1, ends_utterance=True) == {
        "chars": ["!"], "charStartTimesMs": [0], "charDurationsMs": [150],
    }  # fmt: skip


def test_blank_separates_utterances_and_covers_pause() -> None:
    aligner = Aligner(absolute=True)
    aligner.begin(HI)
    align(aligner, 1.0, ends_utterance=True)
    aligner.begin(make_utterance("Go", 1.4, ("Go", 1.4, 1.6)))
    assert align(aligner, 1.7, ends_utterance=True) == {
        "chars": [" ", "G", "o"], "charStartTimesMs": [1000, 1400, 1500], "charDurationsMs": [400, 100, 200],
    }  # fmt: skip
