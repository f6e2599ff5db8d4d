"""What a classifier reads before a sentence."""

from __future__ import annotations

from itertools import islice, repeat

from app.emotion.classifier import CONTEXT_WORDS, Excerpt, make_context, read_excerpts


def test_each_sentence_has_the_ones_before_it() -> None:
    assert list(read_excerpts(["One.", "Two.", "Three.", "Four."], (), 2)) == [
        Excerpt("", "One."),
        Excerpt("One.", "Two."),
        Excerpt("One. Two.", "Three."),
        Excerpt("Two. Three.", "Four."),
    ]


def test_earlier_sentences_are_read_and_not_passed_on() -> None:
    whole = list(read_excerpts(["One.", "Two.", "Three."], (), 2))
    assert list(read_excerpts(["Three."], ["One.", "Two."], 2)) == whole[2:]


def test_without_a_context_every_sentence_stands_alone() -> None:
    assert list(read_excerpts(["One.", "Two."], ["Zero."], 0)) == [Excerpt("", "One."), Excerpt("", "Two.")]


def test_only_the_last_words_are_read() -> None:
    words = [str(number) for number in range(100)]
    assert make_context([" ".join(words)]).split() == words[-CONTEXT_WORDS:]


def test_a_context_without_spaces_is_bounded() -> None:
    assert len(make_context(["a" * 100_000])) <= 100


def test_a_text_without_end_is_read_as_far_as_somebody_wants_to_know() -> None:
    assert len(list(islice(read_excerpts(repeat("Again."), (), 2), 5))) == 5
