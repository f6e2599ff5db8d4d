"""Interpolate between checkpoints fine-tuned from one base, when a worker needs the model and in bounded memory."""

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

from app.inference import TorchBackend
from app.synthesis.coqui import build_acoustic, build_trainable_acoustic, fill_weights
from app.synthesis.models.acoustic import AcousticInput, LoadedCheckpoint, LoadedConfig, Mel
from app.synthesis.models.glow import GlowAcoustic
from app.synthesis.tokenizer import Tokenizer
from app.types import Emotion

EmotionWeights = Mapping[Emotion, float]
"""Weight of each emotion. They sum to 1; neutral's is negative if an emotion is extrapolated (degree above 1)."""


def interpolate(blend: Mapping[Emotion, float], degree: float) -> dict[Emotion, float]:
    """Compute weights on the line from neutral through the blend: degree 0 is neutral, 1 the blend, 2 twice as far."""
    shares = {Emotion.NEUTRAL: 1 - degree}
    for emotion, weight in blend.items():
        shares[emotion] = shares.get(emotion, 0.0) + degree * weight
    return {emotion: share for emotion, share in shares.items() if share != 0}


def mix_weights(weights: Sequence[tuple[Tensor, float]]) -> Tensor:
    """Sum a tensor of several checkpoints, weighted by share, in float32; integer tensors are taken from the first."""
    first, share = weights[0]
    if not first.is_floating_point():
        return first
    total = share * first.float()
    for weight, share in weights[1:]:
        total += share * weight.float()
    return total


MAX_FINE_TUNING_DISTANCE = 0.5
"""Maximum distance of a fine-tuned model from its base, relative to the norm of the base's weights. Models trained from
different random initializations are 1.4 apart, like random directions; fine-tuning moves one by a few hundredths."""


def is_fine_tuned_from(weights: Mapping[str, Tensor], base: Mapping[str, Tensor]) -> bool:
    """Return whether two sets of weights have the same shapes and are close to each other.

    Only matrices are compared, since every training initializes gains and biases alike.
    """
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in base.items()}:
        return False
    matrices = [name for name, value in base.items() if value.is_floating_point() and value.dim() > 1]
    distance = sum(float((weights[name].float() - base[name].float()).square().sum()) for name in matrices)
    length = sum(float(base[name].float().square().sum()) for name in matrices)
    return distance < MAX_FINE_TUNING_DISTANCE**2 * length


MAX_MIXTURES = 4
"""Maximum mixtures of a voice with weights in memory; each takes as much as a checkpoint."""

CheckpointShares = tuple[tuple[str, float], ...]
"""Name and share of each checkpoint, sorted by name."""

INVERSE_SUFFIX = "_inv"
"""Suffix that turns the name of a 1x1 convolution's weight into that of its inverse."""


class ModelSlot:
    """A model that mixtures share in turn: writing new weights takes a fraction of the time of building a model."""

    def __init__(self, base: LoadedConfig) -> None:
        module = build_acoustic("glow_tts", base.config, None)
        self.weights = module.state_dict()
        """The module's own tensors; writing to them changes the model."""
        self.model = GlowAcoustic(module, base.frame_rate, TorchBackend())
        self.shares: CheckpointShares = ()
        """Shares of the mixture in the slot; empty while its weights are written."""
        self.users = 0
        """Number of workers that use the slot now."""


class MixturePool:
    """The mixtures of one voice.

    Queued utterances hold no weights: a worker computes them when it starts, so that a request for a hundred degrees
    takes no more memory than one for a few. Mixtures run on PyTorch, because another backend would probably take
    longer to convert a mixture than the mixture is in use.
    """

    def __init__(self, base: LoadedConfig, load: Callable[[str], Mapping[str, Any]]) -> None:
        """Prepare the voice; `load` reads a checkpoint's file and is called once for each."""
        self.base = base
        self.load = load
        self.tokenizer = Tokenizer(base.config, base.language)
        self.trained = build_trainable_acoustic("glow_tts", base.config).to("meta")
        """Model in the layout of checkpoints, that is with weight norm; on the meta device, without weights."""
        self.norms = {
            f"{name}.weight": (name, part.parametrizations.weight[0])
            for name, part in self.trained.named_modules()
            if is_parametrized(part)
        }
        self.states: dict[str, dict[str, Tensor]] = {}
        self.checkpoints: WeakValueDictionary[CheckpointShares, LoadedCheckpoint] = WeakValueDictionary()
        """Mixtures that utterances still use, so that utterances of the same mixture can share a batch."""
        self.slots: list[ModelSlot] = []
        """Slots, most recently used last."""
        self.changed = threading.Condition()

    def make_checkpoint(self, by_name: Mapping[str, float]) -> LoadedCheckpoint:
        """Return a mixture without weights. Not thread-safe. Raises `InvalidVoice` if a file cannot be read."""
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
        """Read the weights of a checkpoint. Raises `InvalidVoice` if they belong to a different model than the base."""
        fill_weights(self.trained, self.load(name)["model"], "glow_tts", assign=True)
        return {name: value.detach() for name, value in self.trained.state_dict().items()}

    @contextmanager
    def lend(self, shares: CheckpointShares) -> Iterator[GlowAcoustic]:
        """Lend the model of a mixture; wait if all slots are in use. Thread-safe."""
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
                self.changed.notify_all()  # not `notify`: the one that wakes may fail, or share its slot with others

    def find_slot(self, shares: CheckpointShares) -> ModelSlot | None:
        """Return the slot of a mixture, a new slot, or the one idle for longest; None if all slots are in use."""
        slot = next((slot for slot in self.slots if slot.shares == shares), None)
        if slot is None and len(self.slots) < MAX_MIXTURES:
            slot = ModelSlot(self.base)
        elif slot is None:
            slot = next((slot for slot in self.slots if not slot.users), None)
        if slot is not None:
            self.slots = [*(one for one in self.slots if one is not slot), slot]
        return slot

    def write(self, slot: ModelSlot, shares: CheckpointShares) -> None:
        """Write the weights of a mixture into a slot, bit for bit those of a model built from the mixture."""
        slot.shares = ()
        for name, value in slot.weights.items():
            value.copy_(self.mix_weight(name, shares))
        slot.shares = shares

    def mix_weight(self, name: str, shares: CheckpointShares) -> Tensor:
        """Compute one weight of the inference model, in which weight norm is folded and inverses are stored."""
        if name in self.norms:
            part, norm = self.norms[name]
            originals = (f"{part}.parametrizations.weight.original{number}" for number in (0, 1))
            folded: Tensor = norm(*(self.mix_weight(original, shares) for original in originals))
            return folded
        if name.endswith(INVERSE_SUFFIX):
            return torch.inverse(self.mix_weight(name.removesuffix(INVERSE_SUFFIX), shares))
        return mix_weights([(self.states[checkpoint][name], share) for checkpoint, share in shares])


@dataclass(frozen=True, slots=True)
class Mixture:
    """Acoustic model interpolated between checkpoints; its weights are computed when it runs."""

    mixtures: MixturePool
    shares: CheckpointShares
    batch_invariant: ClassVar[bool] = False
    """See `AcousticModel.batch_invariant`: testing each mixture would take longer than batches could save."""
    leading_pause: ClassVar[bool] = GlowAcoustic.leading_pause

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        with self.mixtures.lend(self.shares) as model:
            return model.compute_mels(inputs)
