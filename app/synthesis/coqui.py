"""The only file that imports coqui-tts: its model classes, configurations and characters.

coqui-tts refuses to be imported unless torchaudio and torchcodec can be found. GlowTTS, Tacotron and HiFi-GAN use
neither, and torchaudio's wheel cannot be loaded beside a CPU build of torch: an empty module takes their place.
"""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from app.errors import InvalidVoice
from app.packages import stub_module

for missing in ("torchaudio", "torchcodec"):
    stub_module(missing)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations of coqui's own dependencies are no news for our users
    from TTS.config import register_config
    from TTS.tts.models import glow_tts
    from TTS.tts.models.glow_tts import GlowTTS
    from TTS.tts.models.tacotron import Tacotron
    from TTS.tts.models.tacotron2 import Tacotron2
    from TTS.tts.utils.languages import normalize_language
    from TTS.tts.utils.text import cleaners
    from TTS.tts.utils.text.characters import BaseCharacters, Graphemes, IPAPhonemes
    from TTS.tts.utils.text.tokenizer import TTSTokenizer
    from TTS.utils.generic_utils import import_class
    from TTS.vocoder.models.hifigan_generator import HifiganGenerator

__all__ = [
    "BaseCharacters",
    "HifiganGenerator",
    "IPAPhonemes",
    "build_acoustic",
    "build_hifigan",
    "cleaner",
    "known_alignment",
    "load_weights",
    "new_acoustic",
    "normalize_language",
    "parse_weights",
    "vocabulary",
]

logging.getLogger("TTS").setLevel(logging.WARNING)

ARCHITECTURES = {"glow_tts": GlowTTS, "tacotron": Tacotron, "tacotron2": Tacotron2}
CHARACTER_CLASSES = "TTS.tts.utils.text.characters."
"""A config names the class of its characters: only coqui's own are imported."""


def coqui_config(values: Mapping[str, Any], speakers: list[str]) -> Any:
    """coqui's config object. Paths of the training machine are taken out of it: nothing is read but what we read."""
    config = register_config(values["model"].lower())()
    config.from_dict(
        {**values, "speakers_file": None, "speakers": speakers, "datasets": [], "phoneme_cache_path": None}
    )
    config.audio.stats_path = None
    return config


def vocabulary(config: Any) -> BaseCharacters:
    """The characters that a checkpoint knows, in the order of its embeddings."""
    named = config.characters.characters_class if config.characters else None
    if named and not named.startswith(CHARACTER_CLASSES):
        raise InvalidVoice(f"The config names characters of {named!r}; only coqui's own classes can be used.")
    default = IPAPhonemes if config.use_phonemes else Graphemes
    characters, _ = (import_class(named) if named else default).init_from_config(config)
    return characters


def cleaner(name: str | None) -> Any:
    """coqui's text cleaner of that name; None where the config names none."""
    if not name:
        return None
    found = getattr(cleaners, name, None)
    if not name.endswith("cleaners") or not callable(found):
        raise InvalidVoice(f"The config names the text cleaner {name!r}, which coqui-tts does not have.")
    return found


def new_acoustic(architecture: str, config: Any, state: Mapping[str, Any] | None = None) -> nn.Module:
    """An acoustic model as it is trained: with some weights, or with random ones."""
    base = ARCHITECTURES[architecture]
    # A tokenizer that is already there keeps coqui from looking for the espeak-ng program.
    tokenizer = TTSTokenizer(characters=vocabulary(config))
    model: nn.Module = type(base.__name__, (base,), {"tokenizer": tokenizer})(config)
    if state is not None:
        fill(model, state["model"], architecture)
        if architecture != "glow_tts":
            saved = state.get("config") or {}
            # Fewer frames a step than its config says where they became fewer in training.
            model.decoder.set_r(state.get("r") or saved.get("r") or config.r)  # type: ignore[operator,union-attr]
    return model


@contextmanager
def known_alignment(path: Tensor) -> Iterator[None]:
    """While it lasts, GlowTTS aligns tokens and frames by `path` (B, tokens, frames) instead of searching."""
    search = glow_tts.maximum_path
    glow_tts.maximum_path = lambda value, mask: path * mask
    try:
        yield
    finally:
        glow_tts.maximum_path = search


def build_acoustic(architecture: str, config: Any, state: Mapping[str, Any] | None) -> nn.Module:
    """An acoustic model ready for inference: with some weights, or with random ones."""
    model = new_acoustic(architecture, config, state)
    if architecture == "glow_tts":
        model.eval()
        model.store_inverse()  # type: ignore[operator]  # the inverse of every 1x1 convolution, computed once
    return model.eval().requires_grad_(False)


def build_hifigan(config: Mapping[str, Any], state: Mapping[str, Any]) -> HifiganGenerator:
    """coqui's HiFi-GAN generator with its weights; the discriminators of a training checkpoint are left out."""
    parameters = {"in_channels": config["audio"]["num_mels"], **config["generator_model_params"]}
    generator = HifiganGenerator(out_channels=1, **parameters)
    weights = state["model"]
    prefix = "model_g."
    generated = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    fill(generator, generated or weights, "hifigan")
    return generator


def fill(module: nn.Module, weights: Mapping[str, Tensor], what: str, *, assign: bool = False) -> None:
    """Copy weights into a module, or `assign` them as they are; names or shapes that disagree are refused."""
    if not assign:
        weights = {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}
    try:
        module.load_state_dict(weights, assign=assign)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:300]
        raise InvalidVoice(f"The weights do not fit the {what} that their config describes: {first}") from None


def load_weights(path: Path) -> dict[str, Any]:
    """A checkpoint as coqui lays it out, `{"model": weights, …}`; no code of the file is ever run."""
    return parse_weights(path.read_bytes(), path)


def parse_weights(content: bytes, path: Path) -> dict[str, Any]:
    """The checkpoint in the content of a file; nothing of it is read from the file later, whatever becomes of that."""
    if path.suffix == ".safetensors":
        return parse_safetensors(content, path)
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        # torch raises whatever its restricted unpickler met; the first line says which type was refused.
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
    """The weights of a safetensors file, and the frames a step of a Tacotron, which stand in its metadata."""
    try:
        weights = load_safetensors(content)
    except SafetensorError as error:
        raise InvalidVoice(f"{path} is damaged: {error}.") from None
    # A file begins with the length of its header (8 bytes, little endian), which is JSON.
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    frames_a_step = header.get("__metadata__", {}).get("r", "")
    return {"model": weights, "r": int(frames_a_step) if frames_a_step.isdecimal() else None}
