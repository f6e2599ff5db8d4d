"""The processor time of hostile input grows with its length alone, also inside one call such as a regular expression.

Not part of the test command, because a measured time depends on the machine: `scripts/check-growth` runs it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.text import read_text
from tests.growth import grows_linearly, processor_seconds
from tests.text.ssml_reading import marked
from tests.text.test_reading import HOSTILE
from tests.text.test_ssml_attacks import FLOODS, SENTENCES, flood_of

TEXT, SENTENCE, DOCUMENT = 100_000, 200_000, 4 * 1024 * 1024
"""Characters of a hostile text, of one sentence full of markup, and of the largest document."""
TRIES = 3
"""Times are noisy: one linear result is enough, since quadratic work fails every try."""


def measures_linearly(cost: Callable[[int], float], length: int) -> bool:
    return any(grows_linearly(cost, length) for _ in range(TRIES))


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_text(unit: str) -> None:
    def cost(length: int) -> float:
        text = (unit * length)[:length]
        return processor_seconds(lambda: list(read_text(text)))

    assert measures_linearly(cost, TEXT)


@pytest.mark.parametrize("kind", SENTENCES)
def test_one_sentence_full_of_markup(kind: str) -> None:
    def cost(length: int) -> float:
        read = marked(flood_of(SENTENCES[kind], length))
        return processor_seconds(lambda: list(read.sentences))

    assert measures_linearly(cost, SENTENCE)


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_markup(flood: str) -> None:
    def cost(length: int) -> float:
        document = flood_of(FLOODS[flood], length)
        return processor_seconds(lambda: marked(document))

    assert measures_linearly(cost, DOCUMENT)
