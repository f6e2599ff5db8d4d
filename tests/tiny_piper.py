"""Write Piper voices of random weights: a small graph with the inputs, outputs and parts of Piper's export."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.onnx_file import FLOAT, INT64, OnnxGraph

SYMBOLS = "_^$ !',-.:;?abcdefhijklmnoprstuvwxyzðŋɐɑɔəɚɛɡɪɹʃʊʌʒʔˈˌːθᵻæ\u0303"
CHANNELS, LATENTS, FEATURES, HOP = 16, 8, 6, 4
"""Channels of the embeddings, the latents and the generator's input; samples per frame."""


def write_tiny_piper(folder: Path, speakers: tuple[str, ...] = (), name: str = "tiny", **changes: Any) -> Path:
    """Write the two files of a voice into a folder; `changes` replace values of its config. Return the `.onnx` file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.onnx"
    path.write_bytes(build_graph(len(speakers)))
    config = {
        "audio": {"sample_rate": 22050, "quality": "x_low"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1.1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(SYMBOLS)},
        "num_symbols": len(SYMBOLS),
        "num_speakers": max(1, len(speakers)),
        "speaker_id_map": {speaker: number for number, speaker in enumerate(speakers)},
        "language": {"code": "en_GB"},
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps({**config, **changes}))
    return path


def write_piper_voice(folder: Path, speakers: tuple[str, ...] = (), **changes: Any) -> Path:
    """Write a voice folder with a Piper voice; `changes` go into voice.json."""
    write_tiny_piper(folder, speakers)
    files = {"model": "tiny.onnx", "config": "tiny.onnx.json", "architecture": "piper"}
    emotions = {
        name: {"checkpoint": "main", **({"speaker": name} if speakers else {})} for name in speakers or ("neutral",)
    }
    manifest = {"schema": 1, "name": "tiny", "sample_rate": 22050, "checkpoints": {"main": files}, "emotions": emotions}
    (folder / "voice.json").write_text(json.dumps({**manifest, **changes}))
    return folder


def build_graph(speakers: int, seed: int = 0) -> bytes:
    """Return an ONNX file: encoder, stochastic durations, alignment, flow and generator, as VITS has them."""
    graph, random = OnnxGraph(), np.random.default_rng(seed)

    def weights(*shape: int) -> str:
        return graph.constant(random.standard_normal(shape) / np.sqrt(np.prod(shape[1:])))

    def turn(value: str) -> str:
        return graph.add("Transpose", value, perm=[0, 2, 1])

    def scale(number: int) -> str:
        return graph.add("Gather", "scales", graph.constant(number, np.int64))

    def integers(*values: int) -> str:
        return graph.constant(values, np.int64)

    def sequence(lengths: str, longest: str) -> tuple[str, str]:
        """Return the numbers of the places up to the greatest length, (T,), and which of them are inside, (1, 1, T)."""
        zero, one = graph.constant(0, np.int64), graph.constant(1, np.int64)
        places = graph.add("Cast", graph.add("Range", zero, longest, one), to=FLOAT)
        edges = graph.add("Unsqueeze", lengths, integers(1))
        inside = graph.add("Less", graph.add("Unsqueeze", places, integers(0)), edges)
        return places, graph.add("Cast", graph.add("Unsqueeze", inside, integers(1)), to=FLOAT)

    padded = graph.add("Gather", graph.add("Shape", "input"), graph.constant(1, np.int64))
    known = sequence(graph.add("Cast", "input_lengths", to=FLOAT), padded)[1]
    embedded = graph.add("Mul", turn(graph.add("Gather", weights(len(SYMBOLS), CHANNELS), "input")), known)
    stats = graph.add("Conv", embedded, weights(2 * LATENTS, CHANNELS, 3), pads=[1, 1])
    graph.add("Split", stats, integers(LATENTS, LATENTS), outputs=("mean", "log_scale"), axis=1)

    hidden = graph.add("Conv", embedded, weights(2, CHANNELS, 1))
    noise = graph.add("Mul", graph.add("RandomNormalLike", hidden), scale(2))
    log_durations = graph.add("Conv", graph.add("Add", hidden, noise), weights(1, 2, 1))
    factor = graph.add("Mul", graph.constant(3.0), scale(1))
    positive = graph.add("Mul", graph.add("Exp", log_durations), known)
    durations = graph.add("Ceil", graph.add("Mul", positive, factor))

    lengths = graph.add("Clip", graph.add("ReduceSum", durations, integers(1, 2), keepdims=0), graph.constant(1.0))
    frames, mask = sequence(lengths, graph.add("Cast", graph.add("ReduceMax", lengths, keepdims=0), to=INT64))
    ends = graph.add("CumSum", durations, graph.constant(2, np.int64))
    starts, place = graph.add("Sub", ends, durations), graph.add("Unsqueeze", frames, integers(0, 1))
    before = [graph.add("Cast", graph.add("Less", place, turn(edge)), to=FLOAT) for edge in (ends, starts)]
    alignment = turn(graph.add("Sub", *before))
    mean, log_scale = (turn(graph.add("MatMul", alignment, turn(value))) for value in ("mean", "log_scale"))
    deviation = graph.add("Mul", graph.add("RandomNormalLike", mean), graph.add("Exp", log_scale))
    latents = graph.add("Add", mean, graph.add("Mul", deviation, scale(0)))

    flow = graph.add("Conv", latents, weights(LATENTS, LATENTS, 3), pads=[1, 1])
    if speakers:
        speaker = graph.add("Gather", weights(speakers, LATENTS), "sid")
        flow = graph.add("Add", flow, graph.add("Unsqueeze", speaker, integers(2)))
    first = graph.add("Conv", graph.add("Mul", flow, mask), weights(FEATURES, LATENTS, 7), pads=[3, 3])
    raised = graph.add(
        "ConvTranspose", graph.add("LeakyRelu", first), weights(FEATURES, 4, 8), strides=[HOP], pads=[2, 2]
    )
    last = graph.add("Conv", graph.add("LeakyRelu", raised), weights(1, 4, 7), pads=[6, 6], dilations=[2])
    graph.add("Unsqueeze", graph.add("Tanh", last), integers(1), outputs=("output",))
    inputs = {"input": (INT64, ["batch", "symbols"]), "input_lengths": (INT64, ["batch"]), "scales": (FLOAT, [3])}
    return graph.encode(inputs | ({"sid": (INT64, ["batch"])} if speakers else {}), "output")
