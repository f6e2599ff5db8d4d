"""Texts that arrive in pieces are read and planned like the same texts at once, however they are cut."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from app.emotion import find_word_emotion
from app.live.plan import LivePlan, LiveUtterance
from app.live.prefix import ReadingOptions
from app.live.reader import Boundary, LiveReader
from app.live.session import LiveSession
from app.synthesis.pipeline import Pipeline
from app.text import read_input
from app.text.delivery import WordEmotion
from app.text.quotations import find_quotations
from app.types import InputFormat, Role, Sentence, SpeechRequest
from tests.growth import count_calls, grows_linearly
from tests.live.live_texts import TAGGED, TEXTS

CUTTINGS = 20
"""Random cuttings of each text."""
PLAIN_ONLY = ("Here is the list:", "Tom's dog", "ok. so what now?")
"""Beginnings of texts without markup that Markdown reads otherwise: dashes are bullets there."""


def cut(text: str, random_number: random.Random) -> list[str]:
    """Cut a text at up to 60 random places."""
    count = random_number.randrange(min(len(text), 60))
    places = sorted(random_number.sample(range(1, len(text)), count))
    return [text[a:b] for a, b in pairwise([0, *places, len(text)])]


def read_pieces(pieces: Sequence[str], find_emotion: WordEmotion | None = None) -> list[Sentence]:
    """Return the sentences of a text, read while the pieces arrive."""
    reader, sentences = LiveReader(ReadingOptions(find_emotion)), []
    for piece in (*pieces, Boundary.FLUSH):
        if isinstance(piece, str):
            reader.push(piece)
        else:
            reader.flush()
        while found := reader.read():
            if isinstance(found, Sentence):
                sentences.append(found)
    assert not reader.unread
    return sentences


def end_paragraph(sentences: list[Sentence]) -> list[Sentence]:
    """Return the sentences, of which the last one ends a paragraph: in pieces, that is not known."""
    return [*sentences[:-1], *(replace(one, ends_paragraph=True) for one in sentences[-1:])]


def remove_speakers(sentence: Sentence, text: str) -> Sentence:
    """Return a sentence without speakers, and without the role of lines of a script: in pieces, they are not known."""
    quotations = list(find_quotations(text))
    clauses = (
        replace(
            clause,
            speaker=None,
            role=clause.role if any(one.start < clause.end <= one.end for one in quotations) else Role.NARRATION,
        )
        for clause in sentence.clauses
    )
    return replace(sentence, clauses=tuple(clauses))


@pytest.mark.parametrize("number", range(len(TEXTS) + len(TAGGED)))
def test_sentences_do_not_depend_on_cutting(number: int) -> None:
    text, find_emotion = [*((one, None) for one in TEXTS), *((one, find_word_emotion) for one in TAGGED)][number]
    at_once, generator = read_pieces([text], find_emotion), random.Random(number)
    for _ in range(CUTTINGS):
        assert read_pieces(cut(text, generator), find_emotion) == at_once
    assert read_pieces(list(text), find_emotion) == at_once


@pytest.mark.parametrize("text", [one for one in (*TEXTS, *TAGGED) if not one.startswith(PLAIN_ONLY)])
def test_sentences_are_those_of_whole_text(text: str) -> None:
    find_emotion = find_word_emotion if text in TAGGED else None
    whole = read_input(text, InputFormat.AUTO, find_emotion=find_emotion)
    assert end_paragraph(read_pieces([text], find_emotion)) == end_paragraph(
        [remove_speakers(one, text) for one in whole.sentences]
    )


def plan_pieces(plan: LivePlan, pieces: Sequence[str]) -> list[LiveUtterance]:
    """Return the utterances of a text that are planned while the pieces arrive."""
    utterances = []
    for piece in pieces:
        plan.reader.push(piece)
        while found := plan.read():
            assert isinstance(found, LiveUtterance)
            utterances.append(found)
    plan.reader.flush()
    while isinstance(found := plan.read(), LiveUtterance):
        utterances.append(found)
    return utterances


@pytest.mark.parametrize("text", [one for one in TEXTS[:30] if not one.startswith(PLAIN_ONLY)])
def test_plan_is_that_of_whole_text(pipeline: Pipeline, text: str) -> None:
    """Spans, emotions, strengths, reasons and pauses are those of `POST /analyze`; only speakers are not known."""
    whole = pipeline.analyze(SpeechRequest(text)).utterances
    pieces = cut(text, random.Random(len(text)))
    found = plan_pieces(LivePlan(pipeline, SpeechRequest(""), pipeline.classifier), pieces)
    assert [one.utterance for one in found] == [replace(one, pause_after=0.0, speaker=None) for one in whole]
    assert [one.pause_before for one in found[1:]] == [one.pause_after for one in whole[:-1]]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Mr. Smith paid $3.50 for it. He", "Mr. Smith paid $3.50 for it."),
        ("It was No. 5", ""),
        ("It was No. 5 again. W", "It was No. 5 again."),
        ('"Stop!" He', ""),
        ('"Stop!" He went to the door. ', '"Stop!"'),
        ('He said, "Go. Now', ""),
        ("**Hello there. How", ""),
        ("See [this. And", ""),
        ("Look at https://example.com/page. T", "Look at https://example.com/page."),
        ("# Title\n\nText", "Title"),
        ("```\ncode. Code\n", ""),
    ],
)
def test_sentence_waits_for_what_decides_it(text: str, first: str) -> None:
    reader = LiveReader(ReadingOptions())
    reader.push(text)
    found = reader.read()
    assert (found.text if isinstance(found, Sentence) else "") == first


@pytest.mark.parametrize(
    ("text", "speaks"), [("It costs $3.", True), ("It costs $3", False), ("Call Mr.", False), ("Go! ", True)]
)
def test_idle_text_is_read_if_it_ends_like_sentence(text: str, speaks: bool) -> None:
    reader = LiveReader(ReadingOptions())
    reader.push(text)
    reader.flush(Boundary.IDLE)
    assert isinstance(reader.read(), Sentence) is speaks


def test_first_clause_ends_at_comma_once() -> None:
    reader = LiveReader(ReadingOptions(), first_at_comma=True)
    reader.push("When it rains, we stay in, and read. Then")
    found = [one.text for one in iter(reader.read, None) if isinstance(one, Sentence)]
    assert found == ["When it rains,", "we stay in, and read."]


class ReadMeanwhile(str):
    """Piece of text that another thread reads while it is being pushed: the moment is that of asking for its length."""

    reader: LiveReader

    def __len__(self) -> int:
        while self.reader.read():
            pass
        return super().__len__()


def test_text_that_is_read_while_more_comes_is_counted() -> None:
    reader = LiveReader(ReadingOptions())
    reader.push("The parcel came. ")
    piece = ReadMeanwhile("It is here.")
    piece.reader = reader
    reader.push(piece)
    reader.flush()
    while reader.read():
        pass
    assert reader.unread == 0


def test_flushes_that_wait_count_once() -> None:
    reader = LiveReader(ReadingOptions())
    reader.push("Go!")
    for _ in range(1000):
        reader.push("")
        reader.flush()
    found = list(iter(reader.read, None))
    assert [one.text if isinstance(one, Sentence) else one for one in found] == ["Go!", Boundary.FLUSH]


@pytest.mark.parametrize("unit", ["*a. ", '"a. '])
def test_work_grows_linearly_with_text_that_stays_open(unit: str) -> None:
    def count(length: int) -> int:
        return count_calls(lambda: read_pieces([(unit * length)[:length]]))

    assert grows_linearly(count, 3000)


def test_lines_after_many_blank_lines_are_read() -> None:
    """Looking for a blank line from every line end on would take hours."""
    (sentence,) = read_pieces(["\n" * 10_000 + "x" + "\n x" * 2000])
    assert sentence.text == "\n".join("x" * 2001)


def test_long_text_without_end_is_bounded() -> None:
    reader = LiveReader(ReadingOptions())
    for _ in range(200):
        reader.push('He said, "Go. And on and on ')
        while reader.read():
            pass
    assert reader.unread < 5000


def test_text_of_nothing_to_read_is_reported() -> None:
    reader = LiveReader(ReadingOptions())
    reader.push("---\n")
    reader.flush()
    assert reader.read() is Boundary.FLUSH
    assert [one.code for one in reader.take_warnings()] == ["nothing_spoken"]


@pytest.mark.parametrize("ending", ["<script>x</script>", ""])
def test_warnings_after_last_utterance_come_with_flush(pipeline: Pipeline, ending: str) -> None:
    session = LiveSession(pipeline, SpeechRequest(""))
    session.push(f"Hello there.{ending}" if ending else "---")
    session.end()
    pieces = list(iter(session.make_piece, None))
    assert pieces[-1].is_last
    assert [one.code for one in pieces[-1].warnings] == ["dropped_element" if ending else "nothing_spoken"]
