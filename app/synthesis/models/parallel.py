"""Run models that predict a duration for each token and then all frames at once.

They are VITS (arXiv 2106.06103), whose frames are latents that a part of it turns into samples; AlignTTS (arXiv
2003.01950); and the models that coqui calls ForwardTTS, such as FastPitch (arXiv 2006.06873). VITS takes one utterance
at a time, the others several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from app.inference import AnyArray, Array, Network
from app.synthesis.expression import SEMITONES_PER_OCTAVE
from app.synthesis.mel import FRAME_STEP, interpolate_frames, pad_frames, split_frames, stretch_durations
from app.synthesis.models.acoustic import AcousticInput, Mel, SpeakerShares, compare_batch, pad_tokens
from app.synthesis.models.durations import (
    FRAME_NOISE,
    MAX_TOKEN_SECONDS,
    draw_duration_noise,
    limit_durations,
    sample_latents,
)
from app.synthesis.models.generators import GeneratorDesign
from app.synthesis.models.vocoders import GeneratorVocoder, Vocoder

MAX_FRAMES = 4096
"""Maximum frames of one run: coqui's positions end at 5,000, and the memory of attention grows with the square."""
SAME_PITCH = (1.0, 0.0, 0.0)
"""Change of the pitch that leaves it as it is predicted."""


@dataclass(frozen=True, slots=True, eq=False)
class ParallelDesign:
    """What the steps between the networks of such a model need of it."""

    symbols: int
    """Size of the vocabulary; unused for a VITS."""
    channels: int
    """Channels of what the frames are made from."""
    length_scale: float
    """Factor on durations."""
    noise_scale: float | None = None
    """Factor on the noise of the frames; None if the model has none."""
    duration_noise: float | None = None
    """Factor on the noise of the durations; None if the model has none."""
    stretch: float = 1.0
    """Frames that the decoder takes for each of the encoder's."""
    speakers: Array | None = None
    """Speaker embeddings, (speakers, channels); None for a single speaker."""
    decoder_speakers: bool = False
    """Whether the decoder takes the speaker, too."""
    smallest: int = 1
    """Minimum tokens and frames that its convolutions take."""
    has_pitch: bool = False
    """Whether it predicts the pitch of each token."""

    @property
    def is_vits(self) -> bool:
        """Whether durations are rounded up and frames are sampled, as in VITS."""
        return self.noise_scale is not None

    def make_tokens(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the encoder; that of VITS takes one utterance whatever the batch is."""
        count = 1 if self.is_vits else batch
        noise = () if self.duration_noise is None else (np.zeros((1, 2, length), np.float32),)
        ids, lengths = np.zeros((count, length), np.int64), np.full(count, length, np.int64)
        return ids, lengths, *noise, *self.embed([{}] * count), *self.stack_pitch([SAME_PITCH] * count)

    def make_frames(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the decoder: frames, and a mask or, for VITS, the speaker."""
        if self.is_vits:
            return np.zeros((1, self.channels, length), np.float32), *self.embed_for_decoder({})
        return np.zeros((batch, self.channels, length), np.float32), np.ones((batch, 1, length), np.float32)

    def embed(self, mixtures: Sequence[SpeakerShares]) -> tuple[Array, ...]:
        """Return the sums of speaker embeddings, (B, channels, 1); nothing for a single-speaker model."""
        if self.speakers is None:
            return ()
        sums = [np.array(list(one.values()), np.float32) @ self.speakers[list(one)] for one in mixtures]
        return (np.stack(sums)[..., None],)

    def embed_for_decoder(self, shares: SpeakerShares) -> tuple[Array, ...]:
        """Return the same for the decoder, if it takes the speaker."""
        return self.embed([shares]) if self.decoder_speakers else ()

    def stack_pitch(self, changes: Sequence[Sequence[float]]) -> tuple[Array, ...]:
        """Return changes of the pitch, (B, 3, 1); nothing for a model that does not predict it."""
        return (np.array(changes, np.float32)[..., None],) if self.has_pitch else ()


class ParallelAcoustic:
    """A ForwardTTS or AlignTTS with the engine's interface, see `AcousticModel`.

    Encoder and decoder mask the padding, so an utterance is the same in any batch.
    """

    leading_pause = False

    def __init__(
        self,
        design: ParallelDesign,
        encode: Network,
        decode: Network,
        frame_rate: float,
        variation: float = 1.0,
        recall: Callable[[Callable[[], bool]], bool] = lambda compute: compute(),
    ) -> None:
        """Use the networks of `app.synthesis.models.parallel_modules`; `frame_rate` is in frames per second.

        `variation` is the deviation of the pitch in training relative to its mean, `recall` as in `GlowAcoustic`.
        """
        self.design = design
        self.encode = encode
        self.decode = decode
        self.frame_rate = frame_rate
        self.variation = variation
        self.recall = recall
        self.longest = round(MAX_TOKEN_SECONDS * frame_rate)

    @property
    def has_pitch(self) -> bool:
        """See `AcousticModel.has_pitch`."""
        return self.design.has_pitch

    @cached_property
    def batch_invariant(self) -> bool:
        """See `AcousticModel.batch_invariant`."""
        return self.recall(lambda: compare_batch(self, self.design.symbols, self.design.speakers))

    def with_networks(self, speakers: Array | None, *networks: Network) -> ParallelAcoustic:
        """Return the same model with other weights."""
        encode, decode = networks
        design = replace(self.design, speakers=speakers)
        return ParallelAcoustic(design, encode, decode, self.frame_rate, self.variation)

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        ids, lengths = pad_tokens([one.tokens for one in inputs])
        ids = pad_frames(ids, 0, max(0, self.design.smallest - ids.shape[1]))
        pitch = self.design.stack_pitch([self.change_pitch(one) for one in inputs])
        hidden, log_durations = self.encode(ids, lengths, *self.design.embed([one.speakers for one in inputs]), *pitch)
        expanded, durations = [], []
        for row, (one, count) in enumerate(zip(inputs, lengths, strict=True)):
            durations.append(self.round_durations(log_durations[row, 0, :count], one.speed))
            expanded.append(np.repeat(hidden[row, :, :count], durations[row][0], 1))
        frames = self.decode_frames(expanded)
        return [Mel(mel, tuple(one.tolist()), runaway=bad) for mel, (one, bad) in zip(frames, durations, strict=True)]

    def change_pitch(self, input: AcousticInput) -> tuple[float, ...]:
        """Return the factors of an utterance's pitch, its mean and 1, which is 0 at the training's mean.

        In hertz, the pitch is proportional to 1 + `variation` times the values that the model predicts.
        """
        if input.pitch == 0 and input.pitch_range == 1:
            return SAME_PITCH
        ratio = 2 ** (input.pitch / SEMITONES_PER_OCTAVE)
        return ratio * input.pitch_range, ratio * (1 - input.pitch_range), (ratio - 1) / self.variation

    def round_durations(self, log_durations: Array, speed: float) -> tuple[AnyArray, bool]:
        """Return the frames of each token, as coqui rounds them, and whether one was above the maximum."""
        longest, scale = max(1, round(self.longest / speed)), np.float32(self.design.length_scale / speed)
        with np.errstate(over="ignore"):
            if self.design.is_vits:
                predicted = np.ceil(np.exp(log_durations) * scale)
            else:
                predicted = np.round(np.maximum((np.exp(log_durations) - 1) * scale, 1))
        return limit_durations(predicted, longest)

    def decode_frames(self, expanded: Sequence[Array]) -> list[Array]:
        """Decode frames (channels, T) to mel spectrograms (1, n_mels, T); what is too much for one run, in several."""
        if len(expanded) * max(one.shape[1] for one in expanded) <= MAX_FRAMES:
            return self.decode_batch(expanded)
        return [self.decode_in_spans(one) for one in expanded]

    def decode_in_spans(self, frames: Array) -> Array:
        """Decode one utterance of any length; one above the maximum has more frames than speech has."""
        spans = split_frames(frames.shape[1], MAX_FRAMES, low_latency=False)
        return np.concatenate([self.decode_batch([frames[:, start:end]])[0] for start, end in spans], axis=2)

    def decode_batch(self, expanded: Sequence[Array]) -> list[Array]:
        """Decode utterances in one call."""
        lengths = [one.shape[1] for one in expanded]
        longest = max(*lengths, self.design.smallest)
        padded = longest + -longest % FRAME_STEP
        batch = np.stack([pad_frames(one, 0, padded - one.shape[1]) for one in expanded])
        mask = (np.arange(padded) < np.array(lengths)[:, None]).astype(np.float32)[:, None]
        (mels,) = self.decode(batch, mask)
        return [mels[row : row + 1, :, :length] for row, length in enumerate(lengths)]


class VitsModel(ParallelAcoustic):
    """VITS, see `EndToEndModel`: the frames are latents, from which its generator makes samples in chunks."""

    batch_invariant = True
    """Each utterance is computed alone."""

    def __init__(
        self,
        design: ParallelDesign,
        encode: Network,
        decode: Network,
        frame_rate: float,
        generate: Network,
        generator: GeneratorDesign,
    ) -> None:
        super().__init__(design, encode, decode, frame_rate)
        self.generate = generate
        self.generator = generator

    def with_networks(self, speakers: Array | None, *networks: Network) -> VitsModel:
        """Return the same model with other weights."""
        encode, decode, generate = networks
        design = replace(self.design, speakers=speakers)
        return VitsModel(design, encode, decode, self.frame_rate, generate, self.generator)

    def make_decoder(self, speakers: SpeakerShares) -> Vocoder:
        """See `EndToEndModel.make_decoder`."""
        speaker = self.design.embed_for_decoder(speakers)
        return GeneratorVocoder(lambda latents: self.generate(latents, *speaker), self.generator)

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        return [self.compute_latents(one) for one in inputs]

    def compute_latents(self, input: AcousticInput) -> Mel:
        """Compute the latents of one utterance, in several runs if they are more than speech has."""
        design, count, noise = self.design, len(input.tokens), []
        if design.duration_noise is not None:
            noise = [draw_duration_noise(input.seed, count) * np.float32(design.duration_noise)]
        ids, length = np.array([input.tokens], np.int64), np.array([count], np.int64)
        *hidden, log_durations = self.encode(ids, length, *noise, *design.embed([input.speakers]))
        durations, runaway = self.round_durations(log_durations.reshape(-1), input.speed)
        mean, log_scale = (np.repeat(one[0], durations, 1) for one in hidden)
        assert design.noise_scale is not None
        prior = sample_latents(mean, log_scale, input.seed ^ FRAME_NOISE, design.noise_scale)[None]
        speaker = design.embed_for_decoder(input.speakers)
        spans = split_frames(prior.shape[2], MAX_FRAMES, low_latency=False)
        parts = [self.decode(np.ascontiguousarray(prior[..., start:end]), *speaker)[0] for start, end in spans]
        latents = np.concatenate(parts, axis=2)
        if design.stretch != 1:
            latents = interpolate_frames(latents, design.stretch)
        stretched = stretch_durations(durations.tolist(), design.stretch)
        return Mel(latents, stretched, runaway=runaway)
