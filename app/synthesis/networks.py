"""Compile the networks of voices, and read what else is needed of a checkpoint.

A network that the backend does not have yet is built from the files of the voice, in functions that import torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from app.errors import InvalidVoice
from app.inference import AnyArray, Array, Backend, ExampleInputs, LazyModule, Network
from app.inference.graph_cache import make_graph_key
from app.synthesis.models.acoustic import LoadedCheckpoint
from app.synthesis.models.generators import DESIGNS, design_hifigan
from app.synthesis.models.glow import GlowAcoustic, GlowDesign
from app.synthesis.models.parallel import ParallelAcoustic, ParallelDesign, VitsModel
from app.synthesis.models.vocoders import (
    GeneratorVocoder,
    HifiganSourceVocoder,
    VocosSourceVocoder,
    make_vocos_example,
)
from app.synthesis.models.waveform import VocosConfig
from app.voices import Voice
from app.voices.coqui_config import AudioConfig, read_generator_name
from app.voices.manifest import NetworkFiles

if TYPE_CHECKING:
    from torch import nn

Load = Callable[[], Any]
"""Function that builds the torch module of a checkpoint or a vocoder, at most once."""


def load_module(voice: Voice, files: NetworkFiles, config: Mapping[str, Any], speakers: Sequence[str]) -> nn.Module:
    """Build a module with its weights. Raises InvalidVoice if they have changed since the voice was opened."""
    from app.synthesis.coqui import build_acoustic, build_coqui_config, build_generator, fill_weights, parse_weights

    state = parse_weights(voice.read_weights(files.model), voice.find_file(files.model))
    if files.architecture in DESIGNS:
        return build_generator(config, state).eval()
    if files.architecture not in ("vocos_source", "hifigan_source"):
        return build_acoustic(files.architecture, build_coqui_config(config, list(speakers)), state)
    from app.synthesis.models.nsf import HifiganSourceGenerator
    from app.synthesis.models.vocos import VocosSourceGenerator

    generator = (VocosSourceGenerator if files.architecture == "vocos_source" else HifiganSourceGenerator)(config)
    fill_weights(generator, state["model"], files.architecture)
    return generator.eval().requires_grad_(False)


def load_frontend(backend: Backend, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a checkpoint's tokenizer."""

    def describe() -> dict[str, Any]:
        from app.synthesis.coqui import build_coqui_config, describe_frontend

        return describe_frontend(build_coqui_config(config, []))

    found: dict[str, Any] = backend.recall(make_graph_key("frontend", config), describe)
    return found


def compile_glow(backend: Backend, key: str, load: Load, frame_rate: float) -> GlowAcoustic:
    """Compile the networks of a GlowTTS."""

    def describe() -> dict[str, Any]:
        from app.synthesis.models.glow_modules import describe_glow

        return describe_glow(load())

    def build_encoder() -> nn.Module:
        from app.synthesis.models.glow_modules import GlowEncoder

        return GlowEncoder(load())

    def build_decoder() -> nn.Module:
        from app.synthesis.models.glow_modules import GlowDecoder

        return GlowDecoder(load())

    values = backend.recall(make_graph_key("design", key), describe)
    speakers = None if values["speakers"] is None else np.array(values["speakers"], np.float32)
    design = GlowDesign(**{**values, "speakers": speakers})
    # In float32: durations are rounded up to whole frames, so a small error would add a frame.
    encode = backend.compile(LazyModule("GlowEncoder", key, build_encoder), design.make_tokens, precise=True)
    decode = backend.compile(LazyModule("GlowDecoder", key, build_decoder), design.make_frames)
    recall = partial(backend.recall, make_graph_key("batch invariance", key), here=True)
    return GlowAcoustic(design, encode, decode, frame_rate, recall)


def compile_parallel(
    backend: Backend, key: str, load: Load, config: Mapping[str, Any], language: int | None
) -> ParallelAcoustic:
    """Compile the networks of a VITS, a ForwardTTS or an AlignTTS; `language` is the index of a VITS's language."""
    architecture, audio = config["model"].lower(), AudioConfig.from_dict(config["audio"])
    is_vits = architecture == "vits"
    args = load_arguments(backend, config)

    def describe() -> dict[str, Any]:
        from app.synthesis.models.parallel_modules import describe_parallel

        return describe_parallel(load())

    def build(name: str, *more: Any) -> nn.Module:
        from app.synthesis.models import parallel_modules

        module: nn.Module = getattr(parallel_modules, name)(load(), *more)
        return module

    def make(name: str, example: ExampleInputs, *more: Any, precise: bool = False) -> Network:
        place = make_graph_key(key, *more)
        return backend.compile(LazyModule(name, place, partial(build, name, *more)), example, precise)

    values = backend.recall(make_graph_key("design", key), describe)
    speakers = None if values["speakers"] is None else np.array(values["speakers"], np.float32)
    design = ParallelDesign(**{**values, "speakers": speakers})
    # The generator first, because it is most of the work, see `Loader.load_largest`.
    generate = make("VitsGenerator", design.make_frames) if is_vits else None
    encoder = "VitsEncoder" if is_vits else "AlignEncoder" if architecture == "align_tts" else "ForwardEncoder"
    # In float32: durations are rounded to whole frames, so a small error would change one.
    encode = make(encoder, design.make_tokens, *([language] if is_vits else []), precise=True)
    decode = make("VitsFlow" if is_vits else "FrameDecoder", design.make_frames)
    rate = args.get("encoder_sample_rate") or audio.sample_rate
    if generate is None:
        return ParallelAcoustic(design, encode, decode, rate / audio.hop_length)
    generator = design_hifigan({name.removesuffix("_decoder"): value for name, value in args.items()})
    return VitsModel(design, encode, decode, rate / audio.hop_length, generate, generator)


def load_arguments(backend: Backend, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a VITS, with coqui's defaults; empty for another model."""
    if config["model"].lower() != "vits":
        return {}

    def describe() -> dict[str, Any]:
        from app.synthesis.coqui import build_coqui_config

        args = build_coqui_config(config, []).model_args
        names = ("upsample_kernel_sizes", "resblock_kernel_sizes", "resblock_dilation_sizes")
        lists = {f"{name}_decoder": getattr(args, f"{name}_decoder") for name in names}
        rates = {"upsample_factors": args.upsample_rates_decoder, "encoder_sample_rate": args.encoder_sample_rate}
        return {**lists, **rates, "inference_padding": 0}

    found: dict[str, Any] = backend.recall(make_graph_key("arguments", config), describe)
    return found


Shapes = Mapping[str, Sequence[int]]
"""Shape of each weight, by name."""


class MixtureNetworks(NamedTuple):
    """Networks of a GlowTTS that take their weights before their other inputs."""

    encode: Network
    decode: Network
    encoder: Shapes
    """Weights of the encoder, in the order of its inputs."""
    decoder: Shapes


def compile_mixture(
    backend: Backend, base: LoadedCheckpoint, config: Mapping[str, Any], speakers: Sequence[str]
) -> MixtureNetworks:
    """Compile the networks of a GlowTTS for weights that are not known yet."""
    assert isinstance(base.model, GlowAcoustic)
    design = base.model.design

    @cache
    def load() -> Any:
        from app.synthesis.coqui import build_acoustic, build_coqui_config
        from app.synthesis.models.glow_modules import GlowDecoder, GlowEncoder

        model = build_acoustic("glow_tts", build_coqui_config(config, list(speakers)), None)
        return GlowEncoder(model), GlowDecoder(model)

    def describe() -> list[dict[str, list[int]]]:
        from app.synthesis.models.glow_modules import list_used_weights

        return [
            list_used_weights(module, example(1, 2 * design.fold))
            for module, example in zip(load(), (design.make_tokens, design.make_frames), strict=True)
        ]

    def build(part: int) -> nn.Module:
        from app.synthesis.models.glow_modules import WithWeights

        return WithWeights(load()[part], list(shapes[part]))

    def make_example(
        part: int, example: Callable[[int, int], tuple[AnyArray, ...]], batch: int, length: int
    ) -> tuple[AnyArray, ...]:
        weights = (np.zeros(shape, np.float32) for shape in shapes[part].values())
        return *weights, *example(batch, length)

    key = make_graph_key("mixture", config, speakers)
    shapes: list[Shapes] = backend.recall(make_graph_key("weights", key), describe)
    encode = backend.compile(
        LazyModule("GlowEncoder with weights", key, partial(build, 0)),
        partial(make_example, 0, design.make_tokens),
        precise=True,
    )
    decode = backend.compile(
        LazyModule("GlowDecoder with weights", key, partial(build, 1)), partial(make_example, 1, design.make_frames)
    )
    return MixtureNetworks(encode, decode, *shapes)


def compile_vocos(
    backend: Backend, key: str, load: Load, config: Mapping[str, Any], hop_length: int
) -> VocosSourceVocoder:
    """Compile the networks of a Vocos with a harmonic source."""
    chosen = VocosConfig.from_dict(config)

    def build_spectrum() -> nn.Module:
        from app.synthesis.models.vocos import FrameSpectra

        return FrameSpectra(load().spectrum)

    def build_pitch() -> nn.Module:
        from app.synthesis.models.vocos import MaskedPitch

        return MaskedPitch(load().pitch)

    def example(batch: int, length: int) -> tuple[AnyArray, ...]:
        mel, _, _, mask = make_vocos_example(chosen, batch, length)
        return mel, mask

    spectrum = backend.compile(LazyModule("FrameSpectra", key, build_spectrum), partial(make_vocos_example, chosen))
    # In float32: a listener hears small errors of the pitch.
    pitch = backend.compile(LazyModule("MaskedPitch", key, build_pitch), example, precise=True)
    return VocosSourceVocoder(chosen, spectrum, pitch)


def compile_generator(
    backend: Backend, key: str, load: Load, config: Mapping[str, Any], hop_length: int
) -> GeneratorVocoder:
    """Compile one of coqui's generators, such as HiFi-GAN; `hop_length` is that of its design."""
    architecture = read_generator_name(config)
    design = DESIGNS[architecture](config["generator_model_params"])
    mels = config["generator_model_params"].get("in_channels", 0) if architecture == "hifigan" else 0
    mels = mels or config["audio"]["num_mels"]

    def example(batch: int, length: int) -> tuple[AnyArray, ...]:
        noise = [] if design.noise is None else [(design.noise[0], length * design.noise[1])]
        return tuple(np.zeros((batch, *shape), np.float32) for shape in ((mels, length), *noise))

    def build() -> nn.Module:
        from app.synthesis.models.generator_modules import WRAPPERS, Generator

        return WRAPPERS.get(architecture, Generator)(load())

    return GeneratorVocoder(backend.compile(LazyModule("Generator", key, build), example), design)


def compile_hifigan_source(
    backend: Backend, key: str, load: Load, config: Mapping[str, Any], hop_length: int
) -> HifiganSourceVocoder:
    """Compile the generator of a HiFi-GAN with a harmonic source; PyTorch computes its excitation."""
    from app.synthesis.models.nsf import PlainSource

    source, mels = PlainSource(load()), config["audio"]["num_mels"]

    def example(batch: int, length: int) -> tuple[AnyArray, ...]:
        mel, excitation = np.zeros((batch, mels, length), np.float32), np.zeros((batch, 2, length * hop_length))
        return mel, excitation.astype(np.float32)

    generate = backend.compile(LazyModule("HifiganSourceGenerator", key, load), example)
    audio = {**config["audio"], "fft_size": config["source"]["fft_size"]}
    return HifiganSourceVocoder(source, generate, audio, config["generator"])


def read_arrays(content: bytes, path: Path) -> dict[str, Array]:
    """Parse the weights of a checkpoint file; other formats than safetensors need torch."""
    if path.suffix == ".safetensors":
        try:
            return load_safetensors(content)
        except SafetensorError as error:
            raise InvalidVoice(f"{path} is damaged: {error}.") from None
    from app.synthesis.coqui import parse_weights

    return {name: value.numpy() for name, value in parse_weights(content, path)["model"].items()}
