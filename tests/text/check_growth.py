"""The processor time of hostile input grows with its length alone, also inside one call such as a regular expression.

Not part of the test command, because a measured time depends on the machine: `scripts/check-growth` runs it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.synthesis.word_timing import find_words
from app.text import read_text
from app.types import InputFormat
from tests.growth import grows_linearly, measure_processor_seconds
from tests.text.formatted_reading import read
from tests.text.ssml_reading import read_document
from tests.text.tag_reading import read as read_tags
from tests.text.test_markdown import HOSTILE as HOSTILE_MARKUP
from tests.text.test_reading import HOSTILE
from tests.text.test_ssml_attacks import FLOODS, SENTENCES, make_flood
from tests.text.test_tags import TAG_FLOODS

TEXT, LANGUAGE_TEXT, MARKUP, SENTENCE, DOCUMENT = 100_000, 40_000, 40_000, 200_000, 4 * 1024 * 1024
"""Characters of a hostile text, of one in another language, of hostile Markdown, of a sentence full of markup, and of
the largest document."""
WORDS = ("<a", "<a x ", "<a b=", "a_", "_", "](", "](x", "&", "&abcdefgh", "–", "-", ".", "#", "$", "a ")
"""Units of texts in which the ends of words are hard to find."""
NUMBERS = ("1 ", "1 000 ", "1.000", "3. Mai ", "z.", "z. B. ", "XIV ", "+1 ", "€1", "1º", "12:", "1h")
"""Units of texts in which numbers, dates and abbreviations are hard to find."""
TRIES = 3
"""Times are noisy: one linear result is enough, since quadratic work fails every try."""


def has_linear_try(cost: Callable[[int], float], length: int) -> bool:
    return any(grows_linearly(cost, length) for _ in range(TRIES))


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text_is_read_in_linear_time(unit: str) -> None:
    def measure_cost(length: int) -> float:
        text = (unit * length)[:length]
        return measure_processor_seconds(lambda: list(read_text(text)))

    assert has_linear_try(measure_cost, TEXT)


@pytest.mark.parametrize("code", ["de", "es", "fr", "it", "pt"])
@pytest.mark.parametrize("unit", [*HOSTILE, *NUMBERS])
def test_hostile_text_is_read_in_linear_time_in_every_language(unit: str, code: str) -> None:
    def measure_cost(length: int) -> float:
        text = (unit * length)[:length]
        return measure_processor_seconds(lambda: list(read_text(text, language=code)))

    assert has_linear_try(measure_cost, LANGUAGE_TEXT)


@pytest.mark.parametrize("unit", WORDS)
def test_words_are_found_in_hostile_text_in_linear_time(unit: str) -> None:
    def measure_cost(length: int) -> float:
        text = (unit * length)[:length]
        return measure_processor_seconds(lambda: find_words(text))

    assert has_linear_try(measure_cost, TEXT)


@pytest.mark.parametrize("kind", SENTENCES)
def test_one_sentence_full_of_markup_is_cut_in_linear_time(kind: str) -> None:
    def measure_cost(length: int) -> float:
        read = read_document(make_flood(SENTENCES[kind], length))
        return measure_processor_seconds(lambda: list(read.sentences))

    assert has_linear_try(measure_cost, SENTENCE)


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_markup_is_read_in_linear_time(flood: str) -> None:
    def measure_cost(length: int) -> float:
        document = make_flood(FLOODS[flood], length)
        return measure_processor_seconds(lambda: read_document(document))

    assert has_linear_try(measure_cost, DOCUMENT)


@pytest.mark.parametrize("unit", TAG_FLOODS)
def test_a_flood_of_tags_is_read_in_linear_time(unit: str) -> None:
    def measure_cost(length: int) -> float:
        text = (unit * length)[:length]
        return measure_processor_seconds(lambda: read_tags(text))

    assert has_linear_try(measure_cost, TEXT)


@pytest.mark.parametrize("input_format", [InputFormat.MARKDOWN, InputFormat.HTML])
@pytest.mark.parametrize("unit", HOSTILE_MARKUP)
def test_hostile_markup_is_read_in_linear_time(unit: str, input_format: InputFormat) -> None:
    def measure_cost(length: int) -> float:
        text = (unit * length)[:length]
        return measure_processor_seconds(lambda: list(read(text, input_format).sentences))

    assert has_linear_try(measure_cost, MARKUP)
