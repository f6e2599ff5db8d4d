"""Interpolate between checkpoints fine-tuned from one base, when a worker needs the model and in bounded memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from weakref import WeakValueDictionary

import numpy as np

from app.errors import InvalidVoice
from app.inference import AnyArray, Array
from app.synthesis.models.acoustic import AcousticInput, LoadedCheckpoint, Mel, SpeakerShares
from app.synthesis.models.parallel import VitsModel
from app.synthesis.models.vocoders import GeneratorVocoder, Vocoder
from app.synthesis.networks import MixedModel, MixtureNetworks
from app.types import Emotion

EmotionWeights = Mapping[Emotion, float]
"""Weight of each emotion. They sum to 1; neutral's is negative if an emotion is extrapolated (degree above 1)."""


def interpolate(blend: Mapping[Emotion, float], degree: float) -> dict[Emotion, float]:
    """Compute weights on the line from neutral through the blend: degree 0 is neutral, 1 the blend, 2 twice as far."""
    shares = {Emotion.NEUTRAL: 1 - degree}
    for emotion, weight in blend.items():
        shares[emotion] = shares.get(emotion, 0.0) + degree * weight
    return {emotion: share for emotion, share in shares.items() if share != 0}


def mix_weights(weights: Sequence[tuple[AnyArray, float]]) -> Array:
    """Sum an array of several checkpoints, weighted by share, in float32; integers are taken from the first."""
    first, share = weights[0]
    if not np.issubdtype(first.dtype, np.floating):
        return first
    total = np.multiply(first, np.float32(share), dtype=np.float32)
    for weight, share in weights[1:]:
        total += np.multiply(weight, np.float32(share), dtype=np.float32)
    return total


MAX_FINE_TUNING_DISTANCE = 0.5
"""Maximum distance of a fine-tuned model from its base, relative to the norm of the base's weights. Models trained from
different random initializations are 1.4 apart, like random directions; fine-tuning moves one by a few hundredths."""


POSITIONS = "pos_encoder.pe"
"""End of the name of coqui's table of positions, which is the same in every model."""


def is_fine_tuned_from(weights: Mapping[str, AnyArray], base: Mapping[str, AnyArray]) -> bool:
    """Return whether two sets of weights have the same shapes and are close to each other.

    Only matrices are compared, since every training initializes gains and biases alike.
    """
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in base.items()}:
        return False
    matrices = [
        name
        for name, value in base.items()
        if np.issubdtype(value.dtype, np.floating) and value.ndim > 1 and not name.endswith(POSITIONS)
    ]
    distance = sum(float(np.square(weights[name].astype("f") - base[name].astype("f")).sum()) for name in matrices)
    length = sum(float(np.square(base[name].astype("f")).sum()) for name in matrices)
    return distance < MAX_FINE_TUNING_DISTANCE**2 * length


MAX_MIXTURES = 4
"""Maximum mixtures of a voice with weights in memory; each takes as much as a checkpoint."""

CheckpointShares = tuple[tuple[str, float], ...]
"""Name and share of each checkpoint, sorted by name."""

INVERSE_SUFFIX = "_inv"
"""Suffix that turns the name of a 1x1 convolution's weight into that of its inverse."""
GAIN, DIRECTION = "parametrizations.weight.original0", "parametrizations.weight.original1"
"""Names of the two parts of a weight with weight norm."""
FORMER_NAMES = {"weight_g": GAIN, "weight_v": DIRECTION}
"""Names that PyTorch gave to these parts before version 2.0."""


@dataclass(slots=True, eq=False)
class ModelSlot:
    """A place for the weights of a mixture, which mixtures take in turn."""

    shares: CheckpointShares = ()
    """Shares of the mixture in the slot; empty while its weights are computed."""
    model: MixedModel | None = None
    users: int = 0
    """Number of workers that use the slot now."""


class MixturePool:
    """The mixtures of one voice.

    Queued utterances hold no weights: a worker computes them when it starts, so that a request for a hundred degrees
    takes no more memory than one for a few. The networks of all mixtures are the same, with weights as inputs, because
    a backend takes longer to compile a mixture than the mixture is in use.
    """

    def __init__(
        self, base: LoadedCheckpoint, networks: MixtureNetworks, load: Callable[[str], Mapping[str, Array]]
    ) -> None:
        """Prepare the voice; `load` reads a checkpoint's weights and is called once for each."""
        assert isinstance(base.model, MixedModel)
        self.base = base
        self.model = base.model
        self.networks = networks
        self.load = load
        self.states: dict[str, dict[str, Array]] = {}
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
            found = LoadedCheckpoint(self.base.tokenizer, Mixture(self, shares), self.base.speakers)
            self.checkpoints[shares] = found
        return found

    def read(self, name: str) -> dict[str, Array]:
        """Read the weights of a checkpoint. Raises `InvalidVoice` if they belong to a different model than the base."""
        state = {rename_weight(weight): value for weight, value in self.load(name).items()}
        for weight, shape in (pair for shapes in self.networks.weights for pair in shapes.items()):
            sources = find_sources(weight, state)
            if not sources or list(state[sources[-1]].shape) != list(shape):
                raise InvalidVoice(
                    f"The weights of the checkpoint {name} cannot be mixed with those of its base: "
                    f"{weight} is missing, or has another shape than {list(shape)}."
                )
        return state

    @contextmanager
    def lend(self, shares: CheckpointShares) -> Iterator[MixedModel]:
        """Lend the model of a mixture; wait if all slots are in use. Thread-safe."""
        with self.changed:
            while (slot := self.find_slot(shares)) is None:
                self.changed.wait()
            if slot.shares != shares:
                self.write(slot, shares)
            model = slot.model
            assert model is not None
            slot.users += 1
        try:
            yield model
        finally:
            with self.changed:
                slot.users -= 1
                self.changed.notify_all()  # not `notify`: the one that wakes may fail, or share its slot with others

    def find_slot(self, shares: CheckpointShares) -> ModelSlot | None:
        """Return the slot of a mixture, a new slot, or the one idle for longest; None if all slots are in use."""
        slot = next((slot for slot in self.slots if slot.shares == shares), None)
        if slot is None and len(self.slots) < MAX_MIXTURES:
            slot = ModelSlot()
        elif slot is None:
            slot = next((slot for slot in self.slots if not slot.users), None)
        if slot is not None:
            self.slots = [*(one for one in self.slots if one is not slot), slot]
        return slot

    def write(self, slot: ModelSlot, shares: CheckpointShares) -> None:
        """Compute the weights of a mixture for a slot."""
        slot.shares, slot.model = (), None  # so that the memory of the old weights is free
        base = self.model.design.speakers
        speakers = None if base is None else self.mix_weight("emb_g.weight", shares)
        slot.model = self.make_model(speakers, lambda name, _: self.mix_weight(name, shares))
        slot.shares = shares

    def make_blank(self) -> MixedModel:
        """Return a model without weights, with which the networks can be run before there is a mixture."""
        return self.make_model(self.model.design.speakers, lambda _, shape: np.zeros(shape, np.float32))

    def make_model(self, speakers: Array | None, weigh: Callable[[str, Sequence[int]], Array]) -> MixedModel:
        """Return a model; `weigh` returns a weight of a name and a shape."""
        pairs = zip(self.networks.networks, self.networks.weights, strict=True)
        networks = [partial(network, *(weigh(*weight) for weight in shapes.items())) for network, shapes in pairs]
        return self.model.with_networks(speakers, *networks)

    def mix_weight(self, name: str, shares: CheckpointShares) -> Array:
        """Compute one weight of the inference model, in which weight norm is folded and inverses are stored."""
        mixed = [
            mix_weights([(self.states[checkpoint][source], share) for checkpoint, share in shares])
            for source in find_sources(name, self.states[shares[0][0]])
        ]
        if len(mixed) == 2:
            gain, direction = mixed
            rows = direction.reshape(len(direction), -1)
            norm = np.sqrt(np.einsum("oi,oi->o", rows, rows)).reshape(gain.shape)
            direction *= gain / norm
            return direction
        return np.linalg.inv(mixed[0]) if name.endswith(INVERSE_SUFFIX) else mixed[0]


def find_sources(name: str, state: Mapping[str, AnyArray]) -> tuple[str, ...]:
    """Return the weights of a checkpoint from which a weight of the inference model follows; none if it lacks them.

    They are the same weight, the weight of which it is the inverse, or the gain and direction of a folded weight.
    """
    same = name if name in state else name.removesuffix(INVERSE_SUFFIX)
    if same in state:
        return (same,)
    part = name.removesuffix("weight")
    return (part + GAIN, part + DIRECTION) if part + GAIN in state else ()


def rename_weight(name: str) -> str:
    """Return PyTorch's present name of a weight."""
    part, dot, last = name.rpartition(".")
    return part + dot + FORMER_NAMES.get(last, last)


@dataclass(frozen=True, slots=True)
class Mixture:
    """Acoustic model interpolated between checkpoints; its weights are computed when it runs."""

    mixtures: MixturePool
    shares: CheckpointShares
    batch_invariant: ClassVar[bool] = False
    """See `AcousticModel.batch_invariant`: testing each mixture would take longer than batches could save."""

    @property
    def leading_pause(self) -> bool:
        """See `AcousticModel.leading_pause`."""
        return self.mixtures.model.leading_pause

    @property
    def has_pitch(self) -> bool:
        """See `AcousticModel.has_pitch`."""
        return self.mixtures.model.has_pitch

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        with self.mixtures.lend(self.shares) as model:
            return model.compute_mels(inputs)

    def make_decoder(self, speakers: SpeakerShares) -> Vocoder:
        """See `EndToEndModel.make_decoder`; a slot is lent for each chunk, so that none waits for the next."""
        assert isinstance(self.mixtures.model, VitsModel)

        def generate(latents: Array) -> tuple[AnyArray, ...]:
            with self.mixtures.lend(self.shares) as model:
                assert isinstance(model, VitsModel)
                return model.generate(latents, *model.design.embed_for_decoder(speakers))

        return GeneratorVocoder(generate, self.mixtures.model.generator)
