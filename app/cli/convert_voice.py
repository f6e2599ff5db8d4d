"""Run `intone voices convert`: write the `.pth` weights of a voice as safetensors."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from app.audio.files import open_output
from app.cli.parser import UsageError
from app.voices.discover import SAFETENSORS, WEIGHT_EXTENSIONS, strip_extension
from app.voices.manifest import FILE_NAME, read_manifest
from app.voices.voice import open_voice

PICKLED = tuple(extension for extension in WEIGHT_EXTENSIONS if extension.startswith(".p"))
"""Extensions of files that torch writes."""
UNUSED = ("model_d.", "disc.", "speaker_encoder.")
"""Weights that only training needs."""


def convert_voice(options: argparse.Namespace) -> int:
    """Convert a file, or all weights of a voice, whose voice.json then names the new files; the old ones stay."""
    path: Path = options.path
    if path.is_file():
        if not path.name.endswith(PICKLED):
            raise UsageError(f"{path} is no {' or '.join(PICKLED)} file.")
        report(path, convert_file(path))
        return 0
    if not (path / FILE_NAME).is_file():
        raise UsageError(f"There is no {path / FILE_NAME}.", hint=f"Write it first: intone voices add {path}")
    open_voice(path)
    values = read_manifest(path).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    parts = [part for kind in ("checkpoints", "vocoders") for part in values.get(kind, {}).values()]
    converted: dict[str, Path] = {}
    for part in (one for one in parts if one["model"].endswith(PICKLED)):
        old = path / part["model"]
        if part["model"] not in converted:
            converted[part["model"]] = convert_file(old)
            report(old, converted[part["model"]])
        new = converted[part["model"]]
        part["model"] = new.relative_to(path).as_posix()
        part["sha256"] = hashlib.sha256(new.read_bytes()).hexdigest()
    if not converted:
        sys.stdout.write(f"{path}: all weights are safetensors already.\n")
        return 0
    with open_output(path / FILE_NAME) as file:
        file.write(f"{json.dumps(values, indent=1, ensure_ascii=False)}\n".encode())
    open_voice(path)
    sys.stdout.write(f"{path / FILE_NAME} names the new files; the old ones can be deleted.\n")
    return 0


def convert_file(path: Path) -> Path:
    """Write the weights of a file of torch next to it, without those that only training needs; return the new path.

    A Tacotron's frames per decoder step, which training may change, become metadata.
    """
    from safetensors.torch import save

    from app.synthesis.coqui import load_weights

    state: dict[str, Any] = load_weights(path)
    weights = {
        name: value.detach().contiguous().clone()
        for name, value in state["model"].items()
        if not name.startswith(UNUSED)
    }
    saved = state.get("config")
    frames = state.get("r") or (saved.get("r") if isinstance(saved, Mapping) else None)
    metadata = {"r": str(frames)} if isinstance(frames, int) else None
    new = path.with_name(strip_extension(PurePosixPath(path.name)) + SAFETENSORS)
    if new.exists():
        raise UsageError(f"{new} exists already.", hint="Move it to another folder first.")
    with open_output(new) as file:
        file.write(save(weights, metadata))
    return new


def report(old: Path, new: Path) -> None:
    """Print what was written, and how large it is."""
    sizes = " to ".join(f"{path.stat().st_size / 1e6:.1f} MB" for path in (old, new))
    sys.stdout.write(f"{old} -> {new} ({sizes})\n")
