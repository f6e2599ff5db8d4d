"""Which version this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """Of the installed distribution; 0 where the folder runs as it lies there."""
    try:
        return metadata.version("intone")
    except metadata.PackageNotFoundError:
        return "0"
