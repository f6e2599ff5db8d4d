"""Locate the version and models of the installed package, and replace optional packages by empty modules."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from importlib import metadata
from pathlib import Path


def stub_module(name: str) -> None:
    """Make `import name` succeed, with an empty module if the real one cannot be imported."""
    try:
        importlib.import_module(name)
    except (ImportError, OSError, RuntimeError):
        for loaded in [module for module in sys.modules if module.split(".")[0] == name]:
            del sys.modules[loaded]
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        sys.modules[name] = module


def version() -> str:
    """Return the version of the installed distribution, or 0 if the package runs from a checkout."""
    try:
        return metadata.version("intone")
    except metadata.PackageNotFoundError:
        return "0"


def bundled_models_dir() -> Path:
    """Return the folder of the bundled models, with the subfolders `emotion/` and `voices/`."""
    checkout = Path(__file__).resolve().parent.parent / "models"
    return checkout if checkout.is_dir() else Path(sys.prefix) / "share" / "intone" / "models"
