"""Models between checkpoints that descend from one base: made when a worker needs them, in memory that is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import torch
from torch import Tensor
from torch.nn.utils.parametrize import is_parametrized

from app.inference.torch import TorchBackend
from app.synthesis.coqui import build_acoustic, fill, new_acoustic
from app.synthesis.models.acoustic import AcousticInput, LoadedCheckpoint, LoadedConfig, Mel
from app.synthesis.models.glow import GlowAcoustic
from app.synthesis.tokenizer import Tokenizer
from app.types import Emotion

EmotionWeights = Mapping[Emotion, float]
"""Sum 1; neutral's may be negative, where an emotion is driven beyond its own strength."""


def interpolate(blend: Mapping[Emotion, float], degree: float) -> dict[Emotion, float]:
    """On the straight line from neutral through the blend: at 0 neutral, at 1 the blend itself, at 2 twice as far."""
    shares = {Emotion.NEUTRAL: 1 - degree}
    for emotion, weight in blend.items():
        shares[emotion] = shares.get(emotion, 0.0) + degree * weight
    return {emotion: share for emotion, share in shares.items() if share != 0}


def mix_weights(weights: Sequence[tuple[Tensor, float]]) -> Tensor:
    """The sum, in float32, of one weight of several checkpoints, each with its share; whole numbers are the first's."""
    first, share = weights[0]
    if not first.is_floating_point():
        return first
    total = share * first.float()
    for weight, share in weights[1:]:
        total += share * weight.float()
    return total


FARTHEST = 0.5
"""Distance of two descendants, in lengths of the base's weights. Networks that were trained each from its own random
start are 1.4 apart, as random directions are; fine-tuning moves the weights by a few hundredths of their length."""


def is_fine_tuned_from(weights: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> bool:
    """Whether two sets of weights are of one form and close to each other; only matrices are compared, since gains and
    biases start alike in every training."""
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in base.items()}:
        return False
    matrices = [name for name, value in base.items() if value.is_floating_point() and value.dim() > 1]
    distance = sum(float((weights[name].float() - base[name].float()).square().sum()) for name in matrices)
    length = sum(float(base[name].float().square().sum()) for name in matrices)
    return distance < FARTHEST**2 * length


MOST_MIXTURES = 4
"""Of a voice, with their weights in memory: each takes as much as a checkpoint."""

CheckpointShares = tuple[tuple[str, float], ...]
"""How much of each checkpoint, sorted by their names."""

INVERSE = "_inv"
"""Ending of the name of a 1x1 convolution's inverse; before it stands the name of the weight."""


class Slot:
    """A model in which mixtures take turns: to write other weights into it takes a fraction of building one."""

    def __init__(self, base: LoadedConfig) -> None:
        module = build_acoustic("glow_tts", base.config, None)
        self.weights = module.state_dict()
        """The module's own tensors: what is written into them, it speaks with."""
        self.model = GlowAcoustic(module, base.frame_rate, TorchBackend())
        self.shares: CheckpointShares = ()
        """Of the mixture that is in it; empty while it is written."""
        self.users = 0
        """Workers that speak with it now."""


class Mixtures:
    """The mixtures of one voice.

    What waits holds no weights: a worker has them made when it begins, so that a request for a hundred degrees takes no
    more memory than one for a few. They run on PyTorch itself: another backend would convert each for longer than it is
    likely to speak.
    """

    def __init__(self, base: LoadedConfig, load: Callable[[str], Mapping[str, Any]]) -> None:
        """`load` reads the file of a checkpoint; it is called once for each."""
        self.base = base
        self.load = load
        self.tokenizer = Tokenizer(base.config, base.language)
        self.trained = new_acoustic("glow_tts", base.config).to("meta")
        """As checkpoints are laid out: with weight norm. It holds no weights."""
        self.norms = {
            f"{name}.weight": (name, part.parametrizations.weight[0])
            for name, part in self.trained.named_modules()
            if is_parametrized(part)
        }
        self.states: dict[str, dict[str, Tensor]] = {}
        self.checkpoints: WeakValueDictionary[CheckpointShares, LoadedCheckpoint] = WeakValueDictionary()
        """Only as long as an utterance needs them: those that are spoken with the same one may share a batch."""
        self.slots: list[Slot] = []
        """The one that was used last is the last."""
        self.changed = threading.Condition()

    def checkpoint(self, by_name: Mapping[str, float]) -> LoadedCheckpoint:
        """Return a mixture without weights; one call at a time. Raises `InvalidVoice` if a file cannot be read."""
        shares = tuple(sorted(by_name.items()))
        for name in by_name:
            if name not in self.states:
                self.states[name] = self.read(name)
        found = self.checkpoints.get(shares)
        if found is None:
            found = LoadedCheckpoint(self.tokenizer, Mixture(self, shares), self.base.speakers)
            self.checkpoints[shares] = found
        return found

    def read(self, name: str) -> dict[str, Tensor]:
        """Read the weights of a checkpoint, and check that they are of the same model as the others."""
        fill(self.trained, self.load(name)["model"], "glow_tts", assign=True)
        return {name: value.detach() for name, value in self.trained.state_dict().items()}

    @contextmanager
    def lent(self, shares: CheckpointShares) -> Iterator[GlowAcoustic]:
        """Have a mixture's model for a while; waits if all slots are in use. Safe between threads."""
        with self.changed:
            while (slot := self.find_slot(shares)) is None:
                self.changed.wait()
            if slot.shares != shares:
                self.write(slot, shares)
            slot.users += 1
        try:
            yield slot.model
        finally:
            with self.changed:
                slot.users -= 1
                self.changed.notify_all()  # one that wakes may fail, or share its slot with others

    def find_slot(self, shares: CheckpointShares) -> Slot | None:
        """Return the slot that holds a mixture, or one that may take it: a new one, or the one idle for longest."""
        slot = next((slot for slot in self.slots if slot.shares == shares), None)
        if slot is None and len(self.slots) < MOST_MIXTURES:
            slot = Slot(self.base)
        elif slot is None:
            slot = next((slot for slot in self.slots if not slot.users), None)
        if slot is not None:
            self.slots = [*(one for one in self.slots if one is not slot), slot]
        return slot

    def write(self, slot: Slot, shares: CheckpointShares) -> None:
        """Write the weights of a mixture into a slot, with the bits of a model that is built with them."""
        slot.shares = ()
        for name, value in slot.weights.items():
            value.copy_(self.weight(name, shares))
        slot.shares = shares

    def weight(self, name: str, shares: CheckpointShares) -> Tensor:
        """Compute one of the weights that a model for inference has: weight norm is folded, inverses are stored."""
        if name in self.norms:
            part, norm = self.norms[name]
            originals = (f"{part}.parametrizations.weight.original{number}" for number in (0, 1))
            folded: Tensor = norm(*(self.weight(original, shares) for original in originals))
            return folded
        if name.endswith(INVERSE):
            return torch.inverse(self.weight(name.removesuffix(INVERSE), shares))
        return mix_weights([(self.states[checkpoint][name], share) for checkpoint, share in shares])


@dataclass(frozen=True, slots=True)
class Mixture:
    """An acoustic model between checkpoints, whose weights are made when it is to speak."""

    mixtures: Mixtures
    shares: CheckpointShares
    batch_invariant: ClassVar[bool] = False
    """See `AcousticModel.exact`: to try it for each mixture would take longer than batches could save."""
    leading_pause: ClassVar[bool] = GlowAcoustic.leading_pause

    def mels(self, asked: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.mels`."""
        with self.mixtures.lent(self.shares) as model:
            return model.mels(asked)
