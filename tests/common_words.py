"""The commonest words of the labelled passages in data/, for tests over everyday English."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

PASSAGES = Path(__file__).parents[1] / "data" / "passages.tsv.gz"
MOST_COMMON = 3000
ABBREVIATIONS = frozenset("mr mrs ms dr st".split())


def read_common_words() -> list[str]:
    """Return the commonest words of at least two letters, most common first, without abbreviations."""
    with gzip.open(PASSAGES, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    column = rows[0].index("text")
    counts = Counter(word.lower() for row in rows[1:] for word in re.findall(r"(?<!['’])\b[A-Za-z][a-z]+", row[column]))
    return [word for word, _ in counts.most_common() if word not in ABBREVIATIONS][:MOST_COMMON]


COMMON_WORDS = tuple(read_common_words())
