"""The times of words: with the shipped voice, and the two alignments on their own."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.audio.join import KEPT_LEAD_SECONDS, SILENCE_DB
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline
from app.synthesis.stream import Speech
from app.synthesis.word_timing import TimedText, align, find_words, time_spoken, time_written
from app.types import Emotion, Source, SpeechRequest, Utterance

TEXT = (
    "It costs $5.50 on the table — of the two, I said, take 25%! There is a chair in the corner.\n\n"
    "Dr. Smith's e-mail is a@b.com 😀, ok?"
)

SILENT = 1e-6
"""Power below which a pause stays, relative to full scale."""


@pytest.fixture(scope="module")
def speech() -> Speech:
    return Pipeline.load(load_settings(backend="torch")).synthesize(SpeechRequest(TEXT, seed=1))


def test_every_written_word_has_a_time_within_its_utterance_and_in_order(speech: Speech) -> None:
    for utterance in speech.plan.utterances:
        assert utterance.start is not None and utterance.end is not None
        for word in utterance.words:
            assert TEXT[slice(*word.span)] == word.text
            assert utterance.start <= word.start < word.end <= utterance.end
        assert all(before.end <= after.start for before, after in pairwise(utterance.words))
    written = [word.text for utterance in speech.plan.utterances for word in utterance.words]
    assert " ".join(written) == (
        "It costs $5.50 on the table of the two I said take 25% There is a chair in the corner "
        "Dr Smith's e-mail is a@b.com ok"
    )


def test_the_times_of_words_match_the_sound(speech: Speech) -> None:
    power = speech.samples**2
    for utterance in speech.plan.utterances:
        for word in utterance.words:
            stretch = power[round(word.start * speech.sample_rate) : round(word.end * speech.sample_rate)]
            loudest = np.sort(stretch)[-len(stretch) // 4 :]  # an unstressed "a" may fade before it ends
            assert loudest.mean() > 20 * SILENT, word.text
    words = {word.text: word for utterance in speech.plan.utterances for word in utterance.words}
    pause = power[round(words["corner"].end * speech.sample_rate) : round(words["Dr"].start * speech.sample_rate)]
    assert len(pause) > 0.2 * speech.sample_rate and np.median(pause) < SILENT


def test_an_utterance_begins_with_its_first_word(speech: Speech) -> None:
    frame = round(0.005 * speech.sample_rate)
    for utterance in speech.plan.utterances:
        assert utterance.start is not None and utterance.words[0].start == utterance.start
        begin = round(utterance.start * speech.sample_rate)
        power = speech.samples[begin : begin + 20 * frame].reshape(20, frame).astype(np.float64) ** 2
        loud = np.flatnonzero(power.mean(axis=1) >= 10 ** (SILENCE_DB / 10))
        assert loud[0] * 0.005 <= KEPT_LEAD_SECONDS  # the pause that the model reads first is not heard


@pytest.mark.parametrize(
    ("words", "groups", "parts"),
    [
        ("keys on the table", "kˈiːz ɔnðə tˈeɪbəl", [(1, 1), (2, 1), (1, 1)]),
        ("It was a chair", "ɪt wʌzɐ tʃˈɛɹ", [(1, 1), (2, 1), (1, 1)]),
        ("Go, of the men", "ɡˈoʊ, ʌvðə mˈɛn", [(1, 1), (2, 1), (1, 1)]),
        ("we can go home", "wiː kæn ɡˈoʊ hˈoʊm", [(1, 1)] * 4),
        ("A B", "ˌeɪbˈiː", [(2, 1)]),
    ],
)
def test_words_that_share_a_group_of_phonemes_are_aligned(
    words: str, groups: str, parts: list[tuple[int, int]]
) -> None:
    assert align(words.split(), groups.split()) == parts


@given(
    st.lists(st.text("abc,.", min_size=1), max_size=12),
    st.lists(st.text("ˈəɪtn,", min_size=1), max_size=12),
)
def test_every_word_has_a_time_for_any_groups_of_phonemes(words: list[str], groups: list[str]) -> None:
    timed = [TimedText(group, float(at), at + 1.0) for at, group in enumerate(groups)]
    spoken = time_spoken(words, timed)
    assert [one.text for one in spoken] == (words if groups else [])
    assert all(before.end <= after.start + 1e-9 for before, after in pairwise(spoken))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I <b>won't</b> go.", "I|won't|go"),
        ("<p>Hello</p><p>World</p>", "Hello|World"),
        ("line<br/>break", "line|break"),
        ('<a href="x">the door</a>!', "the|door"),
        ("Well—no, I said – yes--maybe… or...not", "Well|no|I|said|yes|maybe|or|not"),
        ("a *bold* _move_ **now** __then__ `code` ~~gone~~ ##Title", "a|bold|move|now|then|code|gone|Title"),
        ("see [the docs](https://example.org/a) now", "see|the|docs|now"),
        ("fish &amp; chips, &quot;Hello&quot;, don&apos;t A&nbsp;B", "fish|chips|Hello|don&apos;t|A|B"),
        ("1990–1995, 10-20 and 5–6", "1990–1995|10-20|and|5–6"),
        ("e-mail a_b.com, it’s O'Neill", "e-mail|a_b.com|it’s|O'Neill"),
        ("#1 @home #tag $5.50 25% R&D 3.5kg", "#1|@home|#tag|$5.50|25%|R&D|3.5kg"),
        ("5 < 6 > 3", "5|6|3"),
        ("— … _ ** <br> &nbsp;", ""),
    ],
)
def test_written_words_are_without_markup_and_dashes(text: str, words: str) -> None:
    found = find_words(text)
    assert "|".join(match[0] for match in found) == words
    assert all(text[match.start() : match.end()] == match[0] for match in found)


def test_a_written_word_spans_the_time_of_all_its_spoken_words() -> None:
    text = "pay $5 now"
    utterance = Utterance(
        text, (10, 20), "pay five dollars now", "wren", Emotion.NEUTRAL, None, Source.PINNED, "", "base", ""
    )
    read = [TimedText(word, float(at), at + 1.0) for at, word in enumerate(utterance.spoken.split())]
    words = time_written(utterance, read)
    assert [(word.text, word.span, word.start, word.end) for word in words] == [
        ("pay", (10, 13), 0.0, 1.0),
        ("$5", (14, 16), 1.0, 3.0),
        ("now", (17, 20), 3.0, 4.0),
    ]
    assert time_written(replace(utterance, spoken=""), []) == ()
