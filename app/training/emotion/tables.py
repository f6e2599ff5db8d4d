"""Write tables that evaluate a classifier: `python -m app.training.emotion.tables DATA DOCS MODEL [OTHER ...]`.

DATA is the folder `data/`, DOCS receives `emotion-measures.md` and `emotion-reliability.png`, MODEL is the classifier
to describe; the others appear only in the first table. Each classifier is evaluated at its own threshold.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from app.emotion import Classifier
from app.synthesis.pipeline import DEFAULT_THRESHOLD
from app.training.emotion.passages import Figures, classify_passages, measure_passages
from app.training.emotion.rows import EMOTIONS, NEW_GENRES_FILE, PASSAGES_FILE, LabelledSentence, read_passages

PAGE, PICTURE = "emotion-measures.md", "emotion-reliability.png"
SPLITS = (("dev", PASSAGES_FILE, "dev"), ("test", PASSAGES_FILE, "test"), ("new genres", NEW_GENRES_FILE, "test"))
"""Name, file and split."""
COLUMNS = {
    "sentences": "sentences",
    "macro_f1": "macro-F1",
    "clear_voiced_rightly": "clear emotions voiced rightly",
    "voiced_that_are_right": "voiced that are right",
    "neutral_voiced": "neutral voiced",
    "neutral_voiced_strongly": "neutral voiced strongly",
}
INTRODUCTION = """\
# Accuracy of the emotion classifier
Made by `python -m app.training.emotion.tables data docs MODEL [OTHER ...]`, and not to be edited by hand.

The labelled passages ([data](../data/README.md)) are read in order, each sentence with the sentences before it.
*Macro-F1* is that of the most probable emotion. An emotion is voiced if it is the most probable one and reaches the
classifier's threshold; it is right if it is the label or the second label. *Clear* emotions have the intensity 2 or
3; *neutral* sentences have no second label; *strongly* is a strength of more than one half. Choices were made on the
dev split; the test split and the new genres were measured at the end, for three tables of words.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Evaluate the classifiers on all splits, and write the page and the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("docs", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("others", type=Path, nargs="*")
    options = parser.parse_args(arguments)
    splits = {name: read_passages(options.data, file, split) for name, file, split in SPLITS}
    reports = {
        model.name: {name: measure(model, sentences) for name, sentences in splits.items()}
        for model in (options.model, *options.others)
    }
    (options.docs / PAGE).write_text("\n".join(write_page(reports, options.model.name)), encoding="utf-8")
    draw_reliability(reports[options.model.name]).savefig(options.docs / PICTURE, format="png", dpi=100)


def measure(model: Path, sentences: Sequence[LabelledSentence]) -> Figures:
    """Evaluate a classifier at its own threshold."""
    threshold = Classifier.load(model).settings.threshold
    return measure_passages(
        sentences, classify_passages(model, sentences), DEFAULT_THRESHOLD if threshold is None else threshold
    )


def write_page(reports: dict[str, dict[str, Figures]], model: str) -> Iterator[str]:
    """Yield the lines of the page."""
    yield INTRODUCTION
    yield "## All splits"
    rows = [(f"{name}, {split}", report) for name, splits in reports.items() for split, report in splits.items()]
    yield from write_figures("classifier, split", rows)
    for split, report in reports[model].items():
        yield f"## {model} on {split}"
        yield "By genre:\n"
        yield from write_figures("genre", list(report["by_genre"].items()))
        yield "By threshold:\n"
        yield from write_figures("threshold", list(report["by_floor"].items()))
        yield "By label (rows) and most probable emotion (columns), with the F1 of each:\n"
        yield from write_confusion(report)
    yield "## Reliability"
    yield f"How often the most probable emotion is the label, by its probability.\n\n![Reliability]({PICTURE})\n"


def write_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| {' | '.join(header)} |"
    yield "|---" * len(header) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def write_figures(heading: str, rows: Sequence[tuple[str, Figures]]) -> Iterator[str]:
    """Yield figures as the lines of a table: shares in percent, F1 as a number."""
    names = [name for name in COLUMNS if name in rows[0][1]]
    figures = ((title, *(format_figure(name, report[name]) for name in names)) for title, report in rows)
    return write_table((heading, *(COLUMNS[name] for name in names)), figures)


def format_figure(name: str, value: float | None) -> str:
    """Format one figure."""
    if value is None:
        return "–"
    if name == "sentences":
        return f"{value:,}"
    return f"{value:.3f}" if name == "macro_f1" else f"{100 * value:.1f} %"


def write_confusion(report: Figures) -> Iterator[str]:
    """Yield the confusion matrix as the lines of a table."""
    rows = (
        (label, *map(str, counts.values()), f"{report['f1'][label]:.2f}")
        for label, counts in report["confusion"].items()
    )
    return write_table(("label", *map(str, EMOTIONS), "F1"), rows)


def draw_reliability(reports: dict[str, Figures]) -> Figure:
    """Plot how often the classifier is right against its confidence, for each split."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=1)
    for split, report in reports.items():
        bins = [one for one in report["reliability"]["bins"] if one["sentences"] >= 10]
        axes.plot([one["probability"] for one in bins], [one["right"] for one in bins], marker="o", label=split)
    axes.set_xlabel("probability of the most probable emotion")
    axes.set_ylabel("share that is right")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
