"""Compile the networks of voices, and read what else is needed of a checkpoint.

A network that the backend does not have yet is built from the files of the voice, in functions that import torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_safetensors

from app.errors import InvalidVoice
from app.inference import AnyArray, Array, Backend, ExampleInputs, LazyModule, Network
from app.inference.graph_cache import make_graph_key
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


class Part(NamedTuple):
    """A part of an acoustic model that is compiled by itself."""

    module: str
    """Module within `app.synthesis.models` that has its class."""
    name: str
    """Class that takes it from coqui's model."""
    example: ExampleInputs
    precise: bool = False
    """Whether it is computed in float32: durations are rounded to whole frames, so a small error would change one."""
    more: tuple[Any, ...] = ()
    """Arguments of the class after coqui's model."""

    def build(self, load: Load) -> nn.Module:
        """Build the torch module of the part."""
        models = import_module(f"app.synthesis.models.{self.module}")
        built: nn.Module = getattr(models, self.name)(load(), *self.more)
        return built

    def compile(self, backend: Backend, key: str, load: Load) -> Network:
        """Compile the part."""
        module = LazyModule(self.name, make_graph_key(key, *self.more), partial(self.build, load))
        return backend.compile(module, self.example, self.precise)


def list_glow_parts(design: GlowDesign) -> list[Part]:
    """Return the parts of a GlowTTS, in the order of `GlowAcoustic`."""
    encoder = Part("glow_modules", "GlowEncoder", design.make_tokens, precise=True)
    return [encoder, Part("glow_modules", "GlowDecoder", design.make_frames)]


def list_parallel_parts(design: ParallelDesign, language: int | None) -> list[Part]:
    """Return the parts of a `ParallelAcoustic`, in its order; `language` is the index of a VITS's language."""
    where = "parallel_modules"
    if not design.is_vits:
        encoder = Part(where, "ForwardEncoder", design.make_tokens, precise=True)
        return [encoder, Part(where, "FrameDecoder", design.make_frames)]
    encoder = Part(where, "VitsEncoder", design.make_tokens, precise=True, more=(language,))
    parts = [Part(where, name, design.make_frames) for name in ("VitsFlow", "VitsGenerator")]
    return [encoder, *parts]


def read_design(backend: Backend, key: str, describe: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a model's design, with its speaker embeddings as an array."""
    values = backend.recall(make_graph_key("design", key), describe)
    speakers = None if values["speakers"] is None else np.array(values["speakers"], np.float32)
    return {**values, "speakers": speakers}


def compile_glow(backend: Backend, key: str, load: Load, frame_rate: float) -> GlowAcoustic:
    """Compile the networks of a GlowTTS."""

    def describe() -> dict[str, Any]:
        from app.synthesis.models.glow_modules import describe_glow

        return describe_glow(load())

    design = GlowDesign(**read_design(backend, key, describe))
    encode, decode = (part.compile(backend, key, load) for part in list_glow_parts(design))
    return GlowAcoustic(design, encode, decode, frame_rate, make_recall(backend, key))


def make_recall(backend: Backend, key: str) -> Callable[[Callable[[], bool]], bool]:
    """Return the function that recalls whether batches change an utterance of a model."""
    return partial(backend.recall, make_graph_key("batch invariance", key), here=True)


def compile_parallel(
    backend: Backend, key: str, load: Load, config: Mapping[str, Any], language: int | None, variation: float
) -> ParallelAcoustic:
    """Compile the networks of a VITS, a ForwardTTS or an AlignTTS; `language` is the index of a VITS's language.

    `variation` is that of the pitch, see `ParallelAcoustic`.
    """
    audio, args = AudioConfig.from_dict(config["audio"]), load_arguments(backend, config)

    def describe() -> dict[str, Any]:
        from app.synthesis.models.parallel_modules import describe_parallel

        return describe_parallel(load())

    design = ParallelDesign(**read_design(backend, key, describe))
    parts = list_parallel_parts(design, language)
    # The last first, because a generator is most of the work, see `Loader.load_largest`.
    encode, decode, *generate = reversed([part.compile(backend, key, load) for part in reversed(parts)])
    frame_rate = (args.get("encoder_sample_rate") or audio.sample_rate) / audio.hop_length
    if not generate:
        return ParallelAcoustic(design, encode, decode, frame_rate, variation, make_recall(backend, key))
    generator = design_hifigan({name.removesuffix("_decoder"): value for name, value in args.items()})
    return VitsModel(design, encode, decode, frame_rate, generate[0], generator)


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
MixedModel: TypeAlias = GlowAcoustic | ParallelAcoustic
"""A model whose weights can be mixed with those of others."""
EXAMPLE_LENGTH = 32
"""Tokens or frames of the example that shows which weights a model uses."""


class MixtureNetworks(NamedTuple):
    """Networks of a model that take their weights before their other inputs, in the model's order."""

    networks: Sequence[Network]
    weights: Sequence[Shapes]
    """Weights of each network, in the order of its inputs."""


def compile_mixture(
    backend: Backend,
    model: MixedModel,
    config: Mapping[str, Any],
    speakers: Sequence[str],
    language: int | None,
) -> MixtureNetworks:
    """Compile the networks of a model for weights that are not known yet."""
    parts = (
        list_glow_parts(model.design)
        if isinstance(model, GlowAcoustic)
        else list_parallel_parts(model.design, language)
    )

    @cache
    def load() -> list[nn.Module]:
        from app.inference.pytorch import prepare_for_inference
        from app.synthesis.coqui import build_acoustic, build_coqui_config

        built = build_acoustic(config["model"].lower(), build_coqui_config(config, list(speakers)), None)
        return [prepare_for_inference(part.build(lambda: built)) for part in parts]

    def describe() -> list[dict[str, list[int]]]:
        from app.synthesis.models.glow_modules import list_used_weights

        return [
            list_used_weights(module, part.example(1, EXAMPLE_LENGTH))
            for module, part in zip(load(), parts, strict=True)
        ]

    def build(place: int) -> nn.Module:
        from app.synthesis.models.glow_modules import WithWeights

        return WithWeights(load()[place], list(shapes[place]))

    def make_example(place: int, batch: int, length: int) -> tuple[AnyArray, ...]:
        weights = (np.zeros(shape, np.float32) for shape in shapes[place].values())
        return *weights, *parts[place].example(batch, length)

    key = make_graph_key("mixture", config, speakers, language)
    shapes: list[Shapes] = backend.recall(make_graph_key("weights", key), describe)
    networks = [
        backend.compile(
            LazyModule(f"{part.name} with weights", key, partial(build, place)),
            partial(make_example, place),
            part.precise,
        )
        for place, part in enumerate(parts)
    ]
    return MixtureNetworks(networks, shapes)


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
