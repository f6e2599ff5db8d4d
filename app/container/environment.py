"""What SageMaker unpacked: one voice as it is, or several, each in a folder of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.__main__ import WAIT_ASLEEP
from app.errors import InvalidVoice
from app.voices import read_manifest
from app.voices.voice import voice_folders

ROOT = "/opt/ml"
"""Where SageMaker puts what goes in and takes what comes out."""
TEMPORARY = Path(tempfile.gettempdir())
CACHES = {name: str(TEMPORARY / name.lower()) for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "HF_HOME")}
"""Libraries write these beside themselves or in the home folder, neither of which need be writable."""
EVERYWHERE = {**CACHES, "INTONE_GRAPH_CACHE": str(TEMPORARY / "intone"), WAIT_ASLEEP[0]: WAIT_ASLEEP[1]}

ANSWER_SECONDS, STREAM_SECONDS = 50, 470
"""Before the platform gives up: after 60 seconds, and after 8 minutes of a stream."""
DRAIN_SECONDS = 25
"""The platform kills 30 seconds after SIGTERM."""
ANSWER_BYTES = 6 * 2**20
"""What it surely hands on; some pages of its documentation say 25 MB."""
PORT = "8080"


def root_of(environment: Mapping[str, str]) -> Path:
    """SageMaker's folder, or the one that stands for it."""
    return Path(environment.get("INTONE_ML_ROOT", ROOT))


def serving(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings of the service. Keys are not needed: the platform asks its callers who they are."""
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


def voices_of(model: Path) -> dict[str, str]:
    """Settings that have the folder's voices speak, the first of them by default; none where it is missing or empty."""
    if not model.is_dir() or not any(model.iterdir()):
        return {}
    names = names_in(model)
    return {"INTONE_VOICES": json.dumps([str(model)]), **({"INTONE_DEFAULT_VOICE": names[0]} if names else {})}


def names_in(model: Path) -> list[str]:
    """Names of the voices that can be read, in the order of their folders."""
    names = []
    for folder in voice_folders([model]):
        try:
            names.append(read_manifest(folder).name)
        except InvalidVoice:
            continue  # the service tells why
    return names
