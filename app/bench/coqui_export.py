"""The shipped voice as files that coqui's own server can load.

Its acoustic model is the very same. Its vocoder is of a kind that coqui does not know: a HiFi-GAN V2, the smallest and
fastest that coqui's users have, takes its place. The weights of that one are random: the speed is that of any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from app.speech.coqui import HifiganGenerator, load_weights

GENERATOR: dict[str, Any] = {
    "upsample_factors": [5, 5, 4, 3],
    "upsample_kernel_sizes": [11, 11, 8, 7],
    "upsample_initial_channel": 128,
    "resblock_type": "1",
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
}
"""HiFi-GAN V2 (arXiv 2010.05646) for a hop of 300 samples, the product of the factors. Each kernel is as much wider
than its factor as makes the difference even, which coqui's padding needs."""


@dataclass(frozen=True, slots=True)
class CoquiFiles:
    """What `tts-server` is started with."""

    model: Path
    config: Path
    vocoder: Path
    vocoder_config: Path


def export(checkpoint: Path, folder: Path) -> CoquiFiles:
    """Write a GlowTTS checkpoint (a folder with config.json, model.safetensors and speakers.json), and a vocoder."""
    files = CoquiFiles(
        folder / "model.pth", folder / "config.json", folder / "vocoder.pth", folder / "vocoder_config.json"
    )
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    weights = {name: value.float() for name, value in load_weights(checkpoint / "model.safetensors")["model"].items()}
    torch.save({"model": weights}, files.model)
    # coqui looks for the file from the folder where the server was started, unless it is absolute.
    config["speakers_file"] = str((checkpoint / config["speakers_file"]).resolve())
    _write(files.config, config)
    _export_vocoder(config["audio"], files)
    return files


def _export_vocoder(audio: dict[str, Any], files: CoquiFiles) -> None:
    generator = HifiganGenerator(in_channels=audio["num_mels"], out_channels=1, **GENERATOR)
    # An entry for discriminators, even an empty one, tells coqui that "model" is the generator alone.
    torch.save({"model": generator.state_dict(), "model_disc": {}}, files.vocoder)
    _write(files.vocoder_config, {"model": "hifigan", "audio": audio, "generator_model_params": GENERATOR})


def _write(file: Path, config: dict[str, Any]) -> None:
    file.write_text(json.dumps(config, indent=1), encoding="utf-8")
