"""Open the file that audio is written to, so that no half file ever has the final name."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

STDOUT = Path("-")
"""Stands for standard output."""


def is_replaceable(path: Path) -> bool:
    """Return whether a path is a regular file, or free: not standard output, a pipe or a device."""
    return path != STDOUT and (path.is_file() or not path.exists())


def resolve_links(path: Path) -> Path:
    """Return the absolute path without links; a link that leads to itself stays, which `Path.resolve` refuses."""
    return Path(os.path.realpath(path))


@contextmanager
def open_output(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; until the end of the block its content is in a partial file in the same folder.

    An error removes the partial file and leaves an older file as it is. Standard output, pipes and devices are written
    directly.
    """
    if path == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif is_replaceable(path):
        with _open_partial(resolve_links(path)) as file:
            yield file
    else:
        with path.open("wb") as file:
            yield file


@contextmanager
def _open_partial(path: Path) -> Iterator[BinaryIO]:
    partial = path.with_name(f".intone-{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        with partial.open("xb") as file:
            yield file
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
