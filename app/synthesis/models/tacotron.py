"""Run Tacotron and Tacotron 2 (arXiv 1712.05884): token ids -> mel spectrogram, one utterance at a time."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from app.synthesis.models.acoustic import AcousticInput, Mel

TACOTRON_SECONDS_PER_TOKEN = 0.25
"""Three times what a slow speaker needs: a decoder that has not stopped by then never will."""
TACOTRON_MINIMUM_SECONDS = 1.5
MIN_READ_SHARE = 0.75
"""A decoder that stops before its attention reaches this share of the tokens has skipped text."""
MAX_ATTEMPTS = 3
"""Maximum attempts to decode: another draw of the prenet's dropout, which the paper keeps at inference, often works."""
RANDOM_STATE_LOCK = threading.Lock()
"""Guards PyTorch's global random state, from which coqui's Tacotron draws."""


class TacotronAcoustic:
    """Tacotron through coqui's `inference`, with bounded length and faults detected from the attention."""

    leading_pause = False
    """Its attention must find the first token by itself, and no recording in its training begins with a mark."""
    has_pitch = False

    def __init__(self, model: Any, frame_rate: float) -> None:
        self.model = model
        self.frame_rate = frame_rate
        self.dropout = bool(model.decoder.prenet.dropout_at_inference)
        # The last layer of a Tacotron makes linear spectrograms of its mel spectrograms, which no vocoder takes.
        self.output = "decoder_outputs" if hasattr(model, "last_linear") else "model_outputs"
        self.batch_invariant = True

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`; an autoregressive decoder gains nothing from a batch."""
        return [self.compute_mel(one) for one in inputs]

    def compute_mel(self, input: AcousticInput) -> Mel:
        """Compute the mel spectrogram of one utterance; if every attempt fails, return the first."""
        first = self.attempt(input, 0)
        mel, number = first, 1
        while has_failed(mel) and number < MAX_ATTEMPTS:
            mel, number = self.attempt(input, number), number + 1
        return first if has_failed(mel) else mel

    @torch.inference_mode()
    def attempt(self, input: AcousticInput, number: int) -> Mel:
        """Decode once; attempts after the first (0) use prenet dropout even if the config disables it.

        Tacotron has no durations to scale, so the mel spectrogram is stretched for `speed`. Of several speakers, the
        one with the largest share is used.
        """
        steps, shares = self.limit_steps(len(input.tokens)), input.speakers
        speaker = torch.tensor([max(shares, key=lambda one: shares[one])]) if shares else None
        # The prenet's dropout draws from the global random state that all threads share.
        with RANDOM_STATE_LOCK, torch.random.fork_rng(devices=[]):
            torch.manual_seed(input.seed ^ number)
            self.model.decoder.max_decoder_steps = steps
            self.model.decoder.prenet.dropout_at_inference = self.dropout or number > 0
            outputs = self.model.inference(torch.tensor([input.tokens]), {"speaker_ids": speaker, "d_vectors": None})
        frames = outputs[self.output].transpose(1, 2)
        runaway = outputs["stop_tokens"].shape[1] >= steps and not bool(outputs["stop_tokens"][0, -1] > 0.5)
        read = int(outputs["alignments"][0].argmax(dim=-1).max()) + 1
        truncated = not runaway and read < MIN_READ_SHARE * len(input.tokens)
        return Mel(stretch(frames, input.speed).numpy(), None, runaway=runaway, truncated=truncated)

    def limit_steps(self, tokens: int) -> int:
        """Return the maximum number of decoder steps for a number of tokens."""
        seconds = max(TACOTRON_MINIMUM_SECONDS, tokens * TACOTRON_SECONDS_PER_TOKEN)
        return math.ceil(seconds * self.frame_rate / int(self.model.decoder.r))


def has_failed(mel: Mel) -> bool:
    """Return whether a decoder did not stop or skipped text."""
    return mel.runaway or mel.truncated


def stretch(frames: Tensor, speed: float) -> Tensor:
    """Change the number of frames by interpolation: (1, n_mels, T) -> (1, n_mels, T / speed)."""
    if speed == 1.0:
        return frames
    return F.interpolate(frames, size=max(1, round(frames.shape[2] / speed)), mode="linear")
