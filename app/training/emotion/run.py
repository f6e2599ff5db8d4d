"""Train a classifier that reads context: `python -m app.training.emotion.run DATA RUN --encoder FOLDER ...`.

DATA is the folder `data/`. RUN receives `training.pt` (everything that the next step depends on), `run.json` (settings
and curve) and at the end `model`, the classifier. A run may be interrupted at any time; the same command with
`--resume` continues from its checkpoint. The learning rate falls to zero at the last of `--steps`, which may change
when a run is resumed. With `--targets` the network is a student: it learns a teacher's outputs besides the labels, also
on lines without labels.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from app.training.emotion.network import (
    TrainableParameters,
    compute_losses,
    encode,
    evaluate,
    find_frozen,
    load_network,
    scale_rate,
    score,
    weigh_classes,
)
from app.training.emotion.rows import (
    CONTEXT_SENTENCES,
    PASSAGES_FILE,
    SOURCES,
    TrainingRow,
    draw_batches,
    find_held_out,
    make_passage_row,
    read_examples,
    read_passages,
    select_rows,
)
from app.training.emotion.targets import (
    SPEECH_FILE,
    Targets,
    blend_targets,
    list_inputs,
    make_speech_rows,
    read_targets,
)
from app.training.optimizer import Ema, autocast, step_optimizer
from app.training.trainer import CHECKPOINT, Logbook, StatePart, Trainer, TrainingModule, stop_on_signal

STRENGTH_WEIGHT = 0.3
"""Weight of the strength in the loss; the emotions have 1."""
MAX_GRADIENT_NORM = 1.0
EMA_DECAY = 0.99
"""Fraction of the averaged weights kept at each step."""
EVALUATION_SECONDS = 1200
"""Processor time before the first evaluation, so that a run that is interrupted early stops at once."""
EVALUATION_SHARE = 0.1
"""Maximum share of the processor time for evaluations."""
VERSION = "2"


@dataclass(frozen=True, slots=True)
class EmotionSettings:
    """Options of a training."""

    steps: int
    learning_rate: float
    """Highest learning rate."""
    frozen_layers: int = 0
    """Number of lowest layers that are frozen; if any, the embeddings are frozen as well."""
    batch_size: int = 32
    others: float = 0.5
    """Sentences of other sources in each round, as a multiple of those of the passages."""
    seed: int = 1


class EmotionTask(TrainingModule):
    """Training of a classifier that reads context."""

    epoch = 1

    def __init__(
        self,
        encoder: Path,
        rows: Sequence[TrainingRow],
        dev: Sequence[TrainingRow],
        settings: EmotionSettings,
        targets: Targets | None = None,
    ) -> None:
        self.settings = settings
        self.rows, self.dev = rows, dev
        self.targets = targets
        self.tokenizer = AutoTokenizer.from_pretrained(encoder)
        torch.manual_seed(settings.seed)
        self.network = load_network(encoder)
        self.frozen = find_frozen(self.network, settings.frozen_layers)
        for part in self.frozen:
            part.requires_grad_(False)
        self.trainable = TrainableParameters(self.network)
        self.optimizer = torch.optim.AdamW(self.trainable.parameters(), lr=settings.learning_rate, weight_decay=0.01)
        self.average = Ema(self.trainable, EMA_DECAY)
        self.weights = weigh_classes(rows)
        self.batches = draw_batches(rows, settings.batch_size, settings.others, settings.seed)
        self.evaluated: dict[str, float] = {}
        self.evaluation_due = time.process_time() + EVALUATION_SECONDS

    def step(self) -> dict[str, float]:
        """Train on one batch and return its losses."""
        batch = next(self.batches)
        if self.targets is not None:
            batch = [blend_targets(row, self.targets) for row in batch]
        torch.manual_seed(self.settings.seed * 1_000_003 + self.number)
        self.network.train()
        for part in self.frozen:  # frozen modules need no dropout
            part.eval()
        with autocast():
            logits = self.network(**encode(self.tokenizer, batch)).logits.float()
        emotion, strength = compute_losses(logits, batch, self.weights)
        rate = self.settings.learning_rate * scale_rate(self.number, self.settings.steps)
        step_optimizer(self.optimizer, emotion + STRENGTH_WEIGHT * strength, MAX_GRADIENT_NORM, rate)
        self.number += 1
        self.average.update(self.number)
        return {"emotion": emotion.item(), "strength": strength.item()}

    def evaluate(self) -> dict[str, float]:
        """Evaluate the averaged weights at the last step, and before it unless that takes too large a share of time.

        Otherwise return the figures of the last evaluation; their `step` shows how old they are.
        """
        begun = time.process_time()
        if self.number < self.settings.steps and begun < self.evaluation_due:
            return self.evaluated
        with self.average.apply():
            self.network.eval()
            figures = evaluate(score(self.network, self.tokenizer, self.dev), self.dev)
        self.evaluated = {"step": float(self.number), **figures}
        ended = time.process_time()
        self.evaluation_due = ended + (ended - begun) / EVALUATION_SHARE
        return self.evaluated

    def list_parts(self) -> dict[str, StatePart]:
        return {"network": self.trainable, "optimizer": self.optimizer, "average": self.average}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.batches = islice(self.batches, self.number, None)

    def export(self, folder: Path) -> None:
        """Write the averaged weights in half precision, the tokenizer, and the size of the context in `config.json`."""
        with self.average.apply():
            state = {name: value.half() for name, value in self.network.state_dict().items()}
        self.network.config.intone = {"version": VERSION, "context": CONTEXT_SENTENCES, "languages": ["en"]}
        self.network.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)
        path = folder / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(config | {"dtype": "float16"}, indent=1) + "\n", encoding="utf-8")


SAVE_SECONDS = 900
MODEL = "model"
PACKAGES = ("torch", "transformers")


def main(arguments: Sequence[str] | None = None) -> None:
    """Train until the last step, the time limit or a signal; in each case write a classifier."""
    options = parse(arguments)
    if (options.run / CHECKPOINT).exists() and not options.resume:
        raise SystemExit(f"{options.run} holds a run. Go on with --resume, or train into another folder.")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    settings = EmotionSettings(**{name: getattr(options, name) for name in EmotionSettings.__dataclass_fields__})
    task = make_task(options, settings)
    with Logbook(options.run / "tensorboard") as logbook, stop_on_signal() as stop:
        run = Trainer(task, options.run, describe(options, settings), logbook.write)
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
    parser.add_argument("--targets", type=Path, help="a teacher's answers, see app.training.emotion.targets")
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
        missing = [question for question in list_inputs(options.data) if question not in targets]
        if missing:
            remedy = "Complete it with python -m app.training.emotion.targets."
            raise SystemExit(f"{options.targets} lacks {len(missing)} answers. {remedy}")
        rows += make_speech_rows(options.data, find_held_out(sentences, examples), targets)
    return EmotionTask(options.encoder, rows, dev, settings, targets)


def describe(options: argparse.Namespace, settings: EmotionSettings) -> dict[str, Any]:
    """Return the record of a run: its settings, and what identifies its data, encoder and packages."""
    data = [options.data / name for name in (PASSAGES_FILE, *(f"{source}.tsv.gz" for source in SOURCES))]
    if options.targets:
        data += [options.data / SPEECH_FILE, options.targets]
    return {
        "settings": asdict(settings),
        "data_sha256": hash_files(data),
        "base_sha256": hash_files([options.encoder / "model.safetensors"]),
        "packages": {name: version(name) for name in PACKAGES},
    }


def hash_files(paths: Sequence[Path]) -> str:
    """Return one SHA-256 of the contents of some files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
