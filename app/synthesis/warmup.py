"""Run a voice's networks before the requests, and choose the backend: as configured, or the fastest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.inference import Backend, ExampleInputs, LazyModule, Network, UncachedBackend
from app.inference.graph_cache import GraphCache, describe_processor, make_graph_key
from app.inference.selection import FallbackBackend, choose_fastest, list_backends, make_backend
from app.synthesis.interpolation import MixturePool
from app.synthesis.loader import Loader, Speaker
from app.synthesis.mel import FRAME_STEP
from app.synthesis.models.acoustic import TOKEN_STEP
from app.synthesis.models.glow import GlowAcoustic
from app.synthesis.models.vocoders import Vocoder
from app.types import Emotion
from app.voices import Voice

if TYPE_CHECKING:
    from torch import nn

TOKEN_COUNTS = range(TOKEN_STEP, 97, TOKEN_STEP)
FRAME_COUNTS = range(4 * FRAME_STEP, 321, FRAME_STEP)
"""One to four seconds. Other lengths are rarer, and the few milliseconds of their first run do not matter."""
SILENT_MEL = -5.0
"""A plausible value of mel spectrograms; the warm-up audio is discarded."""


def warm_up(speakers: Sequence[Speaker], mixtures: MixturePool | None, workers: int) -> None:
    """Run every network of GlowTTS, and the vocoders after it, once per worker.

    Other models prepare themselves at their first requests.
    """
    models = find_models(speakers)
    blank = mixtures.make_blank() if mixtures else None
    if isinstance(blank, GlowAcoustic):
        models.append(blank)
    with ThreadPoolExecutor(workers) as pool:
        for model in models:
            list(pool.map(make_encoding_run(model), [TOKEN_COUNTS[-1]] * workers))
            list(pool.map(make_decoding_run(model), [FRAME_COUNTS[-1]] * workers))
        for vocoder in find_vocoders(speakers) if models else ():
            list(pool.map(make_vocoding_run(vocoder, models[0].design.mels), [FRAME_COUNTS[-1]] * workers))


def list_lengths(speakers: Sequence[Speaker]) -> Iterator[Callable[[], None]]:
    """Yield functions that run the networks of one model, and the vocoders, at the other usual lengths.

    OpenVINO generates some code for each length, whatever the weights are. Only GlowTTS pads its lengths to a few.
    """
    for model in find_models(speakers)[:1]:
        yield from (partial(make_encoding_run(model), tokens) for tokens in TOKEN_COUNTS[:-1])
        runs = [make_vocoding_run(vocoder, model.design.mels) for vocoder in find_vocoders(speakers)]
        for run in (make_decoding_run(model), *runs):
            yield from (partial(run, frames) for frames in FRAME_COUNTS[:-1])


def find_models(speakers: Sequence[Speaker]) -> list[GlowAcoustic]:
    """Return the different models of GlowTTS."""
    models = (model for one in speakers if isinstance(model := one.checkpoint.model, GlowAcoustic))
    return list({id(model): model for model in models}.values())


def find_vocoders(speakers: Sequence[Speaker]) -> list[Vocoder]:
    """Return the different vocoders."""
    return list({id(one.vocoder): one.vocoder for one in speakers}.values())


def make_encoding_run(model: GlowAcoustic) -> Callable[[int], None]:
    """Return a function that encodes a number of tokens."""

    def run(tokens: int) -> None:
        model.encode_tokens([[0] * tokens], model.embed_speakers([{}]))

    return run


def make_decoding_run(model: GlowAcoustic) -> Callable[[int], None]:
    """Return a function that decodes a number of frames."""

    def run(frames: int) -> None:
        latent = np.zeros((model.design.mels, frames), np.float32)
        model.decode_latents([latent], model.embed_speakers([{}]))

    return run


def make_vocoding_run(vocoder: Vocoder, mels: int) -> Callable[[int], None]:
    """Return a function that vocodes a number of frames."""

    def run(frames: int) -> None:
        for _ in vocoder.generate_chunks(np.full((1, mels, frames), SILENT_MEL, np.float32), 0, low_latency=False):
            pass

    return run


MEASURED_FRAMES = 192
"""About two seconds of speech."""


def choose_backend(
    setting: str, voice: Voice, graph_cache: Path, workers: int, threads: int, device: str = "auto"
) -> Backend:
    """Return the backend of a setting; "auto" takes the fastest on a voice's vocoder, which is most of the work.

    A processor is measured once: the choice is kept in the cache of graphs.
    """

    def make(name: str) -> Backend:
        return make_backend(name, graph_cache, workers, threads, device)

    def measure() -> str:
        return choose_fastest([make(name) for name in names], module, example, MEASURED_FRAMES).name

    if setting == "auto":
        names = list_backends(device)
        setting = names[0]
        if len(names) > 1:
            probe = RecordingBackend()
            Loader(voice, probe).load_largest(voice.manifest.emotions[Emotion.NEUTRAL])
            module, example = probe.modules[0]
            assert isinstance(module, LazyModule)
            key = make_graph_key("fastest backend", names, threads, describe_processor(), module.key)
            setting = GraphCache(graph_cache).recall(key, measure)
    return FallbackBackend(make(setting))


class RecordingBackend(UncachedBackend):
    """Backend that runs nothing and records the modules it is given."""

    name = "probe"

    def __init__(self) -> None:
        self.modules: list[tuple[nn.Module | LazyModule, ExampleInputs]] = []

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        """Record the module and its example; the returned network is never called."""
        self.modules.append((module, example))
        return lambda *inputs: inputs
