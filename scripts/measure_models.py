"""Measure every supported architecture of coqui-tts, and write the table of `docs/models.md`.

Voices of random weights and coqui's default sizes, built with coqui's own classes, speak one sentence through the
engine. Random weights take the same time as trained ones, apart from the length of what they speak.

    python -m scripts.measure_models             # print the table
    python -m scripts.measure_models --write     # write it between the marks of docs/models.md
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from app.inference import Array, Backend
from app.settings import load_settings
from app.synthesis.coqui import (
    ARCHITECTURES,
    build_coqui_config,
    build_trainable_acoustic,
    build_vocabulary,
    create_generator,
)
from app.synthesis.loader import Loader, compute_mels
from app.synthesis.models.acoustic import AcousticInput, Mel
from app.synthesis.models.generators import DESIGNS
from app.synthesis.warmup import choose_backend
from app.types import Emotion
from app.voices import open_voice
from app.voices.architectures import END_TO_END, MIXES_CHECKPOINTS, MIXES_SPEAKERS, PARALLEL, PREDICTS_PITCH

PAGE = Path(__file__).parents[1] / "docs" / "models.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->"
TEXT = "The quick brown fox jumps over the lazy dog."
FRAMES = 172
"""About two seconds at 22,050 Hz."""
HIFIGAN = {
    "upsample_factors": [8, 8, 2, 2],
    "upsample_kernel_sizes": [16, 16, 4, 4],
    "upsample_initial_channel": 128,
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
    "resblock_type": "1",
}
GENERATORS: dict[str, dict[str, Any]] = {
    "hifigan": HIFIGAN,
    "melgan": {"upsample_factors": [8, 8, 2, 2], "num_res_blocks": 4},
    "multiband_melgan": {"upsample_factors": [8, 4, 2], "num_res_blocks": 4},
    "fullband_melgan": {"upsample_factors": [8, 8, 4], "num_res_blocks": 4},
    "parallel_wavegan": {"upsample_factors": [4, 4, 4, 4], "stacks": 3, "num_res_blocks": 30},
    "univnet": {
        **{"in_channels": 64, "out_channels": 1, "hidden_channels": 32, "cond_channels": 80, "dropout": 0.0},
        **{"upsample_factors": [8, 8, 4], "lvc_layers_each_block": 4, "lvc_kernel_size": 3},
        **{"kpnet_hidden_channels": 64, "kpnet_conv_size": 3},
    },
}
"""Parameters of coqui's defaults and releases."""
AUDIO = {"signal_norm": False, "log_func": "np.log", "spec_gain": 1.0, "mel_fmin": 0.0, "mel_fmax": 8000.0}


@dataclass(frozen=True, slots=True)
class Row:
    """A measured architecture."""

    kind: str
    name: str
    megabytes: float
    factor: float
    """Seconds of computing per second of audio; for an acoustic model, without the vocoder."""
    first_ms: float
    """Milliseconds to the first samples, with the short first chunk; for an acoustic model, those of its frames."""
    streams: str
    """What of an utterance is computed before its first sample."""
    batch: str
    """Time of four utterances in a batch relative to four alone, or that they are computed one by one."""
    seed: str
    """Whether a seed gave the same bytes twice."""
    notes: str


def write_voice(folder: Path, architecture: str, generator: str) -> Path:
    """Write a voice of random weights in safetensors."""
    torch.manual_seed(0)
    acoustic, vocoder = folder / "acoustic", folder / "vocoder"
    acoustic.mkdir(parents=True)
    chosen = {"model": architecture, "use_phonemes": True, "phonemizer": "espeak", "phoneme_language": "en-us"}
    config = build_coqui_config({**chosen, "text_cleaner": None}, [])
    config.audio.from_dict(AUDIO)
    config.num_chars = build_vocabulary(config).num_chars
    values = json.loads(config.to_json())
    (acoustic / "config.json").write_text(json.dumps(values))
    save(build_trainable_acoustic(architecture, build_coqui_config(values, [])), acoustic)
    spoken = {"checkpoint": "main"}
    manifest: dict[str, Any] = {"schema": 1, "name": "measured", "sample_rate": 22050, "emotions": {"neutral": spoken}}
    manifest["checkpoints"] = {"main": describe("acoustic", architecture)}
    if architecture not in END_TO_END:
        vocoder.mkdir()
        values = {
            "generator_model": f"{generator}_generator",
            "generator_model_params": GENERATORS[generator],
            "audio": {**AUDIO, "sample_rate": 22050, "hop_length": 256, "num_mels": 80},
        }
        (vocoder / "config.json").write_text(json.dumps(values))
        save(create_generator(generator, values), vocoder)
        manifest["vocoders"] = {"main": describe("vocoder", generator)}
        spoken["vocoder"] = "main"
    (folder / "voice.json").write_text(json.dumps(manifest))
    return folder


def describe(part: str, architecture: str) -> dict[str, str]:
    """Return the files of a network."""
    return {"model": f"{part}/model.safetensors", "config": f"{part}/config.json", "architecture": architecture}


def save(module: torch.nn.Module, folder: Path) -> None:
    """Write the weights of a module."""
    weights = {name: value.contiguous().clone() for name, value in module.state_dict().items()}
    save_file(weights, folder / "model.safetensors")


def measure(architecture: str, generator: str, backend: Backend, folder: Path) -> tuple[Row, Row | None]:
    """Measure an acoustic model, and its vocoder if it has one, each after a first run that prepares the backend."""
    loader = Loader(open_voice(write_voice(folder, architecture, generator)), backend)
    speaker = loader.load_speaker({Emotion.NEUTRAL: 1.0})
    tokens = speaker.checkpoint.tokenizer.encode(TEXT)
    inputs = [AcousticInput(tokens.ids, {}, 1.0, 1)]
    frames = compute_mels([speaker], inputs)[0].frames
    seconds = frames.shape[2] * speaker.vocoder.hop_length / loader.voice.sample_rate
    again: list[Mel] = []
    acoustic = time_call(lambda: again.extend(compute_mels([speaker], inputs)))
    size = (folder / "acoustic" / "model.safetensors").stat().st_size / 1e6
    seed = "same" if all(np.array_equal(frames, one.frames) for one in again) else "differs"
    batch = "one by one"
    if architecture == "glow_tts" or (architecture in PARALLEL and architecture not in END_TO_END):
        four = [speaker] * 4, inputs * 4
        compute_mels(*four)
        batch = f"{time_call(lambda: compute_mels(*four)) / (4 * acoustic):.2f}"
    mel = np.random.default_rng(0).normal(-5, 1, (1, frames.shape[1], FRAMES)).astype(np.float32)

    def vocode() -> Iterator[Array]:
        return speaker.vocoder.generate_chunks(mel, 1, low_latency=True)

    before = list(vocode())
    first = time_call(lambda: next(vocode()))
    spent = time_call(lambda: list(vocode()))
    spoken = FRAMES * speaker.vocoder.hop_length / loader.voice.sample_rate
    parts = note(architecture)
    if architecture in END_TO_END:
        factor, first_ms = acoustic / seconds + spent / spoken, 1000 * (acoustic + first)
        streams = "after the latents of the utterance"
        return Row("end to end", architecture, size, factor, first_ms, streams, batch, seed, parts), None
    ms = 1000 * acoustic
    row = Row("acoustic", architecture, size, acoustic / seconds, ms, "whole utterance", batch, seed, parts)
    size = (folder / "vocoder" / "model.safetensors").stat().st_size / 1e6
    seed = "same" if all(map(np.array_equal, before, vocode())) else "differs"
    values = (size, spent / spoken, 1000 * first, "in chunks", "one by one", seed)
    return row, Row("vocoder", generator, *values, note(generator))


def time_call(call: Callable[[], object]) -> float:
    """Return the seconds that a call takes, the best of three if it is short."""
    taken: list[float] = []
    while not taken or (len(taken) < 3 and taken[0] < 1):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return min(taken)


def note(architecture: str) -> str:
    """Return what is special about an architecture."""
    if architecture in DESIGNS:
        design = DESIGNS[architecture](GENERATORS[architecture])
        noise = ", noise of the seed" if design.noise else ""
        return f"chunks overlap by {design.margin} frames{noise}"
    parts = ["no word times"] if architecture.startswith("tacotron") else ["word times"]
    if architecture in MIXES_SPEAKERS:
        parts.append("degree between speakers and checkpoints")
    elif architecture in MIXES_CHECKPOINTS:
        parts.append("degree between checkpoints")
    if architecture in PREDICTS_PITCH:
        parts.append("pitch of the model")
    return ", ".join(parts)


def measure_all() -> list[Row]:
    """Measure all architectures; the vocoders one by one with the first acoustic models."""
    rows: list[Row] = []
    settings = load_settings()
    separate = [name for name in ARCHITECTURES if name not in END_TO_END]
    alone = [name for name in ARCHITECTURES if name in END_TO_END]
    pairs = [*((name, "") for name in alone), *zip_longest(separate, DESIGNS, fillvalue="")]
    with tempfile.TemporaryDirectory() as scratch:
        voice = open_voice(write_voice(Path(scratch, "choice"), "glow_tts", "hifigan"))
        backend = choose_backend(settings.backend, voice, Path(scratch, "graphs"), 1, 1)
        for number, (architecture, generator) in enumerate(pairs):
            acoustic, vocoder = measure(architecture, generator or "hifigan", backend, Path(scratch, str(number)))
            found = [acoustic, *([vocoder] if vocoder and generator else [])]
            sys.stdout.write("".join(f"{format_row(row)}\n" for row in found))
            sys.stdout.flush()
            rows += found
    return sorted(rows, key=lambda row: row.kind)


def format_row(row: Row) -> str:
    """Return a row of the Markdown table."""
    figures = f"{row.megabytes:.0f} | {row.factor:.3f} | {row.first_ms:.0f}"
    return f"| {row.kind} | `{row.name}` | {figures} | {row.streams} | {row.batch} | {row.seed} | {row.notes} |"


def main() -> None:
    """Measure, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    options = parser.parse_args()
    torch.set_num_threads(1)
    columns = ("kind", "architecture", "MB", "real-time factor", "first, ms", "streams", "batch", "seed", "")
    header = f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|\n"
    table = header + "\n".join(map(format_row, measure_all())) + "\n"
    if options.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}{table}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
