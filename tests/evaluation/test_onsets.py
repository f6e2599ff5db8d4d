"""The sentences that begin with each sound, and their two renditions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from app.errors import SetupError
from app.evaluation.onset_report import CARRIER, ONSETS_FILE, prepend_carrier, read_onsets, speak_onsets
from app.evaluation.recordings import normalize_words
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline
from app.text import read_text
from app.types import Emotion, SpeechRequest
from tests.tiny_voice import write_tiny_voice

SOUNDS = (
    "p t k b d g ch j f v s z sh h m n l r w y vowel pl bl pr br tr dr kr gr kl gl fl fr sp st sk str spr sm sn sl "
    "sw tw kw thr"
).split()


def test_every_sound_begins_two_sentences_or_more() -> None:
    count = Counter(onset.sound for onset in read_onsets([Emotion.NEUTRAL]))
    assert set(count) == {*SOUNDS, "th voiced", "th unvoiced"}
    assert min(count.values()) >= 2


def test_each_text_is_one_sentence_of_3_to_6_words_that_is_read_as_written() -> None:
    texts = [onset.prompt.text for onset in read_onsets([Emotion.NEUTRAL])]
    assert len({text.split()[0] for text in texts}) == len(texts)
    for text in texts:
        assert 3 <= len(text.split()) <= 6, text
        assert text.isascii() and not any(character.isdigit() for character in text)
        for whole in (text, prepend_carrier(text)):
            assert [clause.spoken for sentence in read_text(whole) for clause in sentence.clauses] == [whole]


def test_every_emotion_speaks_the_same_sentences_with_the_same_seeds() -> None:
    onsets = read_onsets([Emotion.FEAR, Emotion.JOY], limit=3)
    assert [onset.prompt.emotion for onset in onsets] == [Emotion.FEAR] * 3 + [Emotion.JOY] * 3
    assert [onset.prompt.seed for onset in onsets] == [0, 1, 2] * 2
    assert [onset.prompt.text for onset in onsets[:3]] == [onset.prompt.text for onset in onsets[3:]]


def test_the_file_is_a_plain_table() -> None:
    text = ONSETS_FILE.read_text(encoding="utf-8")
    assert text.endswith("\n") and all(line.count("\t") == 1 for line in text.splitlines())


def test_the_control_keeps_the_first_letter_of_its_words() -> None:
    assert prepend_carrier("Peel the orange.") == "Then he said, peel the orange."
    assert normalize_words(prepend_carrier("Peel it.")).startswith(normalize_words(CARRIER))


def test_the_control_is_the_end_of_running_speech_after_the_carrier() -> None:
    pipeline = Pipeline.load(load_settings(backend="torch"))
    onsets = read_onsets([Emotion.JOY], limit=2)
    for onset, pair in zip(onsets, speak_onsets(pipeline, "wren", onsets), strict=True):
        text = prepend_carrier(onset.prompt.text)
        request = SpeechRequest(text, voice="wren", emotion=Emotion.JOY, seed=onset.prompt.seed)
        running = pipeline.synthesize(request)
        before, first = running.plan.utterances[0].words[2:4]
        assert (before.text, first.text) == ("said", onset.prompt.text.split()[0].lower())
        inner = pair.control.samples[1000:-1000]  # the ends are faded, and silence there is trimmed
        (start,) = (
            place
            for place in np.flatnonzero(running.samples == inner[0])
            if np.array_equal(running.samples[place : place + len(inner)], inner)
        )
        assert before.end <= (start - 1000) / running.sample_rate <= first.start
        assert (pair.alone.group, pair.control.group) == ("joy", "joy")
        assert pair.alone.text == pair.control.text == onset.prompt.text


def test_a_voice_without_word_times_is_refused(tmp_path: Path) -> None:
    folder = write_tiny_voice(tmp_path / "tiny", "tacotron2")
    pipeline = Pipeline.load(load_settings(voices=[folder], default_voice="tiny", backend="torch"))
    with pytest.raises(SetupError, match="times of words"):
        list(speak_onsets(pipeline, "tiny", read_onsets([Emotion.NEUTRAL], limit=1)))
