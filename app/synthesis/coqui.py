"""Wrap coqui-tts: model classes, configurations and characters. No other module imports it.

coqui-tts cannot be imported without torchaudio and torchcodec. GlowTTS, Tacotron and HiFi-GAN use neither, and
torchaudio's wheel does not load with a CPU build of torch, so empty modules replace both.
"""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from app.errors import InvalidVoice
from app.packages import stub_module
from app.voices.architectures import FORWARD_TTS
from app.voices.coqui_config import read_generator_name

for missing in ("torchaudio", "torchcodec"):
    stub_module(missing)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations in coqui's own dependencies do not concern our users
    from TTS.config import register_config
    from TTS.tts.models import base_tts, glow_tts
    from TTS.tts.utils.languages import normalize_language
    from TTS.tts.utils.text import cleaners
    from TTS.tts.utils.text.characters import BaseCharacters, Graphemes, IPAPhonemes
    from TTS.tts.utils.text.tokenizer import TTSTokenizer
    from TTS.utils.generic_utils import import_class
    from TTS.vocoder.models import setup_generator
    from TTS.vocoder.models.hifigan_generator import HifiganGenerator

__all__ = [
    "BaseCharacters",
    "HifiganGenerator",
    "IPAPhonemes",
    "build_acoustic",
    "build_generator",
    "build_trainable_acoustic",
    "build_vocabulary",
    "describe_frontend",
    "find_cleaner",
    "load_weights",
    "parse_weights",
    "use_alignment",
]

logging.getLogger("TTS").setLevel(logging.WARNING)

MODELS = "TTS.tts.models."
ARCHITECTURES = {
    "glow_tts": "glow_tts.GlowTTS",
    "tacotron": "tacotron.Tacotron",
    "tacotron2": "tacotron2.Tacotron2",
    "vits": "vits.Vits",
    **dict.fromkeys(FORWARD_TTS, "forward_tts.ForwardTTS"),
    "align_tts": "align_tts.AlignTTS",
    "overflow": "overflow.Overflow",
    "neuralhmm_tts": "neuralhmm_tts.NeuralhmmTTS",
}
"""Classes within `MODELS`, which are imported when they are needed."""
CHARACTER_CLASSES = ("TTS.tts.utils.text.characters.", f"{MODELS}vits.VitsCharacters")
"""Module of coqui's character classes, and one that is elsewhere; a config may name no other class."""
NO_FILES = {
    **dict.fromkeys(("speakers_file", "speaker_file", "language_ids_file", "d_vector_file")),
    **{"speaker_encoder_model_path": "", "speaker_encoder_config_path": ""},
}
"""Paths of the training machine in a config or its `model_args`."""
TRAINING_ONLY = {"init_discriminator": False, "use_speaker_encoder_as_loss": False}
"""Parts of VITS that only training needs."""
TRAINING_WEIGHTS = ("disc.", "speaker_encoder.", "audio_resampler.")
"""Their weights."""


def build_coqui_config(values: Mapping[str, Any], speakers: list[str]) -> Any:
    """Build coqui's config object without the training machine's paths, so that coqui opens none of those files."""
    config = register_config(values["model"].lower())()
    known = {**values, "speakers": speakers, "datasets": [], "phoneme_cache_path": None}
    known |= {name: value for name, value in NO_FILES.items() if name in known}
    if isinstance(values.get("model_args"), Mapping):
        args = dict(values["model_args"])
        known["model_args"] = args | {name: one for name, one in (NO_FILES | TRAINING_ONLY).items() if name in args}
    config.from_dict(known)
    config.audio.stats_path = None
    return config


def build_vocabulary(config: Any) -> BaseCharacters:
    """Return the characters of a checkpoint's vocabulary, in the order of its embeddings."""
    named = config.characters.characters_class if config.characters else None
    if named and not named.startswith(CHARACTER_CLASSES):
        raise InvalidVoice(f"The config names characters of {named!r}; only coqui's own classes can be used.")
    default = IPAPhonemes if config.use_phonemes else Graphemes
    characters, _ = (import_class(named) if named else default).init_from_config(config)
    return characters


def describe_frontend(config: Any) -> dict[str, Any]:
    """Return the arguments of `app.synthesis.tokenizer.Tokenizer`, as JSON."""
    characters = build_vocabulary(config)
    return {
        "ids": {character: characters.char_to_id(character) for character in characters.vocab},
        "blank": characters.char_to_id(characters.blank) if config.add_blank else None,
        "ends": [characters.bos_id, characters.eos_id] if config.enable_eos_bos_chars else None,
        "cleaner": config.text_cleaner or None,
        "language": config.phoneme_language or None,
        "phonemes": bool(config.use_phonemes),
    }


def find_cleaner(name: str, language: str) -> Callable[[str], str]:
    """Return coqui's text cleaner of the given name for a language."""
    found = getattr(cleaners, name, None)
    if not name.endswith("cleaners") or not callable(found):
        raise InvalidVoice(f"The config names the text cleaner {name!r}, which coqui-tts does not have.")
    return partial(found, lang=normalize_language(language))


def build_trainable_acoustic(architecture: str, config: Any, state: Mapping[str, Any] | None = None) -> nn.Module:
    """Build an acoustic model as it is trained, with the weights of `state` or with random ones."""
    base = import_class(MODELS + ARCHITECTURES[architecture])
    # With a tokenizer in place coqui does not look for the espeak-ng program; its resampler needs torchaudio.
    changes = {"tokenizer": TTSTokenizer(characters=build_vocabulary(config)), "init_upsampling": lambda model: None}
    with leave_out_audio_processor():
        model: nn.Module = type(base.__name__, (base,), changes)(config)
    if state is not None:
        fill_weights(model, drop_training_weights(state["model"]), architecture)
        if architecture in ("tacotron", "tacotron2"):
            saved = state.get("config") or {}
            # Frames per decoder step: gradual training may have reduced them below the config's value.
            model.decoder.set_r(state.get("r") or saved.get("r") or config.r)  # type: ignore[operator,union-attr]
    return model


def drop_training_weights(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights without those of parts that only training needs."""
    return {name: value for name, value in weights.items() if not name.startswith(TRAINING_WEIGHTS)}


@contextmanager
def leave_out_audio_processor() -> Iterator[None]:
    """Make coqui's models without their object that analyzes recordings, whose imports take two seconds."""
    processor = base_tts.AudioProcessor
    base_tts.AudioProcessor = lambda config: None
    try:
        yield
    finally:
        base_tts.AudioProcessor = processor


@contextmanager
def use_alignment(path: Tensor) -> Iterator[None]:
    """Make GlowTTS use the alignment `path` (B, tokens, frames) instead of searching for one."""
    search = glow_tts.maximum_path
    glow_tts.maximum_path = lambda value, mask: path * mask
    try:
        yield
    finally:
        glow_tts.maximum_path = search


def build_acoustic(architecture: str, config: Any, state: Mapping[str, Any] | None) -> nn.Module:
    """Build an acoustic model for inference, with the weights of `state` or with random ones."""
    model = build_trainable_acoustic(architecture, config, state)
    flow: Any = {"glow_tts": model, "overflow": getattr(model, "decoder", None)}.get(architecture)
    if flow is not None:
        model.eval()
        flow.store_inverse()  # the inverse of every 1x1 convolution, computed once
    return model.eval().requires_grad_(False)


def build_generator(config: Mapping[str, Any], state: Mapping[str, Any]) -> nn.Module:
    """Build one of coqui's generators with its weights; a training checkpoint's discriminators are ignored."""
    architecture = read_generator_name(config)
    generator = create_generator(architecture, config)
    weights = state["model"]
    prefix = "model_g."
    generated = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    fill_weights(generator, generated or weights, architecture)
    return generator


def create_generator(architecture: str, config: Mapping[str, Any]) -> nn.Module:
    """Create one of coqui's generators with random weights."""
    parameters = dict(config["generator_model_params"])
    values = SimpleNamespace(
        generator_model=f"{architecture}_generator", generator_model_params=parameters, audio=config["audio"]
    )
    generator: nn.Module = setup_generator(values)
    return generator


def fill_weights(module: nn.Module, weights: Mapping[str, Tensor], what: str) -> None:
    """Copy weights into a module. Raises InvalidVoice if names or shapes disagree."""
    weights = {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:300]
        raise InvalidVoice(f"The weights do not fit the {what} that their config describes: {first}") from None


def load_weights(path: Path) -> dict[str, Any]:
    """Load a checkpoint in coqui's layout, `{"model": weights, …}`, without running code from the file."""
    return parse_weights(path.read_bytes(), path)


def parse_weights(content: bytes, path: Path) -> dict[str, Any]:
    """Parse the content of a checkpoint file; nothing is read from `path`, so later changes to it have no effect."""
    if path.suffix == ".safetensors":
        return parse_safetensors(content, path)
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        # torch passes on any exception of its restricted unpickler; the first line names the refused type.
        raise InvalidVoice(
            f"{path} cannot be loaded without running code from it ({str(error).splitlines()[0][:200]}).",
            hint="Save its weights as safetensors: safetensors.torch.save_file(state['model'], 'model.safetensors').",
        ) from None
    if not isinstance(state, dict):
        raise InvalidVoice(f"{path} does not hold a checkpoint.")
    if "model" not in state and "model_g" not in state:
        return {"model": state}
    return {**state, "model": state.get("model", state.get("model_g"))}


def parse_safetensors(content: bytes, path: Path) -> dict[str, Any]:
    """Parse a safetensors file: its weights and, from its metadata, a Tacotron's frames per decoder step."""
    try:
        weights = load_safetensors(content)
    except SafetensorError as error:
        raise InvalidVoice(f"{path} is damaged: {error}.") from None
    # A file begins with the length of its JSON header (8 bytes, little-endian).
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    frames_a_step = header.get("__metadata__", {}).get("r", "")
    return {"model": weights, "r": int(frames_a_step) if frames_a_step.isdecimal() else None}
