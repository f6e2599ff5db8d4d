"""Which backend a service speaks with: the one that its settings name, or the fastest on its own vocoder."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from app.backends import Backend, Example, Network
from app.backends.choice import candidates, fastest, make_backend
from app.backends.fallback import FallbackBackend
from app.plan import Emotion
from app.speech.loading import Loader
from app.voices import Voice

MEASURED_FRAMES = 192
"""About two seconds of speech."""


def choose_backend(
    setting: str, voice: Voice, graph_cache: Path, workers: int, threads: int, device: str = "auto"
) -> Backend:
    """The backend of a setting; "auto" measures each on the network of a voice's vocoder, which is most of the work."""
    if setting != "auto":
        return FallbackBackend(make_backend(setting, graph_cache, workers, threads, device))
    probe = Probe()
    Loader(voice, probe).vocoder(voice.manifest.emotions[Emotion.NEUTRAL].vocoder)
    module, example = probe.asked[0]
    found = candidates(graph_cache, workers, threads, device)
    return FallbackBackend(fastest(found, module, example, MEASURED_FRAMES))


class Probe:
    """Looks like a backend and remembers what it was asked to run."""

    name = "probe"

    def __init__(self) -> None:
        self.asked: list[tuple[nn.Module, Example]] = []

    def compile(self, module: nn.Module, example: Example, precise: bool = False) -> Network:
        """See `Backend.compile`; the network is never called."""
        self.asked.append((module, example))
        return module
