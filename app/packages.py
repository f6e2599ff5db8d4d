"""This package and others as they are installed: its version and models, and empty modules for what is never needed."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from importlib import metadata
from pathlib import Path


def stub_module(name: str) -> None:
    """Make `import name` succeed: with the real module if it can be imported, otherwise with an empty one."""
    try:
        importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        for loaded in [module for module in sys.modules if module.split(".")[0] == name]:
            del sys.modules[loaded]
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = module


def version() -> str:
    """Of the installed distribution; 0 where the folder runs as it lies there."""
    try:
        return metadata.version("intone")
    except metadata.PackageNotFoundError:
        return "0"


def shipped_models() -> Path:
    """The folder that holds `emotion/` and `voices/`."""
    checkout = Path(__file__).resolve().parent.parent / "models"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "intone" / "models"
