"""What a container sets for the service and for a training; whatever is set from outside counts instead."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from app.__main__ import WAIT_ASLEEP

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
