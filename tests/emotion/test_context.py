"""The context that a classifier reads before a sentence."""

from __future__ import annotations

from itertools import islice, repeat

from app.emotion.classifier import CONTEXT_WORDS, Excerpt, make_context, read_excerpts


def test_each_sentence_has_its_preceding_sentences_as_context() -> None:
    assert list(read_excerpts(["One.", "Two.", "Three.", "Four."], (), 2)) == [
        Excerpt("", "One."),
        Excerpt("One.", "Two."),
        Excerpt("One. Two.", "Three."),
        Excerpt("Two. Three.", "Four."),
    ]


def test_earlier_sentences_are_context_but_not_returned() -> None:
    whole = list(read_excerpts(["One.", "Two.", "Three."], (), 2))
    assert list(read_excerpts(["Three."], ["One.", "Two."], 2)) == whole[2:]


def test_a_context_size_of_zero_gives_empty_contexts() -> None:
    assert list(read_excerpts(["One.", "Two."], ["Zero."], 0)) == [Excerpt("", "One."), Excerpt("", "Two.")]


def test_a_context_keeps_only_the_last_words() -> None:
    words = [str(number) for number in range(100)]
    assert make_context([" ".join(words)]).split() == words[-CONTEXT_WORDS:]


def test_a_context_without_spaces_is_bounded() -> None:
    assert len(make_context(["a" * 100_000])) <= 100


def test_an_endless_text_is_read_lazily() -> None:
    assert len(list(islice(read_excerpts(repeat("Again."), (), 2), 5))) == 5
