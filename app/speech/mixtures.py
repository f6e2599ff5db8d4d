"""Models between checkpoints that descend from one base: made when a worker needs them, and few at a time."""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from weakref import WeakValueDictionary

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

from app.backends.torch import TorchBackend
from app.speech.acoustic import Asked, Mel
from app.speech.checkpoint import LoadedCheckpoint, LoadedConfig
from app.speech.coqui import build_acoustic, fill, new_acoustic
from app.speech.glow import GlowAcoustic
from app.speech.mixing import mix_weights
from app.speech.tokens import Tokenizer

MOST_MIXTURES = 4
"""Models of a voice that are kept; each is as large as a checkpoint."""

CheckpointShares = tuple[tuple[str, float], ...]
"""How much of each checkpoint, sorted by their names."""

INVERSE = "_inv"
"""Ending of a 1x1 convolution's inverse, which is computed from the weight of the name before it."""


class Template:
    """A GlowTTS without weights: to fill a copy of it takes a fraction of the time of building another one."""

    def __init__(self, config: Any) -> None:
        self.trained = new_acoustic("glow_tts", config).to("meta")
        """As checkpoints are laid out: with weight norm."""
        self.inferring = build_acoustic("glow_tts", config, None).to("meta")
        self.norms = {
            name: part.parametrizations.weight[0]
            for name, part in self.trained.named_modules()
            if is_parametrized(part)
        }

    def fit(self, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights of a checkpoint by today's names. Raises `InvalidVoice` if they are of another model."""
        fill(self.trained, weights, "glow_tts", assign=True)
        return {name: value.detach() for name, value in self.trained.state_dict().items()}

    def filled(self, weights: Mapping[str, Tensor]) -> nn.Module:
        """Return a model with the same bits as one that is built with these weights."""
        original = "{}.parametrizations.weight.original{}"
        folded = {
            f"{name}.weight": norm(weights[original.format(name, 0)], weights[original.format(name, 1)])
            for name, norm in self.norms.items()
        }
        names = self.inferring.state_dict()
        inverses = {
            name: torch.inverse(weights[name.removesuffix(INVERSE)]) for name in names if name.endswith(INVERSE)
        }
        known = {**weights, **folded, **inverses}
        config = self.inferring.config
        model = copy.deepcopy(self.inferring, {id(config): config})
        model.load_state_dict({name: known[name] for name in names}, assign=True)
        return model


class Mixtures:
    """The mixtures of one voice.

    What waits holds no weights: a worker has the model made when it begins, so that there are never more than the few
    that are kept and one for each worker, whatever is requested. They run on PyTorch itself: another backend would
    convert each for longer than it is likely to speak.
    """

    def __init__(self, base: LoadedConfig, load: Callable[[str], Mapping[str, Any]]) -> None:
        """`load` reads a checkpoint's file; it is called once for each."""
        self.base = base
        self.load = load
        self.template = Template(base.config)
        self.tokenizer = Tokenizer(base.config, base.language)
        self.states: dict[str, dict[str, Tensor]] = {}
        self.checkpoints: WeakValueDictionary[CheckpointShares, LoadedCheckpoint] = WeakValueDictionary()
        """Only as long as an utterance needs them: those that are spoken with the same one may share a batch."""
        self.models: OrderedDict[CheckpointShares, GlowAcoustic] = OrderedDict()
        self.making = threading.Lock()

    def checkpoint(self, by_name: Mapping[str, float]) -> LoadedCheckpoint:
        """Return a mixture without weights; one call at a time. Raises `InvalidVoice` if a file cannot be read."""
        shares = tuple(sorted(by_name.items()))
        for name in by_name:
            if name not in self.states:
                self.states[name] = self.template.fit(self.load(name)["model"])
        found = self.checkpoints.get(shares)
        if found is None:
            found = LoadedCheckpoint(self.tokenizer, Mixture(self, shares), self.base.speakers)
            self.checkpoints[shares] = found
        return found

    def model(self, shares: CheckpointShares) -> GlowAcoustic:
        """Return the model of a mixture: one of the latest, or a new one. Safe between threads."""
        with self.making:
            if shares not in self.models:
                if len(self.models) == MOST_MIXTURES:
                    self.models.popitem(last=False)
                mixed = mix_weights({name: self.states[name] for name, _ in shares}, dict(shares))
                self.models[shares] = GlowAcoustic(self.template.filled(mixed), self.base.frame_rate, TorchBackend())
            self.models.move_to_end(shares)
            return self.models[shares]


@dataclass(frozen=True, slots=True)
class Mixture:
    """An acoustic model between checkpoints, whose weights are made when it is to speak."""

    mixtures: Mixtures
    shares: CheckpointShares
    exact: ClassVar[bool] = False
    """See `AcousticModel.exact`: to try it for each mixture would take longer than batches could save."""

    def mels(self, asked: Sequence[Asked]) -> list[Mel]:
        """See `AcousticModel.mels`."""
        return self.mixtures.model(self.shares).mels(asked)
