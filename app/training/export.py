"""The folder of a checkpoint, as a voice has it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

SPEAKERS_FILE = "speakers.json"
RAW_FILE = "training.safetensors"


def write_checkpoint(
    folder: Path,
    config: Mapping[str, Any],
    weights: Mapping[str, Tensor],
    speakers: Sequence[str] = (),
    metadata: dict[str, str] | None = None,
) -> None:
    """Write `config.json`, `model.safetensors` and, for several speakers, the file that numbers them."""
    folder.mkdir(parents=True, exist_ok=True)
    values = dict(config)
    if speakers:
        values |= {"use_speaker_embedding": True, "speakers_file": SPEAKERS_FILE}
        write_json(folder / SPEAKERS_FILE, {name: number for number, name in enumerate(speakers)})
    write_json(folder / "config.json", values)
    save_file(dict(weights), folder / "model.safetensors", metadata)


def write_json(path: Path, value: Any) -> None:
    """As people read it."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_raw(folder: Path, module: nn.Module, step: int) -> None:
    """The weights before averaging, in half precision: what a later training goes on from."""
    raw = {name: value.half().contiguous() for name, value in module.state_dict().items()}
    save_file(raw, folder / RAW_FILE, {"step": str(step)})
