"""The training of a classifier that reads context, step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from app.training.emotion_losses import compute_losses, evaluate, scale_rate, weigh_classes
from app.training.emotion_network import Learned, encode, find_frozen, load_network, score
from app.training.emotion_rows import Row, draw_batches
from app.training.emotion_targets import Targets, teach
from app.training.optimize import Average, descend, set_rate
from app.training.passages import CONTEXT
from app.training.resumable import Part, Resumable

STRENGTH_WEIGHT = 0.3
"""The weight of the strength in the loss; the emotions have 1."""
GRADIENT_BOUND = 1.0
AVERAGE_SHARE = 0.99
"""What stays of the averaged weights at each step."""
EVALUATION_SECONDS = 1200
"""Before so much processor time is used, nothing is evaluated, so that a run that is stopped early stops at once."""
EVALUATION_SHARE = 0.1
"""At most this share of the processor time goes into evaluations."""
VERSION = "2"


@dataclass(frozen=True, slots=True)
class EmotionSettings:
    """The options of a training."""

    steps: int
    learning_rate: float
    """The highest."""
    frozen_layers: int = 0
    """The number of lowest layers that stay as they are; if any, the embeddings stay as well."""
    batch_size: int = 32
    others: float = 0.5
    """Sentences of other sources in each round, as a multiple of those of the passages."""
    seed: int = 1


class EmotionTask(Resumable):
    """A network in training; all chance of a step comes from the seed and the step's number."""

    epoch = 1

    def __init__(
        self,
        encoder: Path,
        rows: Sequence[Row],
        dev: Sequence[Row],
        settings: EmotionSettings,
        targets: Targets | None = None,
    ) -> None:
        self.number = 0
        self.settings = settings
        self.rows, self.dev = rows, dev
        self.targets = targets
        self.tokenizer = AutoTokenizer.from_pretrained(encoder)
        torch.manual_seed(settings.seed)
        self.network = load_network(encoder)
        self.frozen = find_frozen(self.network, settings.frozen_layers)
        for part in self.frozen:
            part.requires_grad_(False)
        self.learned = Learned(self.network)
        self.optimizer = torch.optim.AdamW(self.learned.parameters(), lr=settings.learning_rate, weight_decay=0.01)
        self.average = Average(self.learned, AVERAGE_SHARE)
        self.weights = weigh_classes(rows)
        self.batches = draw_batches(rows, settings.batch_size, settings.others, settings.seed)
        self.bf16 = torch.cpu._is_avx512_bf16_supported()
        self.evaluated: dict[str, float] = {}
        self.evaluation_due = time.process_time() + EVALUATION_SECONDS

    def step(self) -> dict[str, float]:
        """Learn one batch."""
        batch = next(self.batches)
        if self.targets is not None:
            batch = [teach(row, self.targets) for row in batch]
        torch.manual_seed(self.settings.seed * 1_000_003 + self.number)
        self.network.train()
        for part in self.frozen:  # what is frozen needs no dropout
            part.eval()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            logits = self.network(**encode(self.tokenizer, batch)).logits.float()
        emotion, strength = compute_losses(logits, batch, self.weights)
        set_rate(self.optimizer, self.settings.learning_rate * scale_rate(self.number, self.settings.steps))
        descend(self.optimizer, emotion + STRENGTH_WEIGHT * strength, GRADIENT_BOUND)
        self.number += 1
        self.average.follow(self.number)
        return {"emotion": emotion.item(), "strength": strength.item()}

    def evaluate(self) -> dict[str, float]:
        """Evaluate the averaged weights at the last step, and before it whenever that does not cost too much time.

        Otherwise the figures of the last evaluation come back; their `step` says how old they are.
        """
        begun = time.process_time()
        if self.number < self.settings.steps and begun < self.evaluation_due:
            return self.evaluated
        with self.average.applied():
            self.network.eval()
            figures = evaluate(score(self.network, self.tokenizer, self.dev), self.dev)
        self.evaluated = {"step": float(self.number), **figures}
        ended = time.process_time()
        self.evaluation_due = ended + (ended - begun) / EVALUATION_SHARE
        return self.evaluated

    def parts(self) -> dict[str, Part]:
        """See `Resumable`."""
        return {"network": self.learned, "optimizer": self.optimizer, "average": self.average}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Task.restore`."""
        super().restore(state)
        self.batches = islice(self.batches, self.number, None)

    def export(self, folder: Path) -> None:
        """Write the averaged weights in half precision, the tokenizer, and in `config.json` what the network reads."""
        with self.average.applied():
            state = {name: value.half() for name, value in self.network.state_dict().items()}
        self.network.config.intone = {"version": VERSION, "context": CONTEXT}
        self.network.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)
        path = folder / "config.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(config | {"dtype": "float16"}, indent=1) + "\n", encoding="utf-8")
