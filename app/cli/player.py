"""Playing a sound with whatever player the system has."""

from __future__ import annotations

import shutil
import subprocess
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


def play(player: list[str], wav: Path) -> bool:
    """Whether the sound was played to its end."""
    return subprocess.run([*player, str(wav)], check=False).returncode == 0
