"""A sentence is looked for only when one may be certain, and synthesized before it is, while the listener waits."""

from __future__ import annotations

import random

import pytest

from app.emotion import find_word_emotion
from app.live.prefix import ReadingOptions
from app.live.reader import Boundary, LiveReader
from app.live.session import MAX_GUESSES, LivePiece, LiveSession
from app.synthesis.pipeline import Pipeline
from app.types import Sentence, SpeechRequest
from tests.live.live_texts import TAGGED, TEXTS
from tests.live.test_cuttings import cut
from tests.serving import wait_until

SENTENCE = "The parcel came this morning."


@pytest.mark.parametrize("number", range(len(TEXTS) + len(TAGGED)))
@pytest.mark.parametrize("first_at_comma", [False, True])
def test_reader_that_reads_only_when_it_may_settle_finds_sentences_as_early(number: int, first_at_comma: bool) -> None:
    text = (*TEXTS, *TAGGED)[number]
    eager, waiting = (LiveReader(ReadingOptions(find_word_emotion), first_at_comma=first_at_comma) for _ in range(2))
    for piece in [*cut(text, random.Random(number)), ""]:
        for reader in (eager, waiting):
            if piece:
                reader.push(piece)
            else:
                reader.flush()
        found = list(iter(eager.read, None))
        assert list(iter(waiting.read, None) if waiting.may_settle else ()) == found


def count_synthesized(pipeline: Pipeline) -> int:
    return sum(size * count for size, count in pipeline.engine.progress.batches.items())


def make_pieces(session: LiveSession) -> list[LivePiece]:
    return list(iter(session.make_piece, None))


def test_sentence_is_synthesized_once_and_before_it_is_certain(pipeline: Pipeline) -> None:
    before, session = count_synthesized(pipeline), LiveSession(pipeline, SpeechRequest("", seed=1))
    session.push(SENTENCE)
    assert session.may_speak and make_pieces(session) == [] and not session.may_speak
    wait_until(lambda: count_synthesized(pipeline) == before + 1, 20)
    session.push(" Then")
    pieces = make_pieces(session)
    assert [one.ended.text for one in pieces if one.ended] == [SENTENCE]
    assert count_synthesized(pipeline) == before + 1
    at_once = LiveSession(pipeline, SpeechRequest("", seed=1))
    at_once.push(f"{SENTENCE} Then")
    assert [one.samples.tobytes() for one in pieces] == [one.samples.tobytes() for one in make_pieces(at_once)]
    session.close()
    at_once.close()


def test_sentence_that_goes_on_is_spoken_as_it_is(pipeline: Pipeline) -> None:
    session = LiveSession(pipeline, SpeechRequest(""))
    session.push("It costs $3.")
    assert make_pieces(session) == []
    session.push("50 for it. Then")
    assert [one.ended.text for one in make_pieces(session) if one.ended] == ["It costs $3.50 for it."]
    session.close()


def test_sentences_are_expected_a_few_times_in_vain(pipeline: Pipeline) -> None:
    before, session = count_synthesized(pipeline), LiveSession(pipeline, SpeechRequest(""))
    for _ in range(MAX_GUESSES + 5):
        session.push("It costs $3.5")
        make_pieces(session)
        session.push(".")
        make_pieces(session)
    session.flush()
    spoken = [one for one in make_pieces(session) if one.ended]
    assert count_synthesized(pipeline) <= before + MAX_GUESSES + len(spoken)
    session.close()


def test_worker_does_nothing_more_for_closed_session(pipeline: Pipeline) -> None:
    session = LiveSession(pipeline, SpeechRequest(""))
    session.push(f"{SENTENCE} " * 20)
    assert session.make_piece()
    session.push("It is here.")
    session.close()
    assert session.make_piece() is None
    wait_until(lambda: len(pipeline.engine.waiting) == 0, 20)


def test_boundary_may_always_settle() -> None:
    reader = LiveReader(ReadingOptions())
    reader.push("word")
    assert not reader.may_settle
    reader.flush()
    assert reader.may_settle
    assert [one.text if isinstance(one, Sentence) else one for one in iter(reader.read, None)] == [
        "word",
        Boundary.FLUSH,
    ]
    assert not reader.may_settle
