"""Run Neural HMM (arXiv 2108.13320) and OverFlow (arXiv 2211.06892): token ids -> mel spectrogram, one at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from app.synthesis.mel import stretch_durations
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.synthesis.models.tacotron import (
    RANDOM_STATE_LOCK,
    TACOTRON_MINIMUM_SECONDS,
    TACOTRON_SECONDS_PER_TOKEN,
    stretch,
)


class HmmAcoustic:
    """A neural HMM through coqui's `inference`, with bounded length; its states give the durations of the tokens."""

    leading_pause = False
    has_pitch = False
    batch_invariant = True
    """Each utterance is computed alone."""

    def __init__(self, model: Any, frame_rate: float) -> None:
        self.model = model
        self.frame_rate = frame_rate

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`; an autoregressive model gains nothing from a batch."""
        return [self.compute_mel(one) for one in inputs]

    @torch.inference_mode()
    def compute_mel(self, input: AcousticInput) -> Mel:
        """Compute the mel spectrogram of one utterance; it is stretched for `speed`, since states have no durations."""
        count, states = len(input.tokens), int(self.model.config.state_per_phone)
        seconds = max(TACOTRON_MINIMUM_SECONDS, count * TACOTRON_SECONDS_PER_TOKEN)
        longest = math.ceil(seconds * self.frame_rate)
        # Sampling and dropout draw from the global random state that all threads share.
        with RANDOM_STATE_LOCK, torch.random.fork_rng(devices=[]):
            torch.manual_seed(input.seed)
            self.model.max_sampling_time = longest
            outputs = self.model.inference(torch.tensor([input.tokens]), {})
        frames = outputs["model_outputs"].transpose(1, 2)
        # The last of the visited states follows the last frame.
        visited = outputs["alignments"][0].argmax(-1).numpy()
        runaway = len(visited) > longest and int(visited[-1]) < count * states
        durations = np.bincount(visited[: frames.shape[2]] // states, minlength=count)[:count]
        stretched = stretch(frames, input.speed).numpy()
        if input.speed == 1.0:
            return Mel(stretched, tuple(durations.tolist()), runaway=runaway)
        return Mel(
            stretched, stretch_durations(durations.tolist(), stretched.shape[2] / frames.shape[2]), runaway=runaway
        )
