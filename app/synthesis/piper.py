"""Load a Piper voice: the tokenizer of its ids, and its networks."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from app.inference import Backend, ExampleInputs, LazyModule, Network
from app.inference.graph_cache import make_graph_key
from app.synthesis.models.acoustic import LoadedCheckpoint
from app.synthesis.models.piper import PiperDesign, PiperModel, Scales
from app.synthesis.tokenizer import PUNCTUATION, Tokenizer
from app.voices import Voice
from app.voices.manifest import Checkpoint
from app.voices.piper_config import BEGIN, END, PAD, PiperConfig, parse_piper_config, read_piper_speakers

MARKS = {mark: mark for mark in ".,:;?!"} | {"—": ";", "…": ","}
"""Mark that a voice reads for each mark of a text: it was trained on those at which espeak-ng ends a clause."""
FOREIGN_MARKS = str.maketrans("。、，；：？！।؟،؛", ".,,;:?!.?,;")
"""Marks of other scripts, which are read as these."""


class PiperTokenizer(Tokenizer):
    """Tokenizer of a Piper voice: phonemes of espeak-ng, of which an accent is a symbol of its own, and few marks."""

    def __init__(self, config: PiperConfig, language: str | None = None) -> None:
        """Prepare the tokenizer of a config; `language` overrides its language of espeak-ng."""
        ids = config.ids
        frontend = {
            "ids": ids,
            "blank": ids[PAD],
            "ends": (ids[BEGIN], ids[END]),
            "language": config.espeak_voice,
            "cleaner": None,
            "phonemes": config.reads_phonemes,
        }
        self.replaced = str.maketrans({one: "".join(new) for one, new in config.phoneme_map.items() if len(one) == 1})
        self.knows_capitals = any(symbol.isupper() for symbol in ids)
        super().__init__(frontend, language)
        # They stand between phonemes and at the ends, and are no part of a text.
        self.ids = {symbol: number for symbol, number in ids.items() if symbol not in (PAD, BEGIN, END)}

    def read_stretch(self, ipa: str, text: str) -> str:
        """See `Tokenizer.read_stretch`."""
        symbols = super().read_stretch(ipa, text.translate(FOREIGN_MARKS))
        parts = PUNCTUATION.split(symbols)
        parts[1::2] = [simplify_marks(part) for part in parts[1::2]]
        decomposed = unicodedata.normalize("NFD", "".join(parts).translate(self.replaced))
        return decomposed if self.phonemizer or self.knows_capitals else decomposed.lower()

    def read_symbols(self, spoken: str) -> str:
        """See `Tokenizer.read_symbols`; a sentence ends with its mark."""
        return super().read_symbols(spoken).strip()


def simplify_marks(marks: str) -> str:
    """Return the first of some adjacent marks that a voice reads, with a space after it if there is any."""
    mark = next((MARKS[mark] for mark in marks if mark in MARKS), "")
    return mark + " " * any(map(str.isspace, marks))


def load_piper(backend: Backend, voice: Voice, files: Checkpoint, values: Mapping[str, Any]) -> LoadedCheckpoint:
    """Load the checkpoint of a Piper voice from its files and its config."""
    path = voice.find_file(files.config)
    config = parse_piper_config(values, path)
    key = make_graph_key("piper", voice.hashes[files.model])
    model = compile_piper(backend, key, cache(partial(voice.read_weights, files.model)), config)
    return LoadedCheckpoint(
        PiperTokenizer(config, voice.choose_phonemes(config.espeak_voice)),
        model,
        tuple(read_piper_speakers(path, values)),
    )


def compile_piper(backend: Backend, key: str, load: Any, config: PiperConfig) -> PiperModel:
    """Compile the networks of a Piper voice; `load` returns its ONNX graph."""

    def describe() -> dict[str, Any]:
        from app.synthesis.models.piper_graph import describe_graph

        return describe_graph(load())

    def build(part: str) -> Any:
        from app.synthesis.models import piper_graph

        return getattr(piper_graph, part)(load())

    def make(part: str, example: ExampleInputs, precise: bool = False) -> Network:
        return backend.compile(LazyModule(part, key, partial(build, part), is_graph=True), example, precise)

    design = PiperDesign(**backend.recall(make_graph_key("design", key), describe))
    # First, because it is most of the work, see `Loader.load_largest`.
    generate = make("build_generator", design.make_features)
    # In float32: durations are rounded up to whole frames, so a small error would add a frame.
    encode = make("build_encoder", design.make_symbols, precise=True)
    # In float32: it counts the frames, and bfloat16 has no number between 256 and 258.
    flow = make("build_flow", design.make_latents, precise=True)
    scales = Scales(config.noise_scale, config.length_scale, config.noise_w)
    return PiperModel(design, scales, config.sample_rate, encode, flow, generate)
