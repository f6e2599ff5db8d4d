"""Fit a voice's expression to the published differences of its emotions: python -m scripts.fit_expression FOLDER.

The texts are those of the training data, so that the sentences of `intone evaluate` stay hidden. Each round speaks and
measures them at several degrees, and moves every value of `expression` and `expression_by_degree` in voice.json by the
distance of the feature that it changes: half the differences at a degree of 0.5, half as much again at 1.5.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import math
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np

from app.cli.flags import settings
from app.evaluation.emotion_judge import BAND_NAMES, read_facts
from app.evaluation.manner import Features, measure_prosody, subtract_features
from app.evaluation.recordings import Prompt, synthesize
from app.synthesis.expression import mix_expressions
from app.synthesis.pipeline import Pipeline
from app.types import Emotion
from app.voices import open_voice
from app.voices.manifest import FILE_NAME, Expression

TEXTS = Path(__file__).parents[1] / "data" / "speech.txt.gz"
TEXT_LENGTHS = range(25, 80)
"""Characters of the texts to speak: sentences as long as those of stories and dialogues."""
STRENGTHS = {
    Emotion.JOY: 0.35,
    Emotion.SADNESS: 0.0,
    Emotion.ANGER: 0.5,
    Emotion.FEAR: 0.25,
    Emotion.SURPRISE: 0.2,
    Emotion.DISGUST: 0.5,
}
"""Position of each emotion between its normal reading (0) and its strong one (1)."""
RANGES = {
    Emotion.JOY: 1.3,
    Emotion.SADNESS: -1.8,
    Emotion.ANGER: 1.0,
    Emotion.FEAR: -1.3,
    Emotion.SURPRISE: 4.1,
    Emotion.DISGUST: -0.5,
}
"""Differences of the pitch range in semitones: half way between the published ones and those of the synthesizer that
read the training data."""
DEGREES = (0.5, 1.0, 1.5)
TREMORS = {Emotion.FEAR: 0.25, Emotion.SADNESS: 0.12}
"""Semitones, too few for the measured features to show them."""
STEP = 0.5
"""Share of a distance by which a round moves: the features depend on each other."""
MAX_LEVEL = 8.0
"""Maximum decibels of a band."""
MAX_SEMITONES = 10.0
"""Maximum of pitch, slope and ending."""
PLACES = 2
"""Decimal places of the fitted values."""

logger = logging.getLogger("fit_expression")


def main() -> None:
    """Fit all emotions of the voice and write its voice.json after each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of the voice")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--texts", type=int, default=24)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for number in range(options.rounds):
        fit_once(options.folder, read_texts(options.texts, number), number)


def read_texts(count: int, number: int) -> list[str]:
    """Return the texts of a round, spread over the training data; half of them are exclamations and questions."""
    with gzip.open(TEXTS, "rt", encoding="utf-8") as file:
        fitting = [line for line in map(str.strip, file) if len(line) in TEXT_LENGTHS]
    texts = []
    for marks in (".", "!?"):
        ended = [line for line in fitting if line[-1] in marks]
        texts += ended[number :: 2 * len(ended) // count][: count // 2]
    return texts


def fit_once(folder: Path, texts: list[str], number: int) -> None:
    """Speak, measure and move every emotion once at each degree."""
    voice = open_voice(folder)
    name = voice.name
    pipeline = Pipeline.load(settings(voices=[folder], default_voice=name, cache_mb=0))

    def measure(emotion: Emotion, degree: float) -> list[Features]:
        spoken = (synthesize(pipeline, name, Prompt(emotion, text, seed), degree) for seed, text in enumerate(texts))
        return [measure_prosody(speech.samples, speech.sample_rate) for speech in spoken]

    neutral = measure(Emotion.NEUTRAL, 1.0)
    file = folder / FILE_NAME
    manifest = json.loads(file.read_text(encoding="utf-8"))
    for emotion, degree in product(STRENGTHS, DEGREES):
        row = measure(emotion, degree)
        means = average(subtract_features(one, plain) for one, plain in zip(row, neutral, strict=True))
        target = {feature: degree * value for feature, value in make_target(emotion).items()}
        old = mix_expressions([(voice.spoken[emotion].expressions, degree)])
        moved = move(old, average(neutral), means, target, degree * TREMORS.get(emotion, 0.0)).model_dump(mode="json")
        place = manifest["emotions"][emotion]
        if degree == 1:
            place["expression"] = moved
        else:
            place.setdefault("expression_by_degree", {})[str(degree)] = moved
        figures = ", ".join(f"{key} {means[key]:+.2f} of {target[key]:+.2f}" for key in target)
        logger.info("round %d, %s at %s: %s", number + 1, emotion, degree, figures)
    pipeline.close()
    file.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def average(features: Iterable[Features]) -> dict[str, float]:
    """Return the mean of each feature over the recordings in which it could be measured."""
    listed = list(features)
    return {name: float(np.nanmean([one[name] for one in listed])) for name in listed[0]}


def make_target(emotion: Emotion) -> dict[str, float]:
    """Return the differences to neutral at an emotion's strength."""
    facts, strength = read_facts(), STRENGTHS[emotion]
    target = (1 - strength) * facts.normal[emotion] + strength * facts.strong[emotion]
    return dict(zip(facts.features, target.tolist(), strict=True)) | {"range": RANGES[emotion]}


def move(old: Expression, neutral: Features, means: Features, target: Features, tremor: float) -> Expression:
    """Return the expression after a step from the measured differences towards the target."""
    missing = {name: STEP * (target[name] - means[name]) for name in target}

    def grow(factor: float, name: str) -> float:
        ratio = (neutral[name] + target[name]) / max(neutral[name] + means[name], 0.1)
        return float(min(max(factor * max(ratio, 0.1) ** STEP, 0.4), 2.0))

    levels = np.array(old.bands) + [missing[name] for name in BAND_NAMES]
    levels = np.clip(levels - levels.mean(), -MAX_LEVEL, MAX_LEVEL)

    def shift(semitones: float, name: str) -> float:
        return round(min(max(semitones + missing[name], -MAX_SEMITONES), MAX_SEMITONES), PLACES)

    return Expression(
        pitch=shift(old.pitch, "pitch"),
        pitch_range=round(grow(old.pitch_range, "range"), PLACES),
        accents=round(grow(old.accents, "fast movement"), PLACES),
        slope=shift(old.slope, "slope"),
        ending=shift(old.ending, "ending"),
        tremor=tremor,
        speed=round(old.speed * math.exp(-missing["duration"]), PLACES),
        bands=tuple(round(level, 1) for level in levels.tolist()),
    )


if __name__ == "__main__":
    main()
