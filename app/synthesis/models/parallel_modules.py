"""Modules of coqui's models from which the networks of `ParallelAcoustic` are compiled; imports torch.

Those of VITS take one utterance at a time. The others take several: coqui's layers ignore the padding in part, so it is
masked here wherever a layer sees the tokens or frames beside it.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class VitsEncoder(nn.Module):
    """Text encoder and duration predictor of VITS, for one of its languages."""

    def __init__(self, model: Any, language: int | None) -> None:
        super().__init__()
        self.text_encoder, self.duration_predictor = model.text_encoder, model.duration_predictor
        self.stochastic, self.language = model.args.use_sdp, language
        self.speaks, self.conditioned = hasattr(model, "emb_g"), model.args.condition_dp_on_speaker
        self.emb_l = None if language is None else model.emb_l

    def forward(self, ids: Tensor, lengths: Tensor, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map ids (1, N), lengths (1,), noise (1, 2, N) if durations are sampled, and speaker (1, C, 1) if any.

        Return mean and log scale of the latents, (1, C, N), and log durations, (1, 1, N).
        """
        language = None if self.emb_l is None else self.emb_l.weight[self.language][None, :, None]
        hidden, mean, log_scale, mask = self.text_encoder(ids, lengths, lang_emb=language)
        speaker = inputs[-1] if self.speaks and self.conditioned else None
        if not self.stochastic:
            return mean, log_scale, self.duration_predictor(hidden, mask, g=speaker, lang_emb=language)
        return mean, log_scale, self.sample(hidden, mask, inputs[0], speaker, language)

    def sample(
        self, hidden: Tensor, mask: Tensor, noise: Tensor, speaker: Tensor | None, language: Tensor | None
    ) -> Tensor:
        """Invert the flows of the stochastic duration predictor on noise; coqui draws the noise itself."""
        predictor = self.duration_predictor
        condition = predictor.pre(hidden)
        if speaker is not None:
            condition = condition + predictor.cond(speaker)
        if language is not None:
            condition = condition + predictor.cond_lang(language)
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
        self.waveform_decoder = model.waveform_decoder

    def forward(self, latents: Tensor, speaker: Tensor | None = None) -> Tensor:
        """Map latents (1, C, T) to samples (1, 1, T * hop)."""
        samples: Tensor = self.waveform_decoder(latents, g=speaker)
        return samples


class ForwardEncoder(nn.Module):
    """Encoder and predictors of durations, pitch and energy of a ForwardTTS or an AlignTTS."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.emb, self.encoder, self.duration_predictor = model.emb, model.encoder, model.duration_predictor
        self.speaks = hasattr(model, "emb_g")
        self.has_pitch, self.has_energy = (hasattr(model, name) for name in ("pitch_predictor", "energy_predictor"))
        if self.has_pitch:
            self.pitch_predictor, self.pitch_emb = model.pitch_predictor, model.pitch_emb
        if self.has_energy:
            self.energy_predictor, self.energy_emb = model.energy_predictor, model.energy_emb

    def forward(self, ids: Tensor, lengths: Tensor, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Map ids (B, N), lengths (B,), speaker (B, C, 1) if any, and change of the pitch (B, 3, 1) if it is predicted.

        The pitch becomes its value, its mean and 1, times the three numbers of the change. Return the decoder's input
        for each token, (B, C, N), and log durations, (B, 1, N).
        """
        mask = (torch.arange(ids.shape[1]) < lengths[:, None])[:, None].float()
        hidden = encode(self.encoder.encoder, self.emb(ids).transpose(1, 2), mask) * mask
        if self.speaks:
            hidden = hidden + inputs[0]
        log_durations = predict_durations(self.duration_predictor, hidden, mask)
        if self.has_pitch:
            pitch = self.pitch_predictor(hidden, mask)
            factor, pull, shift = inputs[-1].chunk(3, 1)
            mean = pitch.sum(2, keepdim=True) / mask.sum(2, keepdim=True)
            hidden = hidden + self.pitch_emb((pitch * factor + mean * pull + shift) * mask)
        if self.has_energy:
            hidden = hidden + self.energy_emb(self.energy_predictor(hidden, mask))
        return hidden, log_durations


class FrameDecoder(nn.Module):
    """Decoder of a ForwardTTS or AlignTTS."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.decoder, self.pos_encoder = model.decoder, getattr(model, "pos_encoder", None)

    def forward(self, frames: Tensor, mask: Tensor) -> Tensor:
        """Map expanded hidden values (B, C, T) and mask (B, 1, T) to mel spectrograms (B, n_mels, T)."""
        if self.pos_encoder is not None:
            frames = self.pos_encoder(frames, mask)
        return decode(self.decoder.decoder, frames, mask) * mask


def encode(encoder: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Run any of coqui's encoders on embeddings (B, C, N)."""
    if hasattr(encoder, "fft_layers"):
        return run_transformer(encoder, hidden, mask)
    if hasattr(encoder, "rel_pos_transformer"):
        return encoder.rel_pos_transformer(run_residual(encoder.prenet, hidden, mask) * mask, mask)  # type: ignore[no-any-return]
    entered = run_residual(encoder.res_conv_block, encoder.prenet(hidden) * mask, mask)
    return encoder.postnet(entered + hidden)  # type: ignore[no-any-return]


def decode(decoder: Any, frames: Tensor, mask: Tensor) -> Tensor:
    """Run any of coqui's decoders on frames (B, C, T)."""
    if hasattr(decoder, "transformer_block"):
        return decoder.postnet(run_transformer(decoder.transformer_block, frames, mask) * mask)  # type: ignore[no-any-return]
    if not hasattr(decoder, "res_conv_block"):  # those of the other types mask the padding themselves
        return decoder(frames, mask)  # type: ignore[no-any-return]
    block, last = decoder.postnet
    hidden = decoder.post_conv(run_residual(decoder.res_conv_block, frames, mask)) + frames
    return last(run_convolutions(block, hidden, mask))  # type: ignore[no-any-return]


def run_transformer(block: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Run coqui's feed-forward transformer, whose convolutions see the tokens or frames beside each."""
    for layer in block.fft_layers:
        source = hidden.transpose(1, 2)
        attended = attend(layer.self_attn, source, mask)
        # coqui adds the attention twice.
        hidden = layer.norm1(source + attended + attended).transpose(1, 2) * mask
        inner = F.relu(layer.conv1(hidden)) * mask
        hidden = layer.norm2((hidden + layer.conv2(inner)).transpose(1, 2)).transpose(1, 2)
    return hidden


def attend(attention: nn.MultiheadAttention, source: Tensor, mask: Tensor) -> Tensor:
    """Run self-attention on (B, N, C), which leaves out what the mask (B, 1, N) does."""
    heads = attention.num_heads
    projected = F.linear(source, attention.in_proj_weight, attention.in_proj_bias)
    shape = (projected.shape[0], projected.shape[1], 3, heads, attention.head_dim)
    query, key, value = projected.reshape(shape).permute(2, 0, 3, 1, 4)
    scores = query @ key.transpose(2, 3) / math.sqrt(attention.head_dim)
    weights = scores.masked_fill(mask[:, None] == 0, -math.inf).softmax(3)
    mixed: Tensor = attention.out_proj((weights @ value).transpose(1, 2).flatten(2))
    return mixed


def run_residual(block: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Run coqui's residual blocks of convolutions with batch norm."""
    hidden = hidden * mask
    for inner in block.res_blocks:
        hidden = (run_convolutions(inner, hidden, mask) + hidden) * mask
    return hidden


def run_convolutions(block: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Run a block of coqui's convolutions with batch norm."""
    for layer in block.conv_bn_blocks:
        hidden = convolve(layer, hidden, mask)
    return hidden


def convolve(layer: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Run coqui's convolution with batch norm, which pads its result instead of its input.

    So the result is zero before the norm for what lacks neighbours at the end of the utterance, or has none at all.
    """
    after = layer.pad.padding[1]
    inside = F.pad(mask[..., after:], (0, after))
    return layer.norm(F.relu(layer.pad(layer.conv1d(hidden)) * inside))  # type: ignore[no-any-return]


def predict_durations(predictor: Any, hidden: Tensor, mask: Tensor) -> Tensor:
    """Return log durations, (B, 1, N), of a ForwardTTS's predictor, which masks the padding, or of an AlignTTS's."""
    if not hasattr(predictor, "layers"):
        return predictor(hidden, mask)  # type: ignore[no-any-return]
    for layer in predictor.layers:
        hidden = (convolve(layer, hidden, mask) if hasattr(layer, "conv1d") else layer(hidden)) * mask
    return hidden


def describe_parallel(model: Any) -> dict[str, Any]:
    """Return the fields of `ParallelDesign` of coqui's model, as JSON."""
    args, embedded = model.args, hasattr(model, "emb_g")
    windows = [
        layer.conv1d.dilation[0] * (layer.conv1d.kernel_size[0] - 1) + 1
        for layer in model.modules()
        if hasattr(layer, "conv1d")
    ]
    values = {
        "symbols": 0 if hasattr(model, "waveform_decoder") else model.emb.num_embeddings,
        "channels": args.hidden_channels,
        "length_scale": float(model.length_scale),
        "speakers": model.emb_g.weight.tolist() if embedded else None,
        "smallest": max(windows, default=1),
        "has_pitch": hasattr(model, "pitch_predictor"),
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
