"""Speech of several sentences in a quotation: each sentence has an utterance and an emotion of its own."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import httpx

from app.training.emotion.rows import LabelledSentence, read_passages
from app.types import Emotion
from tests.serving import analyze

DATA = Path("data")
PASSAGES = 40
SENTENCES = 3
"""Sentences of each quotation."""
SENTENCE = re.compile(r"[A-Z][^\"“”']*[.!?…]")
"""A sentence without quotation marks and apostrophes; chats have others."""


def quote(rows: list[LabelledSentence]) -> tuple[str, list[tuple[int, int, LabelledSentence]]]:
    """Return a text whose quotations hold the sentences, and the span of each."""
    text, places = "", []
    for start in range(0, len(rows), SENTENCES):
        text += '"'
        for row in rows[start : start + SENTENCES]:
            places.append((len(text), len(text) + len(row.text), row))
            text += f"{row.text} "
        text = text.rstrip() + '"\n\n'
    return text.rstrip(), places


def test_emotions_of_labelled_sentences_are_heard_inside_quotations(client: httpx.Client) -> None:
    """Utterances that begin or end elsewhere than a sentence are few, and so are neutral sentences with an emotion."""
    sentences_of_dev = [one for one in read_passages(DATA, split="dev") if SENTENCE.fullmatch(one.text)]
    passages = [list(rows) for _, rows in groupby(sentences_of_dev, key=lambda one: one.passage)]
    cut_wrongly = sentences = clear = right = neutral = false_alarms = 0
    for rows in passages[:PASSAGES]:
        text, places = quote(rows)
        plan = analyze(client, text=text)["utterances"]
        for start, end, row in places:
            found = max(plan, key=lambda one: min(end, one["span"][1]) - max(start, one["span"][0]))
            sentences += 1
            cut_wrongly += abs(found["span"][0] - start) > 1 or abs(found["span"][1] - end) > 1
            if row.label is not Emotion.NEUTRAL and row.intensity >= 2:
                clear, right = clear + 1, right + (found["emotion"] in (row.label, row.second))
            elif row.label is Emotion.NEUTRAL and row.second is None:
                neutral, false_alarms = neutral + 1, false_alarms + (found["emotion"] != Emotion.NEUTRAL)
    assert cut_wrongly < 0.02 * sentences
    assert right > 0.45 * clear
    assert false_alarms < 0.15 * neutral
