"""Run a voice's networks before the first request, and choose the backend: as configured, or the fastest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from torch import nn

from app.inference import Backend, ExampleInputs, Network
from app.inference.selection import FallbackBackend, choose_fastest, list_backends, make_backend
from app.synthesis.loader import Loader, Speaker
from app.synthesis.mel import FRAME_STEP
from app.synthesis.models.glow import TOKEN_STEP, GlowAcoustic
from app.synthesis.models.vocoders import Vocoder
from app.types import Emotion
from app.voices import Voice

TOKEN_COUNTS = range(TOKEN_STEP, 97, TOKEN_STEP)
FRAME_COUNTS = range(4 * FRAME_STEP, 321, FRAME_STEP)
"""One to four seconds. Other lengths are rarer, and the few milliseconds of their first run do not matter."""
SILENT_MEL = -5.0
"""A plausible value of mel spectrograms; the warm-up audio is discarded."""


def warm_up(speakers: Sequence[Speaker], workers: int) -> None:
    """Run the networks once per worker at every length; only GlowTTS pads its lengths to a few."""
    models = {id(one.checkpoint.model): one for one in speakers}
    mels = 0
    with ThreadPoolExecutor(workers) as pool:

        def repeat(run: Callable[[int], None], lengths: range) -> None:
            for length in lengths:
                list(pool.map(run, [length] * workers))

        for speaker in models.values():
            model = speaker.checkpoint.model
            if isinstance(model, GlowAcoustic):
                repeat(make_encoding_run(model, speaker), TOKEN_COUNTS)
                repeat(make_decoding_run(model, speaker), FRAME_COUNTS)
                mels = model.model.out_channels
        if mels:
            for vocoder in {id(one.vocoder): one.vocoder for one in speakers}.values():
                repeat(make_vocoding_run(vocoder, mels), FRAME_COUNTS)


def make_encoding_run(model: GlowAcoustic, speaker: Speaker) -> Callable[[int], None]:
    """Return a function that encodes a number of tokens."""

    def run(tokens: int) -> None:
        model.encode_tokens([[0] * tokens], model.embed_speakers([speaker.speakers]))

    return run


def make_decoding_run(model: GlowAcoustic, speaker: Speaker) -> Callable[[int], None]:
    """Return a function that decodes a number of frames."""

    def run(frames: int) -> None:
        model.decode_latents([torch.zeros(model.model.out_channels, frames)], model.embed_speakers([speaker.speakers]))

    return run


def make_vocoding_run(vocoder: Vocoder, mels: int) -> Callable[[int], None]:
    """Return a function that vocodes a number of frames."""

    def run(frames: int) -> None:
        for _ in vocoder.generate_chunks(torch.full((1, mels, frames), SILENT_MEL), 0, low_latency=False):
            pass

    return run


MEASURED_FRAMES = 192
"""About two seconds of speech."""


def choose_backend(
    setting: str, voice: Voice, graph_cache: Path, workers: int, threads: int, device: str = "auto"
) -> Backend:
    """Return the backend of a setting; "auto" takes the fastest on a voice's vocoder, which is most of the work."""
    if setting != "auto":
        return FallbackBackend(make_backend(setting, graph_cache, workers, threads, device))
    probe = RecordingBackend()
    Loader(voice, probe).load_vocoder(voice.manifest.emotions[Emotion.NEUTRAL].vocoder)
    module, example = probe.modules[0]
    found = list_backends(graph_cache, workers, threads, device)
    return FallbackBackend(choose_fastest(found, module, example, MEASURED_FRAMES))


class RecordingBackend:
    """Backend that runs nothing and records the modules it is given."""

    name = "probe"

    def __init__(self) -> None:
        self.modules: list[tuple[nn.Module, ExampleInputs]] = []

    def compile(self, module: nn.Module, example: ExampleInputs, precise: bool = False) -> Network:
        """Record the module and its example; the returned network is never called."""
        self.modules.append((module, example))
        return module
