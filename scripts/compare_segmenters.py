"""Score and time sentence segmenters on the hard cases, and print the table of docs/segmenters.md.

    python -m venv compare && compare/bin/pip install sentencex pysbd syntok nupunkt blingfire
    PYTHONPATH=. compare/bin/python scripts/compare_segmenters.py

A segmenter that is not installed is skipped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from tests.text.segmentation_cases import CASES, split_case

Segmenter = Callable[[str], list[str]]
PROSE = "Dr. Smith arrived at 5 p.m. on Friday. “Where is she?” he asked. Nobody knew! It had cost $3.50... "
REPEATED_UNITS = ("a", "Dr. ", "(", '"', ". ", "1,")
LENGTH = 20_000
SLOW_SECONDS = 20.0
"""Maximum time of a text of `LENGTH`, estimated from a quarter of it; a slower segmenter is not measured on it."""


def load_sentencex() -> Segmenter:
    """Return Wikimedia's segmenter, written in Rust."""
    from sentencex import get_sentence_boundaries

    return lambda text: [text[b["start_index"] : b["end_index"]] for b in get_sentence_boundaries("en", text)]


def load_pysbd() -> Segmenter:
    """Return the rules ported from Ruby's pragmatic segmenter."""
    from pysbd import Segmenter as Pysbd

    return Pysbd(language="en", clean=False).segment  # type: ignore[no-any-return]


def load_syntok() -> Segmenter:
    """Return a segmenter that tokenizes first and then applies rules."""
    from syntok.segmenter import process

    def segment(text: str) -> list[str]:
        sentences = [list(tokens) for paragraph in process(text) for tokens in paragraph]
        return [text[tokens[0].offset : tokens[-1].offset + len(tokens[-1].value)] for tokens in sentences if tokens]

    return segment


def load_nupunkt() -> Segmenter:
    """Return Punkt with abbreviations learned from law and finance."""
    from nupunkt import sent_tokenize

    return sent_tokenize  # type: ignore[no-any-return]


def load_blingfire() -> Segmenter:
    """Return Microsoft's segmenter of finite automata."""
    from blingfire import text_to_sentences

    return lambda text: text_to_sentences(text).split("\n")


def load_this_project() -> Segmenter:
    """Return the segmenter of the service."""
    from app.text.segment import segment

    return lambda text: [text[span.start : span.end] for span in segment(text)]


def load_segmenters() -> Iterator[tuple[str, Segmenter]]:
    """Yield the names and functions of the segmenters that can be imported."""
    for load in (load_this_project, load_sentencex, load_pysbd, load_syntok, load_nupunkt, load_blingfire):
        name = load.__name__.removeprefix("load_").replace("_", " ")
        try:
            yield name, load()
        except (ImportError, OSError):
            sys.stderr.write(f"{name} is not installed\n")


def are_equal(found: list[str], wanted: list[str]) -> bool:
    """Return whether the sentences are equal except for white space, which some segmenters change."""
    return [" ".join(part.split()) for part in found if part.strip()] == [" ".join(part.split()) for part in wanted]


def find_passed(segment: Segmenter) -> list[str]:
    """Return the cases that are segmented correctly."""
    return [case for case in CASES if are_equal(segment(split_case(case)[0]), split_case(case)[1])]


def measure_seconds(segment: Segmenter, text: str) -> float:
    """Return the seconds of one call."""
    began = time.perf_counter()
    segment(text)
    return time.perf_counter() - began


def measure_growth(segment: Segmenter, unit: str) -> float:
    """Return by which factor the time grows for a text four times as long; 16, quadratic growth, if it is too slow."""
    quarter = measure_seconds(segment, (unit * LENGTH)[: LENGTH // 4])
    if quarter * 16 > SLOW_SECONDS:
        return 16.0
    return measure_seconds(segment, (unit * LENGTH)[:LENGTH]) / max(quarter, 1e-3)


def main() -> None:
    """Print a row for each segmenter and, with `-v`, the cases that it fails."""
    row = "| {:<12} | {:>8} | {:>10} | {:>14} |\n".format
    sys.stdout.write(
        row("segmenter", "right", "ms/100 kB", "worst growth") + row("-" * 12, "-" * 8, "-" * 10, "-" * 14)
    )
    for name, segment in load_segmenters():
        right = find_passed(segment)
        speed = measure_seconds(segment, (PROSE * 1000)[:LENGTH]) * 1000 * 100_000 / LENGTH
        worst = max(measure_growth(segment, unit) for unit in REPEATED_UNITS)
        sys.stdout.write(row(name, f"{len(right)}/{len(CASES)}", f"{speed:.0f}", f"{worst:.1f}"))
        if "-v" in sys.argv:
            for case in sorted(set(CASES) - set(right)):
                sys.stderr.write(f"{name}: {case!r} {segment(split_case(case)[0])}\n")


if __name__ == "__main__":
    main()
