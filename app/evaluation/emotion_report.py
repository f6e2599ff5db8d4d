"""How often each emotion was named rightly, what it was taken for, and by what it differed from neutral."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from app.evaluation.emotion_judge import Judged
from app.evaluation.figures import wer_interval
from app.evaluation.prosody import Features
from app.plan import Emotion


@dataclass(frozen=True, slots=True)
class EmotionFigures:
    """What the judge made of the clips of one emotion."""

    clips: int
    right: float
    """Share that was named rightly, in percent."""
    right_interval: tuple[float, float]
    """Within it lies that share with 95 %, by a bootstrap over sentences."""
    named: Mapping[Emotion, int]
    """How many clips were taken for which emotion: a row of the confusion matrix."""
    differences: Features
    """Means of the differences to the neutral readings, over the clips in which they could be told."""


@dataclass(frozen=True, slots=True)
class EmotionReport:
    """The verdicts on all emotional clips; there are none where only neutral was spoken, or recordings were read."""

    judged: Sequence[Judged] = ()

    @property
    def groups(self) -> dict[Emotion, EmotionFigures]:
        """The figures of each emotion, in the order in which the emotions appear."""
        names = dict.fromkeys(one.emotion for one in self.judged)
        return {name: figures([one for one in self.judged if one.emotion == name]) for name in names}

    @property
    def mean(self) -> float:
        """The share that was named rightly, as the mean of the emotions."""
        return float(np.mean([one.right for one in self.groups.values()]))

    @property
    def worst(self) -> Emotion:
        """The emotion that was named rightly least often."""
        groups = self.groups
        return min(groups, key=lambda name: groups[name].right)

    def to_dict(self) -> dict[str, Any] | None:
        """Return plain values for JSON; None where nothing was judged."""
        if not self.judged:
            return None
        groups = self.groups
        return {
            "groups": {name: asdict(one) for name, one in groups.items()},
            "mean": self.mean,
            "worst": {"emotion": self.worst, "right": groups[self.worst].right},
            "clips": [asdict(one) | {"named": one.named} for one in self.judged],
        }


def figures(judged: Sequence[Judged]) -> EmotionFigures:
    """Count the verdicts on the clips of one emotion."""
    right = [int(one.named == one.emotion) for one in judged]
    named = Counter(one.named for one in judged)
    return EmotionFigures(
        clips=len(judged),
        right=100 * sum(right) / len(right),
        right_interval=wer_interval(right, [1] * len(right)),
        named={emotion: named[emotion] for emotion in Emotion},
        differences={name: mean([one.differences[name] for one in judged]) for name in judged[0].differences},
    )


def mean(values: Sequence[float]) -> float:
    """Return the mean of the values that could be told."""
    told = [value for value in values if not math.isnan(value)]
    return float(np.mean(told)) if told else math.nan
