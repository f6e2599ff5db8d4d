"""Empty modules in place of packages that other packages import without needing them here.

torchaudio's wheel cannot be loaded beside a CPU build of torch, yet coqui-tts and transformers import it.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types


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
