"""Derive settings from SageMaker's environment and from the voices that it unpacked, a single one or one per folder."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.__main__ import PASSIVE_WAIT
from app.errors import InvalidVoice
from app.voices import read_manifest
from app.voices.voice import find_voice_folders

ROOT = "/opt/ml"
"""Folder in which SageMaker places inputs and from which it collects outputs."""
TEMPORARY = Path(tempfile.gettempdir())
CACHES = {name: str(TEMPORARY / name.lower()) for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "HF_HOME")}
"""Cache folders of libraries, whose defaults (the library's own folder or the home folder) may be read-only."""
COMMON_DEFAULTS = {**CACHES, "INTONE_GRAPH_CACHE": str(TEMPORARY / "intone"), PASSIVE_WAIT[0]: PASSIVE_WAIT[1]}

ANSWER_SECONDS, STREAM_SECONDS = 50, 470
"""Time budgets below the platform's limits of 60 seconds, and of 8 minutes for a stream."""
DRAIN_SECONDS = 25
"""Seconds to finish after SIGTERM; the platform kills the process after 30."""
ANSWER_BYTES = 6 * 2**20
"""Response size that the platform certainly passes on; some pages of its documentation say 25 MB."""
PORT = "8080"


def get_root(environment: Mapping[str, str]) -> Path:
    """Return SageMaker's folder, or the one in INTONE_ML_ROOT."""
    return Path(environment.get("INTONE_ML_ROOT", ROOT))


def make_service_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the service, without API keys because the platform authenticates its callers."""
    return {
        "INTONE_HOST": "0.0.0.0",
        "INTONE_PORT": environment.get("SAGEMAKER_BIND_TO_PORT") or PORT,
        "INTONE_ALLOW_ANONYMOUS": "1",
        "INTONE_TIME_BUDGET": str(ANSWER_SECONDS),
        "INTONE_STREAM_TIME_BUDGET": str(STREAM_SECONDS),
        "INTONE_MAX_ANSWER_BYTES": str(ANSWER_BYTES),
        "INTONE_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "INTONE_LOG_FORMAT": "json",
    }


def make_voice_settings(model: Path) -> dict[str, str]:
    """Return the settings for the voices in the folder, the first as the default; none if it is missing or empty."""
    if not model.is_dir() or not any(model.iterdir()):
        return {}
    names = read_voice_names(model)
    return {"INTONE_VOICES": json.dumps([str(model)]), **({"INTONE_DEFAULT_VOICE": names[0]} if names else {})}


def read_voice_names(model: Path) -> list[str]:
    """Return the names of the valid voices, in the order of their folders."""
    names = []
    for folder in find_voice_folders([model]):
        try:
            names.append(read_manifest(folder).name)
        except InvalidVoice:
            continue  # the service reports why
    return names
