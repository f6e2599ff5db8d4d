"""Write a teacher's outputs for a student: `python -m app.training.emotion.targets DATA MODEL TARGETS`.

DATA is the folder `data/`, MODEL the teacher, a classifier that reads context. TARGETS becomes a tab-separated file:
context, text, the probabilities of the seven emotions and the strength, for every sentence that a student learns: the
train splits (those of the passages with their context and without it) and the lines of `speech.txt.gz`. An interrupted
command continues after the last sentences that it wrote.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from transformers import AutoTokenizer

from app.training.emotion.network import load_network, parse_paths, score
from app.training.emotion.rows import EMOTIONS, TrainingRow, find_held_out, read_examples, read_passages, select_rows
from app.training.optimizer import autocast

LOGGER = logging.getLogger(__name__)

SPEECH, SPEECH_FILE = "speech", "speech.txt.gz"
TEACHER_SHARE = 0.7
"""Weight of the teacher's output in a student's target; the label has the rest."""
CHUNK = 1024
"""Sentences scored and written at once."""

Targets = dict[tuple[str, str], tuple[tuple[float, ...], float]]
"""(context, text) -> probabilities of the seven emotions, and the strength."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the outputs of a teacher."""
    options = parse_paths(__doc__, ("data", "model", "targets"), arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    write_targets(options.model, list_inputs(options.data), options.targets)


def list_inputs(data: Path) -> list[tuple[str, str]]:
    """List (context, text) of every sentence that a student learns, each once, those with context first."""
    sentences, examples = read_passages(data), read_examples(data)
    rows = select_rows(sentences, examples)
    lines = read_speech(data, find_held_out(sentences, examples))
    pairs = [(row.context, row.text) for row in rows if row.context]
    return list(dict.fromkeys([*pairs, *(("", row.text) for row in rows), *(("", line) for line in lines)]))


def read_speech(data: Path, held_out: set[str]) -> list[str]:
    """Read the lines without labels, except those that are also in a dev or test split."""
    with gzip.open(data / SPEECH_FILE, "rt", encoding="utf-8") as file:
        lines = (line.strip() for line in file)
        return [line for line in lines if line and line.lower() not in held_out]


def write_targets(model: Path, questions: Sequence[tuple[str, str]], path: Path) -> None:
    """Append the teacher's outputs that the file lacks."""
    path.touch()
    drop_partial_line(path)
    done = read_targets(path)
    left = [question for question in questions if question not in done]
    tokenizer, network = AutoTokenizer.from_pretrained(model), load_network(model)
    nothing = tuple(0.0 for _ in EMOTIONS)
    for start in range(0, len(left), CHUNK):
        chunk = left[start : start + CHUNK]
        with autocast():
            logits = score(
                network, tokenizer, [TrainingRow(text, context, nothing, None, SPEECH) for context, text in chunk]
            )
        answers = torch.cat([logits[:, :-1].softmax(-1), logits[:, -1:].sigmoid()], dim=1).tolist()
        lines = ["\t".join([*chunk[at], *(f"{value:.5f}" for value in row)]) + "\n" for at, row in enumerate(answers)]
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(lines))
        LOGGER.info("%d of %d", len(questions) - len(left) + start + len(chunk), len(questions))


def drop_partial_line(path: Path) -> None:
    """Remove an incomplete last line, which an interrupted command leaves."""
    content = path.read_bytes()
    path.write_bytes(content[: content.rfind(b"\n") + 1])


def read_targets(path: Path) -> Targets:
    """Read a teacher's outputs, with probabilities that sum to 1."""
    targets: Targets = {}
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            context, text, *values = line.removesuffix("\n").split("\t")
            *shares, strength = map(float, values)
            targets[context, text] = tuple(share / sum(shares) for share in shares), strength
    return targets


def blend_targets(row: TrainingRow, targets: Targets) -> TrainingRow:
    """Blend the label of a row with the teacher's output."""
    shares, strength = targets[row.context, row.text]
    blended = tuple(
        TEACHER_SHARE * taught + (1 - TEACHER_SHARE) * own for taught, own in zip(shares, row.shares, strict=True)
    )
    known = strength if row.strength is None else TEACHER_SHARE * strength + (1 - TEACHER_SHARE) * row.strength
    return replace(row, shares=blended, strength=known)


def make_speech_rows(data: Path, held_out: set[str], targets: Targets) -> list[TrainingRow]:
    """Make rows of the lines without labels, with the teacher's outputs as targets."""
    lines = read_speech(data, held_out)
    return [TrainingRow(line, "", *targets["", line], SPEECH) for line in lines]


if __name__ == "__main__":
    main()
