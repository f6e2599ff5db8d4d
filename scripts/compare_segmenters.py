"""Score sentence segmenters on the hard cases and time them; prints the table of docs/segmenters.md.

    python -m venv compare && compare/bin/pip install sentencex pysbd syntok nupunkt blingfire
    PYTHONPATH=. compare/bin/python scripts/compare_segmenters.py

A segmenter that is not installed is left out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from tests.text.segmentation_cases import CASES, expected

Segmenter = Callable[[str], list[str]]
PROSE = "Dr. Smith arrived at 5 p.m. on Friday. “Where is she?” he asked. Nobody knew! It had cost $3.50... "
REPEATED = ("a", "Dr. ", "(", '"', ". ", "1,")
LENGTH = 20_000
SLOW = 20.0
"""Seconds; a text of two thirds of `LENGTH` is not tried where a third took a third of this."""


def sentencex() -> Segmenter:
    """Wikimedia's, in Rust."""
    from sentencex import get_sentence_boundaries

    def segment(text: str) -> list[str]:
        return [text[b["start_index"] : b["end_index"]] for b in get_sentence_boundaries("en", text)]

    return segment


def pysbd() -> Segmenter:
    """Rules ported from Ruby's pragmatic segmenter."""
    from pysbd import Segmenter as Pysbd

    def segment(text: str) -> list[str]:
        return [str(sentence) for sentence in Pysbd(language="en", clean=False).segment(text)]

    return segment


def syntok() -> Segmenter:
    """Tokens first, then rules."""
    from syntok.segmenter import process

    def segment(text: str) -> list[str]:
        sentences = [list(tokens) for paragraph in process(text) for tokens in paragraph]
        return [text[tokens[0].offset : tokens[-1].offset + len(tokens[-1].value)] for tokens in sentences if tokens]

    return segment


def nupunkt() -> Segmenter:
    """Punkt with abbreviations learnt from law and finance."""
    from nupunkt import sent_tokenize

    def segment(text: str) -> list[str]:
        return [str(sentence) for sentence in sent_tokenize(text)]

    return segment


def blingfire() -> Segmenter:
    """Microsoft's automata."""
    from blingfire import text_to_sentences

    def segment(text: str) -> list[str]:
        return [str(sentence) for sentence in text_to_sentences(text).split("\n")]

    return segment


def this_project() -> Segmenter:
    """What the service uses."""
    from app.text.segment import segment as spans

    return lambda text: [text[span.start : span.end] for span in spans(text)]


def installed() -> Iterator[tuple[str, Segmenter]]:
    """The segmenters that can be imported."""
    for make in (this_project, sentencex, pysbd, syntok, nupunkt, blingfire):
        try:
            yield make.__name__.replace("_", " "), make()
        except (ImportError, OSError):
            sys.stderr.write(f"{make.__name__} is not installed\n")


def same(found: list[str], wanted: list[str]) -> bool:
    """Whether the sentences are the same, white space aside: some segmenters change it."""
    return [" ".join(part.split()) for part in found if part.strip()] == [" ".join(part.split()) for part in wanted]


def passed(segment: Segmenter) -> list[str]:
    """The cases that are cut rightly."""
    return [case for case in CASES if same(segment(expected(case)[0]), expected(case)[1])]


def seconds(segment: Segmenter, text: str) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    segment(text)
    return time.perf_counter() - began


def growth(segment: Segmenter, unit: str) -> float:
    """How many times longer a text four times as long takes; one that takes too long counts as square."""
    quarter = seconds(segment, (unit * LENGTH)[: LENGTH // 4])
    if quarter * 16 > SLOW:
        return 16.0
    return seconds(segment, (unit * LENGTH)[:LENGTH]) / max(quarter, 1e-3)


def main() -> None:
    """Print one row for each segmenter; with `-v` its misses too."""
    row = "| {:<12} | {:>8} | {:>10} | {:>14} |\n".format
    sys.stdout.write(
        row("segmenter", "right", "ms/100 kB", "worst growth") + row("-" * 12, "-" * 8, "-" * 10, "-" * 14)
    )
    for name, segment in installed():
        right = passed(segment)
        speed = seconds(segment, (PROSE * 1000)[:LENGTH]) * 1000 * 100_000 / LENGTH
        worst = max(growth(segment, unit) for unit in REPEATED)
        sys.stdout.write(row(name, f"{len(right)}/{len(CASES)}", f"{speed:.0f}", f"{worst:.1f}"))
        if "-v" in sys.argv:
            for case in sorted(set(CASES) - set(right)):
                sys.stderr.write(f"{name}: {case!r} {segment(expected(case)[0])}\n")


if __name__ == "__main__":
    main()
