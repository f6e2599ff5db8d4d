"""Run models that predict a duration for each token and then all frames at once, one utterance at a time.

They are VITS (arXiv 2106.06103), whose frames are latents that a part of it turns into samples; AlignTTS (arXiv
2003.01950); and the models that coqui calls ForwardTTS, such as FastPitch (arXiv 2006.06873).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.inference import AnyArray, Array, Network
from app.synthesis.mel import interpolate_frames, split_frames, stretch_durations
from app.synthesis.models.acoustic import AcousticInput, Mel, SpeakerShares
from app.synthesis.models.generators import GeneratorDesign
from app.synthesis.models.vocoders import GeneratorVocoder, Vocoder
from app.synthesis.noise import GROUP, draw_noise

MAX_TOKEN_SECONDS = 1.5
"""Maximum duration of a phoneme, mark or blank; a longer one is a fault of the model."""
MAX_FRAMES = 4096
"""Maximum frames of one run: coqui's positions end at 5,000, and the memory of attention grows with the square."""
FRAME_NOISE = 0x5EED
"""What makes the seed of the frames' noise different from that of the durations."""


@dataclass(frozen=True, slots=True, eq=False)
class ParallelDesign:
    """What the steps between the networks of such a model need of it."""

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

    @property
    def is_vits(self) -> bool:
        """Whether durations are rounded up and frames are sampled, as in VITS."""
        return self.noise_scale is not None

    def make_tokens(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the encoder, which takes one utterance whatever the batch is."""
        noise = () if self.duration_noise is None else (np.zeros((1, 2, length), np.float32),)
        return np.zeros((1, length), np.int64), np.array([length], np.int64), *noise, *self.embed({})

    def make_frames(self, batch: int, length: int) -> tuple[AnyArray, ...]:
        """Return example inputs of the decoder."""
        return np.zeros((1, self.channels, length), np.float32), *self.embed_for_decoder({})

    def embed(self, shares: SpeakerShares) -> tuple[Array, ...]:
        """Return the sum of speaker embeddings, (1, channels, 1); nothing for a single-speaker model."""
        if self.speakers is None:
            return ()
        weights = np.array(list(shares.values()), np.float32)
        return ((weights @ self.speakers[list(shares)])[None, :, None],)

    def embed_for_decoder(self, shares: SpeakerShares) -> tuple[Array, ...]:
        """Return the same for the decoder, if it takes the speaker."""
        return self.embed(shares) if self.decoder_speakers else ()


class ParallelAcoustic:
    """Such a model with the engine's interface, see `AcousticModel`."""

    batch_invariant = True
    """Each utterance is computed alone."""
    leading_pause = False

    def __init__(self, design: ParallelDesign, encode: Network, decode: Network, frame_rate: float) -> None:
        """Use the networks of `app.synthesis.models.parallel_modules`; `frame_rate` is in frames per second."""
        self.design = design
        self.encode = encode
        self.decode = decode
        self.longest = round(MAX_TOKEN_SECONDS * frame_rate)

    def compute_mels(self, inputs: Sequence[AcousticInput]) -> list[Mel]:
        """See `AcousticModel.compute_mels`."""
        return [self.compute_mel(one) for one in inputs]

    def compute_mel(self, input: AcousticInput) -> Mel:
        """Compute the frames of one utterance."""
        design, count = self.design, len(input.tokens)
        noise: list[Array] = []
        if design.duration_noise is not None:
            drawn = draw_noise(input.seed, 1, 2, max(count, GROUP))[..., :count]
            noise = [np.ascontiguousarray(drawn) * np.float32(design.duration_noise)]
        ids, length = np.array([input.tokens], np.int64), np.array([count], np.int64)
        *hidden, log_durations = self.encode(ids, length, *noise, *design.embed(input.speakers))
        durations, runaway = self.round_durations(log_durations.reshape(-1), input.speed)
        frames = self.decode_frames(self.expand([one[0] for one in hidden], durations, input.seed), input.speakers)
        if design.stretch != 1:
            frames = interpolate_frames(frames, design.stretch)
            return Mel(frames, stretch_durations(durations.tolist(), design.stretch), runaway=runaway)
        return Mel(frames, tuple(durations.tolist()), runaway=runaway)

    def round_durations(self, log_durations: Array, speed: float) -> tuple[AnyArray, bool]:
        """Return the frames of each token, as coqui rounds them, and whether one was above the maximum."""
        longest, scale = max(1, round(self.longest / speed)), np.float32(self.design.length_scale / speed)
        with np.errstate(over="ignore"):
            if self.design.is_vits:
                predicted = np.ceil(np.exp(log_durations) * scale)
            else:
                predicted = np.round(np.maximum((np.exp(log_durations) - 1) * scale, 1))
        durations = np.nan_to_num(predicted, nan=longest + 1).clip(0, longest).astype(np.int64)
        durations[-1] += not durations.any()
        return durations, not bool((predicted <= longest).all())

    def expand(self, hidden: Sequence[Array], durations: AnyArray, seed: int) -> Array:
        """Expand the encoder's output to frames, (1, channels, T); VITS samples them from mean and log scale."""
        frames = [np.repeat(one, durations, 1) for one in hidden]
        if self.design.noise_scale is None:
            return frames[0][None]
        mean, log_scale = frames
        noise = draw_noise(seed ^ FRAME_NOISE, *mean.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            sampled: Array = mean + noise * np.exp(log_scale) * np.float32(self.design.noise_scale)
        return sampled[None]

    def decode_frames(self, frames: Array, speakers: SpeakerShares) -> Array:
        """Decode frames, (1, channels, T) -> (1, n_mels, T), in several runs if they are more than speech has."""
        speaker = self.design.embed_for_decoder(speakers)
        spans = split_frames(frames.shape[2], MAX_FRAMES, low_latency=False)
        decoded = [self.decode(np.ascontiguousarray(frames[..., start:end]), *speaker)[0] for start, end in spans]
        return decoded[0] if len(decoded) == 1 else np.concatenate(decoded, axis=2)


class VitsModel(ParallelAcoustic):
    """VITS, see `EndToEndModel`: the frames are latents, from which its generator makes samples in chunks."""

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

    def make_decoder(self, speakers: SpeakerShares) -> Vocoder:
        """See `EndToEndModel.make_decoder`."""
        speaker = self.design.embed_for_decoder(speakers)
        return GeneratorVocoder(lambda latents: self.generate(latents, *speaker), self.generator)
