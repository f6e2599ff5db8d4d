"""Set up the training of a vocoder: a voice's own, or a new one for its mel spectrogram."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from app.errors import SetupError
from app.synthesis.coqui import HifiganGenerator, build_generator, fill_weights, load_weights
from app.synthesis.models.nsf import HifiganSourceGenerator
from app.synthesis.models.vocos import VocosSourceGenerator
from app.training.clips import TeacherForcing, read_vocoder_clips
from app.training.dataset import Dataset, DatasetRecording
from app.training.export import RAW_FILE
from app.training.hifigan import SCRATCH_STAGES, HifiganSourceTask, HifiganTask, Stages, VocosSoundTask
from app.training.settings import ModelKind, TrainingSettings
from app.training.trainer import TrainingModule
from app.training.vocos import DEFAULT_CONFIG, VocosTask, read_teacher_samples
from app.types import Emotion
from app.voices import Voice
from app.voices.coqui_config import AudioConfig
from app.voices.voice import read_vocoder_audio

CHANNELS = {ModelKind.HIFIGAN_V1: 512, ModelKind.HIFIGAN_V2: 128, ModelKind.HIFIGAN_SOURCE: 128}
UPSAMPLING = {256: ([8, 8, 2, 2], [16, 16, 4, 4]), 300: ([5, 5, 3, 4], [15, 15, 9, 8])}
"""Upsampling factors and kernel sizes by hop. The product of the factors is the hop, and that of the factors after any
stage is even (or 1), as `make_entry_layers` requires. A kernel is a multiple of its factor, so every sample depends
on equally many frames (no checkerboard, doi 10.23915/distill.00003), and differs from it by an even number, so that
the lengths are exact."""
HOPS_PER_WINDOW = 4
"""Hops per window of the excitation: that many overlapping Hann windows add up to 2, the divisor of their sum."""
LIFTER_SECONDS = (50 / 22050, 140 / 22050)
"""Quefrencies above the formants and below the pitch period; see `SourceConfig.lifter`."""
PITCH_CHANNELS = 128
INITIAL_PITCH = 285.0
"""Pitch in Hz at which the initial excitation has the level of the mel spectrogram."""
INITIAL_SLOPE = 1 / 1500
"""Nepers per Hz by which the initial excitation falls above the highest mel band, where the spectrogram ends."""
DISCRIMINATORS = "discriminators."
"""Prefix of the discriminators' weights before averaging, which only trainings on sound have."""
INITIAL_NOISE_GAIN = 0.9
"""Weight of the noise in the initial output; the excitation attenuates it further in voiced frames."""


def make_hifigan_config(model: ModelKind, layout: AudioConfig) -> dict[str, Any]:
    """Return the `config.json` of a new vocoder for this layout with natural logarithms of magnitudes."""
    if layout.hop_length not in UPSAMPLING or layout.win_length != layout.fft_size:
        raise SetupError(
            f"A {model} for a hop of {layout.hop_length} and windows of {layout.win_length} samples in an FFT of "
            f"{layout.fft_size} is not known.",
            hint=f"The hop may be {' or '.join(map(str, UPSAMPLING))}, and windows as long as the FFT.",
        )
    factors, kernels = UPSAMPLING[layout.hop_length]
    generator = {
        "upsample_factors": factors,
        "upsample_kernel_sizes": kernels,
        "upsample_initial_channel": CHANNELS[model],
        "resblock_kernel_sizes": [3, 7, 11],
        "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
        "resblock_type": "1",
    }
    copied = ("sample_rate", "fft_size", "win_length", "hop_length", "num_mels", "mel_fmin")
    audio = {name: getattr(layout, name) for name in copied}
    audio |= {"mel_fmax": layout.upper_hz, "signal_norm": False, "log_func": "np.log", "spec_gain": 1.0}
    if model is not ModelKind.HIFIGAN_SOURCE:
        named = {"model": "hifigan", "generator_model": "hifigan_generator"}
        return {**named, "generator_model_params": generator, "audio": audio}
    return {
        "architecture": model.architecture,
        "generator": generator,
        "in_channels": layout.num_mels,
        "out_channels": 1,
        "source": {
            "lifter": [round(seconds * layout.sample_rate) for seconds in LIFTER_SECONDS],
            "fft_size": HOPS_PER_WINDOW * layout.hop_length,
        },
        "pitch": {"channels": PITCH_CHANNELS},
        "audio": audio,
    }


def create_hifigan(config: Mapping[str, Any]) -> HifiganGenerator:
    """Return a generator with random weights."""
    if "source" in config:
        generator = HifiganSourceGenerator(config)
        initialize_excitation(generator)
        return generator
    return HifiganGenerator(config["audio"]["num_mels"], 1, **config["generator_model_params"])


@torch.no_grad()
def initialize_excitation(generator: HifiganSourceGenerator) -> None:
    """Initialize a generator to output the excitation itself, at the level of the mel spectrogram."""
    config = generator.source_config
    hertz = torch.linspace(0, config.sample_rate / 2, config.fft_size // 2 + 1)
    bin_hertz = config.sample_rate / config.fft_size
    above = -INITIAL_SLOPE * (hertz - config.mel_fmax).clamp(min=0)
    # Levels in mel bands, whose areas are 1 Hz, of pulses of amplitude 1 and of noise of variance 1.
    tone = config.fft_size / 2 / INITIAL_PITCH
    hiss = math.sqrt(3 / 8 * config.fft_size * math.pi / 4) / bin_hertz
    generator.source.tone.copy_(above - math.log(tone))
    generator.source.hiss.copy_(above - math.log(hiss))
    for silent in (generator.source.mix[-1], generator.direct):
        for parameter in silent.parameters():
            parameter.zero_()
    middle = generator.direct.kernel_size[0] // 2
    generator.direct.weight[0, :, middle] = torch.tensor([1.0, INITIAL_NOISE_GAIN])
    # Zero the norm and not the direction of the weights: weights of norm 0 can still be trained.
    generator.conv_post.parametrizations.weight.original0.zero_()
    generator.conv_post.bias.zero_()


def make_vocoder_task(
    settings: TrainingSettings, base: Voice, dataset: Dataset, good: Sequence[DatasetRecording], *, scratch: bool
) -> TrainingModule:
    """Return a vocoder's training: Vocos learns from the spectra beside the recordings, the others from their sound.

    Without spectra, a Vocos that is trained already learns from the sound, too.
    """
    torch.manual_seed(settings.seed)
    vocos = settings.model is ModelKind.VOCOS_SOURCE
    predict = TeacherForcing(base, good) if settings.predicted_mels else None
    if vocos and (scratch or any((dataset.folder / "spectra").glob("*.npy"))):
        network, config = load_vocos(base, scratch=scratch)
        samples = read_teacher_samples(dataset.folder, network.config, predict)
        return VocosTask(network, config, samples, settings)
    layout = read_vocoder_audio(base, find_vocoder_name(base))
    pitched = vocos or settings.model is ModelKind.HIFIGAN_SOURCE
    utterances = read_vocoder_clips(good, dataset.folder, layout, predict, pitched=pitched)
    raw = None if scratch else load_raw_weights(base)
    stages = SCRATCH_STAGES if scratch else Stages()
    task: HifiganTask
    if vocos:
        task = VocosSoundTask(*load_vocos(base, scratch=False), utterances, settings, stages)
    else:
        kind = HifiganSourceTask if pitched else HifiganTask
        task = kind(*load_hifigan(settings.model, base, scratch=scratch), utterances, settings, stages)
    if raw and any(name.startswith(DISCRIMINATORS) for name in raw):
        task.resume_from(raw)
    return task


def load_hifigan(model: ModelKind, base: Voice, *, scratch: bool) -> tuple[HifiganGenerator, dict[str, Any]]:
    """Return the generator, new or the base's own, and its `config.json`."""
    name = find_vocoder_name(base)
    if scratch:
        config = make_hifigan_config(model, read_vocoder_audio(base, name))
        return create_hifigan(config), config
    files = base.manifest.vocoders[name]
    config, state = base.read_config(files.config), load_weights(base.find_file(files.model))
    if model is not ModelKind.HIFIGAN_SOURCE:
        return build_generator(config, state), config
    generator = HifiganSourceGenerator(config)
    fill_weights(generator, state["model"], files.architecture)
    return generator, config


def load_vocos(base: Voice, *, scratch: bool) -> tuple[VocosSourceGenerator, Mapping[str, Any]]:
    """Return the generator, new or with the base's weights before averaging if it has any, and its `config.json`."""
    files = base.manifest.vocoders[find_vocoder_name(base)]
    config = DEFAULT_CONFIG if scratch else base.read_config(files.config)
    generator = VocosSourceGenerator(config)
    if not scratch:
        raw = load_raw_weights(base) or load_weights(base.find_file(files.model))["model"]
        own = {
            name.removeprefix("generator."): value for name, value in raw.items() if not name.startswith(DISCRIMINATORS)
        }
        fill_weights(generator, own, files.architecture)
    return generator, config


def load_raw_weights(base: Voice) -> dict[str, Tensor] | None:
    """Return the weights before averaging that are stored with the base's vocoder, if any."""
    path = base.find_file(base.manifest.vocoders[find_vocoder_name(base)].config).with_name(RAW_FILE)
    return load_file(path) if path.exists() else None


def find_vocoder_name(base: Voice) -> str:
    """Return the name of a voice's vocoder for neutral."""
    return base.manifest.get_vocoder_name(Emotion.NEUTRAL)
