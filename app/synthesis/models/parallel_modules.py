"""Modules of coqui's models from which the networks of `ParallelAcoustic` are compiled; imports torch.

They take one utterance at a time, so all masks are ones.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class VitsEncoder(nn.Module):
    """Text encoder and duration predictor of VITS, for one of its languages."""

    def __init__(self, model: Any, language: int | None) -> None:
        super().__init__()
        self.encoder, self.predictor, self.stochastic = model.text_encoder, model.duration_predictor, model.args.use_sdp
        self.speaks, self.conditioned = hasattr(model, "emb_g"), model.args.condition_dp_on_speaker
        embedding = None if language is None else model.emb_l.weight[language].detach()[None, :, None]
        self.register_buffer("language", embedding)

    def forward(self, ids: Tensor, lengths: Tensor, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map ids (1, N), lengths (1,), noise (1, 2, N) if durations are sampled, and speaker (1, C, 1) if any.

        Return mean and log scale of the latents, (1, C, N), and log durations, (1, 1, N).
        """
        language = self.language
        hidden, mean, log_scale, mask = self.encoder(ids, lengths, lang_emb=language)
        speaker = inputs[-1] if self.speaks and self.conditioned else None
        if not self.stochastic:
            return mean, log_scale, self.predictor(hidden, mask, g=speaker, lang_emb=language)
        return mean, log_scale, self.sample(hidden, mask, inputs[0], speaker)

    def sample(self, hidden: Tensor, mask: Tensor, noise: Tensor, speaker: Tensor | None) -> Tensor:
        """Invert the flows of the stochastic duration predictor on noise; coqui draws the noise itself."""
        predictor = self.predictor
        condition = predictor.pre(hidden)
        if speaker is not None:
            condition = condition + predictor.cond(speaker)
        if self.language is not None:
            condition = condition + predictor.cond_lang(self.language)
        condition = predictor.proj(predictor.convs(condition, mask)) * mask
        # The second flow has no effect on durations, and is not inverted.
        for flow in [*reversed(predictor.flows[2:]), predictor.flows[0]]:
            noise = flow(noise.flip(1), mask, g=condition, reverse=True)
        return noise[:, :1]


class VitsFlow(nn.Module):
    """Flow of VITS in the inverse direction."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.flow = model.flow

    def forward(self, latents: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Map the prior's latents (1, C, T) to those of the generator.

        coqui's layers also multiply by masks and by exp(0), for which OpenVINO 2026 computes wrong values with more
        than one stream.
        """
        mask = torch.ones_like(latents[:, :1])
        for layer in reversed(self.flow.flows):
            kept, moved = latents.flip(1).chunk(2, 1)
            latents = torch.cat([kept, moved - layer.post(layer.enc(layer.pre(kept), mask, g=speaker))], 1)
        return latents


class VitsGenerator(nn.Module):
    """Generator of VITS."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.generator = model.waveform_decoder

    def forward(self, latents: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Map latents (1, C, T) to samples (1, 1, T * hop)."""
        samples: Tensor = self.generator(latents, g=speaker)
        return samples


class ForwardEncoder(nn.Module):
    """Encoder and predictors of durations, pitch and energy of a ForwardTTS."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, lengths: Tensor, speaker: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map ids (1, N), lengths (1,) and speaker (1, C, 1) to hidden (1, C, N) and log durations (1, 1, N)."""
        model, mask = self.model, torch.ones_like(ids[:, None]).float()
        hidden, mask, _, _ = model._forward_encoder(ids, mask, speaker)
        log_durations = model.duration_predictor(hidden, mask)
        encoded = hidden
        if model.args.use_pitch:
            hidden = encoded + model.pitch_emb(model.pitch_predictor(encoded, mask))
        if model.args.use_energy:
            hidden = hidden + model.energy_emb(model.energy_predictor(hidden, mask))
        return hidden, log_durations


class AlignEncoder(nn.Module):
    """Encoder and duration predictor of AlignTTS."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Map ids (1, N) and lengths (1,) to hidden (1, C, N) and log durations (1, 1, N)."""
        hidden, predicted_from, mask, _ = self.model._forward_encoder(ids, lengths)
        return hidden, self.model.duration_predictor(predicted_from, mask)


class FrameDecoder(nn.Module):
    """Decoder of a ForwardTTS or AlignTTS."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder, self.positions = model.decoder, getattr(model, "pos_encoder", None)

    def forward(self, frames: Tensor) -> Tensor:
        """Map expanded hidden values (1, C, T) to a mel spectrogram (1, n_mels, T)."""
        mask = torch.ones_like(frames[:, :1])
        if self.positions is not None:
            frames = self.positions(frames, mask)
        mel: Tensor = self.decoder(frames, mask, g=None)
        return mel


def describe_parallel(model: Any) -> dict[str, Any]:
    """Return the fields of `ParallelDesign` of coqui's model, as JSON."""
    args, embedded = model.args, hasattr(model, "emb_g")
    values = {
        "channels": args.hidden_channels,
        "length_scale": float(model.length_scale),
        "speakers": model.emb_g.weight.tolist() if embedded else None,
    }
    if not hasattr(model, "waveform_decoder"):
        return values
    rate = args.encoder_sample_rate or model.config.audio.sample_rate
    return {
        **values,
        "noise_scale": float(model.inference_noise_scale),
        "duration_noise": float(model.inference_noise_scale_dp) if args.use_sdp else None,
        "stretch": model.config.audio.sample_rate / rate if args.interpolate_z else 1.0,
        "decoder_speakers": embedded,
    }
