"""Correct a classifier's probabilities with the weights of the sentence's own words and marks.

A table in the classifier's folder has weights of *terms*: a word, a mark, or two in a row. People write differently in
each *register* (stories, posts, subtitles), and readers label it differently, so each term has a weight for each
emotion in each register, and one for the register itself. A score is the sum of the weights of the sentence's distinct
terms, divided by the root of their number, so that long sentences do not count more, plus a constant. A sentence with a
context counts as one of a story. For any other, the softmax of the registers' own scores are their shares, by which the
scores of an emotion are averaged. Its probability becomes proportional to that of the network raised to a fixed power,
times e to the average: a product of experts (doi 10.1162/089976602760128018).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from app.types import Emotion, Probabilities

WORDS_FILE = "words.tsv"
REGISTERS = ("stories", "posts", "subtitles")
WIDTH = 1 + len(Emotion)
"""Weights of a term in a register: that of the register itself, and one for each emotion."""
COLUMNS = [name for register in REGISTERS for name in (register, *(f"{register} {one}" for one in Emotion))]
UNIT = 100
"""The weights of a table are in hundredths: sums of integers do not depend on the order of the terms."""
CONSTANT = ""
"""Term of the row that applies to every sentence."""
MAX_CHARACTERS = 4000
"""Maximum characters of a sentence whose terms are read."""
MAX_WEIGHT = 10 * UNIT
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
    """Weights of terms for the registers and for the seven emotions in each."""

    weights: Mapping[str, tuple[int, ...]]
    """Weights of each term in the order of `COLUMNS`, in hundredths."""
    power: float
    """Power to which the probabilities of the network are raised."""

    def correct(self, probabilities: Probabilities, text: str, alone: bool) -> dict[Emotion, float]:
        """Return the probabilities of a sentence, corrected by its terms; `alone` if it has no context."""
        columns = len(COLUMNS) if alone else WIDTH
        terms = read_terms(text)
        known = [self.weights[term][:columns] for term in terms if term in self.weights]
        sums = map(sum, zip(*known, strict=True)) if known else [0] * columns
        root = math.sqrt(len(terms))
        scores = [
            (constant + total / root) / UNIT
            for constant, total in zip(self.weights[CONSTANT][:columns], sums, strict=True)
        ]
        shares = normalize([math.exp(one) for one in scores[::WIDTH]])
        averages = [
            sum(share * score for share, score in zip(shares, scores[place::WIDTH], strict=True))
            for place in range(1, WIDTH)
        ]
        products = [
            probabilities[one] ** self.power * math.exp(score) for one, score in zip(Emotion, averages, strict=True)
        ]
        return dict(zip(Emotion, normalize(products), strict=True))


def normalize(values: Sequence[float]) -> list[float]:
    """Divide values by their sum."""
    total = sum(values)
    return [value / total for value in values]


def read_words(path: Path, power: float) -> WordTable:
    """Read a table with the columns `term` and `COLUMNS`; raise `OSError` or `ValueError` if it is wrong."""
    header, *lines = path.read_text(encoding="utf-8").splitlines() or [""]
    if header.split("\t") != ["term", *COLUMNS]:
        raise ValueError("its columns are not the term, the registers, and the seven emotions in each")
    rows = (line.split("\t") for line in lines)
    weights = {term: tuple(map(int, values)) for term, *values in rows}
    if {len(row) for row in weights.values()} != {len(COLUMNS)} or CONSTANT not in weights:
        raise ValueError("a row lacks weights, or the row without a term is missing")
    if any(not -MAX_WEIGHT <= value <= MAX_WEIGHT for row in weights.values() for value in row):
        raise ValueError(f"a weight is not within -{MAX_WEIGHT} to {MAX_WEIGHT}")
    return WordTable(weights, power)


def write_words(path: Path, weights: Mapping[str, tuple[int, ...]]) -> None:
    """Write a table that `read_words` reads."""
    rows = [["term", *COLUMNS], *([term, *map(str, row)] for term, row in weights.items())]
    path.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
