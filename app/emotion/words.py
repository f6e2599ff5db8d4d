"""Correct a classifier's probabilities with the weights of the sentence's own words and marks.

A table in the classifier's folder has a weight for each emotion of each *term*: a word, a mark, or two in a row. An
emotion's score is the sum of the weights of the distinct known terms divided by the square root of their number, so
that long sentences do not count more, plus a constant. Its probability becomes proportional to that of the network
raised to a fixed power, times e to the score: a product of experts (doi 10.1162/089976602760128018).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from app.types import Emotion, Probabilities

WORDS_FILE = "words.tsv"
CONSTANT = ""
"""Term of the row that applies to every sentence."""
MAX_CHARACTERS = 4000
"""Maximum characters of a sentence whose terms are read."""
MAX_WEIGHT = 10
"""Maximum absolute weight; with it, no score of so many characters overflows."""
START, END, CAPITALS, NUMBER = "^", "$", "CAPITALS", "0"
"""Terms for the start and the end of the sentence, for a word in capitals anywhere in it, and for any number."""
TERM = re.compile(r"[a-z]+(?:'[a-z]+)*|[!?…—\",;:]|[0-9]+")
CAPITAL_WORD = re.compile(r"\b[A-Z]{2,}\b")
SIMPLE_MARKS = str.maketrans({"’": "'", "“": '"', "”": '"'})


def read_terms(text: str) -> set[str]:
    """Return the distinct terms of a sentence."""
    text = text[:MAX_CHARACTERS].translate(SIMPLE_MARKS).replace("...", "…")
    parts = [START, *(NUMBER if one.isdigit() else one for one in TERM.findall(text.lower())), END]
    capitals = [CAPITALS] if CAPITAL_WORD.search(text) else []
    return {*chain(parts, (f"{one} {other}" for one, other in pairwise(parts)), capitals)}


@dataclass(frozen=True, slots=True)
class WordTable:
    """Weights of terms for the seven emotions."""

    weights: Mapping[str, tuple[float, ...]]
    """Weights of each term, in the order of `Emotion`."""
    power: float
    """Power to which the probabilities of the network are raised."""

    def correct(self, probabilities: Probabilities, text: str) -> dict[Emotion, float]:
        """Return the probabilities of a sentence corrected by its terms.

        The sums are rounded only once (`fsum`), so that they do not depend on the order of the terms.
        """
        known = [self.weights[term] for term in read_terms(text) if term in self.weights]
        scale = 1 / math.sqrt(len(known) or 1)
        scores = {
            emotion: constant + scale * math.fsum(row[place] for row in known)
            for place, (emotion, constant) in enumerate(zip(Emotion, self.weights[CONSTANT], strict=True))
        }
        products = {one: probabilities[one] ** self.power * math.exp(score) for one, score in scores.items()}
        total = sum(products.values())
        return {emotion: value / total for emotion, value in products.items()}


def read_words(path: Path, power: float) -> WordTable:
    """Read a table with the columns `term` and one for each emotion; raise `OSError` or `ValueError` if it is wrong."""
    header, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    if header.split("\t") != ["term", *Emotion]:
        raise ValueError("its columns are not the term and the seven emotions")
    rows = (line.split("\t") for line in lines)
    weights = {term: tuple(map(float, values)) for term, *values in rows}
    if {len(row) for row in weights.values()} != {len(Emotion)} or CONSTANT not in weights:
        raise ValueError("a row lacks weights, or the row without a term is missing")
    if not all(math.isfinite(value) and abs(value) <= MAX_WEIGHT for row in weights.values() for value in row):
        raise ValueError(f"a weight is not within -{MAX_WEIGHT} to {MAX_WEIGHT}")
    return WordTable(weights, power)


def write_words(path: Path, weights: Mapping[str, tuple[float, ...]]) -> None:
    """Write a table that `read_words` reads, with two decimals."""
    rows = [["term", *Emotion], *([term, *(f"{value:.2f}" for value in row)] for term, row in weights.items())]
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
