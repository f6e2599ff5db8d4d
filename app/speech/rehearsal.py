"""Running a voice's networks at the usual lengths before anybody waits: a backend prepares itself for each length."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import torch

from app.speech.chunks import FRAME_STEP
from app.speech.glow import TOKEN_STEP, GlowAcoustic
from app.speech.loading import Speaker

LONGEST_TOKENS = 160
LONGEST_FRAMES = 512
"""About seven seconds; longer utterances are rare, and the few milliseconds that they wait do not show."""


def rehearse(speaker: Speaker, workers: int) -> None:
    """Have each worker's share of the networks meet every length once; only GlowTTS pads its lengths to a few."""
    model = speaker.checkpoint.model
    if not isinstance(model, GlowAcoustic):
        return

    def tokens(count: int) -> None:
        model.encoded([[0] * count], model.speaker_vectors([speaker.speakers]))

    def frames(count: int) -> None:
        mel = torch.zeros(model.model.out_channels, count)
        model.decoded([mel], model.speaker_vectors([speaker.speakers]))

    def samples(count: int) -> None:
        for _ in speaker.vocoder.chunks(torch.full((1, model.model.out_channels, count), -5.0), 0, soon=False):
            pass

    with ThreadPoolExecutor(workers) as pool:
        for rehearsal, step, longest in (
            (tokens, TOKEN_STEP, LONGEST_TOKENS),
            (frames, FRAME_STEP, LONGEST_FRAMES),
            (samples, FRAME_STEP, LONGEST_FRAMES),
        ):
            for count in range(step, longest + 1, step):
                list(pool.map(rehearsal, [count] * workers))
