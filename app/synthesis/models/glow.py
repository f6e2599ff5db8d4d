"""Run GlowTTS (arXiv 2005.11129): token ids -> mel spectrograms, several utterances at a time.

The steps are those of coqui's `inference`, but each utterance has a random state of its own, durations are checked, and
lengths are padded to a few sizes. Encoder and decoder mask the padding, so an utterance is the same in any batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from app.inference import Backend
from app.synthesis.mel import pad_to_multiple, split_frames
from app.synthesis.models.acoustic import AcousticInput, Mel, SpeakerShares

MAX_TOKEN_SECONDS = 1.5
"""Maximum duration of a phoneme or punctuation mark; a longer one is a fault of the model."""
PROBE_TOKENS = (35, 41, 44, 48)
"""Lengths of the utterances that test whether each has the same bits in a batch as alone."""
MAX_DECODER_FRAMES = 3072
"""Maximum frames of all utterances in one decoder call, which takes about 7 KB of memory for each; a backend may keep
that memory. A batch of sentences at their usual speed has fewer frames."""
TOKEN_STEP = 16
"""Numbers of tokens are padded to a multiple of this."""


class GlowEncoder(nn.Module):
    """coqui's encoder and duration predictor."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, ids: Tensor, lengths: Tensor, speaker: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Map ids (B, tokens), lengths (B,) and speaker (B, channels, 1) to mean, log scale and log durations.

        Mean and log scale are (B, n_mels, tokens), log durations (B, 1, tokens).
        """
        mean, log_scale, log_durations, _ = self.encoder(ids, lengths, g=speaker)
        return mean, log_scale, log_durations


class GlowDecoder(nn.Module):
    """coqui's flow-based decoder in the inverse direction."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder = model.decoder

    def forward(self, latent: Tensor, mask: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Map latent (B, n_mels, T), mask (B, 1, T), speaker (B, channels, 1) -> mel spectrogram (B, n_mels, T)."""
        mel: Tensor = self.decoder(latent, mask, g=speaker, reverse=True)[0]
        return mel


class GlowAcoustic:
    """GlowTTS with the engine's interface, see `AcousticModel`."""

    leading_pause = True

    def __init__(self, model: Any, frame_rate: float, backend: Backend) -> None:
        self.model = model
        self.longest = round(MAX_TOKEN_SECONDS * frame_rate)
        self.speakers: Tensor | None = model.emb_g.weight.detach() if hasattr(model, "emb_g") else None
        channels = () if self.speakers is None else (self.speakers.shape[1],)
        mels = model.out_channels

        def tokens(batch: int, length: int) -> tuple[Tensor, ...]:
            ids, lengths = torch.zeros(batch, length, dtype=torch.long), torch.full((batch,), length)
            return ids, lengths, *(torch.zeros(batch, size, 1) for size in channels)

        def frames(batch: int, length: int) -> tuple[Tensor, ...]:
            speaker = (torch.zeros(batch, size, 1) for size in channels)
            return torch.zeros(batch, mels, length), torch.ones(batch, 1, length), *speaker

        # In float32: durations are rounded up to whole frames, so a small error would add a frame.
        self.encode = backend.compile(GlowEncoder(model), tokens, precise=True)
        self.decode = backend.compile(GlowDecoder(model), frames)

    @cached_property
    def batch_invariant(self) -> bool:
        """See `AcousticModel.batch_invariant`."""
        ids = range(1, self.model.encoder.emb.num_embeddings)
        speakers: list[SpeakerShares] = [{}] if self.speakers is None else [{n: 1.0} for n in range(len(self.speakers))]
        inputs = [
            AcousticInput(
                [ids[(7 * place + row) % len(ids)] for place in range(count)], speakers[row % len(speakers)], 1.0, row
            )
            for row, count in enumerate(PROBE_TOKENS)
        ]
        alone = [self.compute_mels([one])[0] for one in inputs]
        pairs = zip(alone, self.compute_mels(inputs), strict=True)
        return all(torch.equal(one.frames, other.frames) for one, other in pairs)

    @torch.inference_mode()
    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        speaker = self.embed_speakers([one.speakers for one in inputs])
        encoded = self.encode_tokens([one.tokens for one in inputs], speaker)
        expanded = [
            self.expand_to_frames(one, mean, log_scale, log_durations[0])
            for one, (mean, log_scale, log_durations) in zip(inputs, encoded, strict=True)
        ]
        frames = self.decode_latents([latent for latent, _, _ in expanded], speaker)
        return [
            Mel(mel, tuple(durations.tolist()), runaway=runaway)
            for mel, (_, durations, runaway) in zip(frames, expanded, strict=True)
        ]

    @torch.inference_mode()
    def compute_timed_mel(
        self, tokens: Sequence[int], speakers: SpeakerShares, durations: Sequence[int], seed: int
    ) -> Tensor:
        """Return the mel spectrogram (1, n_mels, T) for given durations in frames, whose sum T must be even."""
        speaker = self.embed_speakers([speakers])
        ((mean, log_scale, _),) = self.encode_tokens([tokens], speaker)
        (mel,) = self.decode_latents([self.sample(mean, log_scale, torch.tensor(durations), seed)], speaker)
        return mel

    def encode_tokens(self, tokens: Sequence[Sequence[int]], speaker: tuple[Tensor, ...]) -> list[tuple[Tensor, ...]]:
        """Return mean, log scale and log durations of each utterance, (channels, tokens), cut to its own length."""
        lengths = torch.tensor([len(ids) for ids in tokens])
        ids = nn.utils.rnn.pad_sequence([torch.tensor(one) for one in tokens], batch_first=True)
        outputs = self.encode(pad_to_multiple(ids, TOKEN_STEP), lengths, *speaker)
        return [tuple(output[row, :, : len(one)] for output in outputs) for row, one in enumerate(tokens)]

    def expand_to_frames(
        self, input: AcousticInput, mean: Tensor, log_scale: Tensor, log_durations: Tensor
    ) -> tuple[Tensor, Tensor, bool]:
        """Return an utterance's latent, its frames per token, and whether a predicted duration exceeded the maximum."""
        rates = torch.full_like(log_durations, input.speed)
        rates[: input.preceding_tokens + input.pause_tokens] = max(1.0, input.speed)
        predicted = torch.ceil((torch.exp(log_durations) - 1) * self.model.length_scale / rates)
        longest = max(1, round(self.longest / input.speed))
        durations = predicted.nan_to_num(longest + 1).clamp(1, longest).long()
        durations[: input.preceding_tokens] = 0
        runaway = not bool((predicted <= longest).all())
        return self.sample(mean, log_scale, durations, input.seed), durations, runaway

    def sample(self, mean: Tensor, log_scale: Tensor, durations: Tensor, seed: int) -> Tensor:
        """Expand the encoder's output to frames and sample the flow's latent, (n_mels, T)."""
        mean = mean.repeat_interleave(durations, dim=1)
        log_scale = log_scale.repeat_interleave(durations, dim=1)
        if mean.shape[1] < self.model.num_squeeze:  # the flow squeezes frames into folds and needs one full fold
            missing = self.model.num_squeeze - mean.shape[1]
            mean, log_scale = F.pad(mean, (0, missing), "replicate"), F.pad(log_scale, (0, missing), "replicate")
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
        latent: Tensor = mean + torch.exp(log_scale) * noise * self.model.inference_noise_scale
        return latent

    def decode_latents(self, latents: Sequence[Tensor], speaker: tuple[Tensor, ...]) -> list[Tensor]:
        """Decode latents (n_mels, T) to mel spectrograms (1, n_mels, T), each a whole number of folds long."""
        if len(latents) * max(latent.shape[1] for latent in latents) <= MAX_DECODER_FRAMES:
            return self.decode_batch(latents, speaker)
        return [
            self.decode_in_windows(latent, tuple(vectors[row : row + 1] for vectors in speaker))
            for row, latent in enumerate(latents)
        ]

    def decode_in_windows(self, latent: Tensor, speaker: tuple[Tensor, ...]) -> Tensor:
        """Decode one utterance of any length in windows that overlap by the receptive field of a frame."""
        fold, margin = self.model.num_squeeze, self.margin
        folds, parts = latent.shape[1] // fold, []
        for start, end in split_frames(folds, MAX_DECODER_FRAMES // fold, low_latency=False):
            first, last = max(0, start - margin), min(folds, end + margin)
            (mel,) = self.decode_batch([latent[:, first * fold : last * fold]], speaker)
            parts.append(mel[..., (start - first) * fold : (end - first) * fold])
        return torch.cat(parts, dim=2)

    @property
    def margin(self) -> int:
        """Receptive field of the flow, in folds to each side, from its kernel sizes."""
        flow = self.model.decoder
        layers = sum(flow.kernel_size // 2 * flow.dilation_rate**layer for layer in range(flow.num_coupling_layers))
        return int(flow.num_flow_blocks * layers)

    def decode_batch(self, latents: Sequence[Tensor], speaker: tuple[Tensor, ...]) -> list[Tensor]:
        """Decode utterances in one call."""
        fold = self.model.num_squeeze
        lengths = [latent.shape[1] // fold * fold for latent in latents]
        longest = max(latent.shape[1] for latent in latents)
        batch = pad_to_multiple(torch.stack([F.pad(latent, (0, longest - latent.shape[1])) for latent in latents]))
        mask = (torch.arange(batch.shape[2]) < torch.tensor(lengths)[:, None]).float()[:, None]
        (frames,) = self.decode(batch, mask, *speaker)
        return [frames[row : row + 1, :, :length] for row, length in enumerate(lengths)]

    def embed_speakers(self, mixtures: Sequence[SpeakerShares]) -> tuple[Tensor, ...]:
        """Return the normalized sums of speaker embeddings, (B, channels, 1); empty for a single-speaker model."""
        if self.speakers is None:
            return ()
        sums = [torch.tensor([list(one.values())]) @ self.speakers[list(one)] for one in mixtures]
        return (F.normalize(torch.cat(sums))[..., None],)
