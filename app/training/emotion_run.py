"""Train a classifier that reads context: `python -m app.training.emotion_run DATA RUN --encoder FOLDER ...`.

DATA is the folder `data/`. RUN receives `training.pt` (all that the next step depends on), `run.json` (settings and
curve) and at the end `model`, the classifier. A run may be interrupted at any time; the same command with `--resume`
goes on from its checkpoint. The learning rate falls to zero at the last of `--steps`, which may change when a run goes
on. With `--targets` the network is a student: it learns a teacher's answers besides the labels, also on lines without a
label.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from app.training.emotion_data import SOURCES, read_examples
from app.training.emotion_rows import find_held_out, make_passage_row, select_rows
from app.training.emotion_targets import SPEECH_FILE, list_questions, make_speech_rows, read_targets
from app.training.emotion_task import EmotionSettings, EmotionTask
from app.training.logbook import Logbook
from app.training.passages import FILE, read_passages
from app.training.running import CHECKPOINT, Run
from app.training.stopping import told_to_stop

SAVE_SECONDS = 900
MODEL = "model"
PACKAGES = ("torch", "transformers")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train until the last step, the time limit or a signal; each time a classifier is written."""
    options = parse(arguments)
    if (options.run / CHECKPOINT).exists() and not options.resume:
        raise SystemExit(f"{options.run} holds a run. Go on with --resume, or train into another folder.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    settings = EmotionSettings(**{name: getattr(options, name) for name in EmotionSettings.__dataclass_fields__})
    task = make_task(options, settings)
    with Logbook(options.run / "tensorboard") as logbook, told_to_stop() as stop:
        run = Run(task, options.run, describe(options, settings), logbook.write)
        run.save_seconds = options.save_seconds
        if options.resume:
            run.resume()
        run.train(settings.steps, options.time_limit, stop)
        task.export(options.run / MODEL)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--encoder", type=Path, required=True, help="a Hugging Face folder")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True, help="the highest")
    parser.add_argument("--frozen-layers", type=int, default=0, help="number of lowest layers that stay as they are")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--others", type=float, default=0.5, help="sentences of other sources for each of the passages")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--targets", type=Path, help="a teacher's answers, see app.training.emotion_targets")
    parser.add_argument("--time-limit", type=float, default=float("inf"), help="seconds")
    parser.add_argument("--save-seconds", type=float, default=SAVE_SECONDS, help="time between two checkpoints")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    return parser.parse_args(arguments)


def make_task(options: argparse.Namespace, settings: EmotionSettings) -> EmotionTask:
    """Read the data and load the network."""
    sentences, examples = read_passages(options.data), read_examples(options.data)
    rows = select_rows(sentences, examples)
    dev = [make_passage_row(one) for one in sentences if one.split == "dev"]
    targets = None
    if options.targets:
        targets = read_targets(options.targets)
        missing = [question for question in list_questions(options.data) if question not in targets]
        if missing:
            raise SystemExit(f"{options.targets} lacks {len(missing)} answers. Complete it by emotion_targets.")
        rows += make_speech_rows(options.data, find_held_out(sentences, examples), targets)
    return EmotionTask(options.encoder, rows, dev, settings, targets)


def describe(options: argparse.Namespace, settings: EmotionSettings) -> dict[str, Any]:
    """Describe a run for its record."""
    data = [options.data / name for name in (FILE, *(f"{source}.tsv.gz" for source in SOURCES))]
    if options.targets:
        data += [options.data / SPEECH_FILE, options.targets]
    return {
        "settings": asdict(settings),
        "data_sha256": hash_files(data),
        "base_sha256": hash_files([options.encoder / "model.safetensors"]),
        "packages": {name: version(name) for name in PACKAGES},
    }


def hash_files(paths: Sequence[Path]) -> str:
    """Hash the contents of some files together."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
