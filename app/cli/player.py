"""Playing a sound with whatever player the system has."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

PLAYERS: tuple[tuple[str, ...], ...] = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
"""Tried in this order."""


def find_player() -> list[str] | None:
    """The command that plays a file, if there is one."""
    return next(([path, *rest] for name, *rest in PLAYERS if (path := shutil.which(name))), None)


def play(player: list[str], wav: bytes) -> bool:
    """Whether the sound was played to its end."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "speech.wav"
        file.write_bytes(wav)
        return subprocess.run([*player, str(file)], check=False).returncode == 0
