"""Token ids -> mel spectrogram: coqui's GlowTTS (arXiv 2005.11129) and Tacotron 1 and 2 (arXiv 1712.05884)."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

LONGEST_TOKEN_SECONDS = 1.5
"""No phoneme or punctuation mark lasts longer; a duration above it is a fault of the model."""
TACOTRON_SECONDS_PER_TOKEN = 0.25
"""Three times what a slow speaker needs: where a decoder still has not stopped, it never will."""
TACOTRON_MINIMUM_SECONDS = 1.5
READ_SHARE = 0.75
"""A decoder that stops before its attention passed this share of the tokens has left text out."""
RANDOM_STATE = threading.Lock()
"""Guards PyTorch's one random state, which coqui's Tacotron draws from."""


Speakers = Mapping[int, float]
"""Who speaks, as a multi-speaker model wants to know it: index -> share; empty where there is only one speaker."""


@dataclass(frozen=True, slots=True)
class Mel:
    """A mel spectrogram and what the model said about it."""

    frames: Tensor
    """(1, n_mels, T), normalised as the checkpoint's config says."""
    durations: tuple[int, ...] | None
    """Frames of each token, where the model gives them."""
    runaway: bool = False
    """The model went on far beyond what its text needs; it was cut there."""
    truncated: bool = False
    """The model stopped before it had read its text."""


class AcousticModel(Protocol):
    """What the engine asks of an acoustic model."""

    def mel(self, tokens: Sequence[int], speakers: Speakers, speed: float, seed: int) -> Mel:
        """Make the mel spectrogram of one utterance; the same arguments give the same bytes."""
        ...


class GlowAcoustic:
    """GlowTTS. The steps of coqui's `inference`, with a random state of its own and durations that are looked at."""

    def __init__(self, model: Any, frame_rate: float) -> None:
        self.model = model
        self.longest = round(LONGEST_TOKEN_SECONDS * frame_rate)

    @torch.inference_mode()
    def mel(self, tokens: Sequence[int], speakers: Speakers, speed: float, seed: int) -> Mel:
        """See `AcousticModel.mel`."""
        speaker = self.speaker_vector(speakers)
        ids, lengths = torch.tensor([tokens]), torch.tensor([len(tokens)])
        mean, log_scale, log_durations, _ = self.model.encoder(ids, lengths, g=speaker)
        predicted = torch.ceil((torch.exp(log_durations) - 1) * self.model.length_scale / speed)[0, 0]
        longest = max(1, round(self.longest / speed))
        durations = predicted.nan_to_num(longest + 1).clamp(1, longest).long()
        latent = self.sample(mean, log_scale, durations, seed)
        frames = self.decode(latent, speaker)
        runaway = not bool((predicted <= longest).all())
        return Mel(frames, tuple(durations.tolist()), runaway=runaway)

    @torch.inference_mode()
    def timed_mel(self, tokens: Sequence[int], speakers: Speakers, durations: Sequence[int], seed: int) -> Tensor:
        """The mel spectrogram (1, n_mels, T) where each token lasts so many frames; their sum T must be even."""
        speaker = self.speaker_vector(speakers)
        ids, lengths = torch.tensor([tokens]), torch.tensor([len(tokens)])
        mean, log_scale, _, _ = self.model.encoder(ids, lengths, g=speaker)
        return self.decode(self.sample(mean, log_scale, torch.tensor(durations), seed), speaker)

    def decode(self, latent: Tensor, speaker: Tensor | None) -> Tensor:
        """Through the flow, backwards: (1, n_mels, T) -> (1, n_mels, T)."""
        frames: Tensor = self.model.decoder(latent, torch.ones_like(latent[:, :1]), g=speaker, reverse=True)[0]
        return frames

    def sample(self, mean: Tensor, log_scale: Tensor, durations: Tensor, seed: int) -> Tensor:
        """Stretch the encoder's output to frames and add the flow's noise: (1, n_mels, T)."""
        mean = mean.repeat_interleave(durations, dim=2)
        log_scale = log_scale.repeat_interleave(durations, dim=2)
        if mean.shape[2] < self.model.num_squeeze:  # the flow folds frames together and needs one full fold
            missing = self.model.num_squeeze - mean.shape[2]
            mean, log_scale = F.pad(mean, (0, missing), "replicate"), F.pad(log_scale, (0, missing), "replicate")
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
        latent: Tensor = mean + torch.exp(log_scale) * noise * self.model.inference_noise_scale
        return latent

    def speaker_vector(self, speakers: Speakers) -> Tensor | None:
        """Unit vector (1, channels, 1) in the direction of the speakers' sum; None for a single speaker."""
        if not speakers:
            return None
        vectors = self.model.emb_g.weight[list(speakers)]
        unit: Tensor = F.normalize(torch.tensor([list(speakers.values())]) @ vectors)
        return unit[..., None]


class TacotronAcoustic:
    """Tacotron and Tacotron 2 through coqui's own `inference`, bounded in length and watched by its attention."""

    def __init__(self, model: Any, frame_rate: float) -> None:
        self.model = model
        self.frame_rate = frame_rate

    @torch.inference_mode()
    def mel(self, tokens: Sequence[int], speakers: Speakers, speed: float, seed: int) -> Mel:
        """See `AcousticModel.mel`; Tacotron has no durations to scale, so the mel is stretched for `speed`.

        Of several speakers the one with the largest share speaks.
        """
        steps = self.bound(len(tokens))
        speaker = torch.tensor([max(speakers, key=lambda one: speakers[one])]) if speakers else None
        # The prenet drops values at inference, from the random state that all threads share.
        with RANDOM_STATE, torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model.decoder.max_decoder_steps = steps
            outputs = self.model.inference(torch.tensor([tokens]), {"speaker_ids": speaker, "d_vectors": None})
        frames = outputs["model_outputs"].transpose(1, 2)
        runaway = outputs["stop_tokens"].shape[1] >= steps and not bool(outputs["stop_tokens"][0, -1] > 0.5)
        read = int(outputs["alignments"][0].argmax(dim=-1).max()) + 1
        truncated = not runaway and read < READ_SHARE * len(tokens)
        return Mel(stretch(frames, speed), None, runaway=runaway, truncated=truncated)

    def bound(self, tokens: int) -> int:
        """Most decoder steps that a text of so many tokens can need."""
        seconds = max(TACOTRON_MINIMUM_SECONDS, tokens * TACOTRON_SECONDS_PER_TOKEN)
        return math.ceil(seconds * self.frame_rate / int(self.model.decoder.r))


def stretch(frames: Tensor, speed: float) -> Tensor:
    """Change the number of frames by interpolation: (1, n_mels, T) -> (1, n_mels, T / speed)."""
    if speed == 1.0:
        return frames
    return F.interpolate(frames, size=max(1, round(frames.shape[2] / speed)), mode="linear")
