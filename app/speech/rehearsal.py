"""Running a voice's networks at the usual lengths before anybody waits: a backend prepares itself for each length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch

from app.speech.chunks import FRAME_STEP
from app.speech.glow import TOKEN_STEP, GlowAcoustic
from app.speech.loading import Speaker
from app.speech.vocoder import Vocoder

TOKENS = range(TOKEN_STEP, 97, TOKEN_STEP)
FRAMES = range(4 * FRAME_STEP, 321, FRAME_STEP)
"""One to four seconds. Others are rarer, and the few milliseconds that they wait the first time do not show."""
SILENCE = -5.0
"""A value of mel spectrograms; what is rehearsed is heard by nobody."""


def rehearse(speakers: Sequence[Speaker], workers: int) -> None:
    """Have each worker's share of the networks meet every length once; only GlowTTS pads its lengths to a few."""
    models = {id(one.checkpoint.model): one for one in speakers}
    mels = 0
    with ThreadPoolExecutor(workers) as pool:

        def repeat(rehearsal: Callable[[int], None], lengths: range) -> None:
            for length in lengths:
                list(pool.map(rehearsal, [length] * workers))

        for speaker in models.values():
            model = speaker.checkpoint.model
            if isinstance(model, GlowAcoustic):
                repeat(encoding(model, speaker), TOKENS)
                repeat(decoding(model, speaker), FRAMES)
                mels = model.model.out_channels
        if mels:
            for vocoder in {id(one.vocoder): one.vocoder for one in speakers}.values():
                repeat(vocoding(vocoder, mels), FRAMES)


def encoding(model: GlowAcoustic, speaker: Speaker) -> Callable[[int], None]:
    """Encode so many tokens."""

    def rehearsal(tokens: int) -> None:
        model.encoded([[0] * tokens], model.speaker_vectors([speaker.speakers]))

    return rehearsal


def decoding(model: GlowAcoustic, speaker: Speaker) -> Callable[[int], None]:
    """Decode so many frames."""

    def rehearsal(frames: int) -> None:
        model.decoded([torch.zeros(model.model.out_channels, frames)], model.speaker_vectors([speaker.speakers]))

    return rehearsal


def vocoding(vocoder: Vocoder, mels: int) -> Callable[[int], None]:
    """Vocode so many frames."""

    def rehearsal(frames: int) -> None:
        for _ in vocoder.chunks(torch.full((1, mels, frames), SILENCE), 0, soon=False):
            pass

    return rehearsal
