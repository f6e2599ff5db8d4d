"""Entry point of the container image: the commands `serve` and `train` of SageMaker, and those of the command line."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import app.__main__ as command_line
from app.__main__ import PASSIVE_WAIT
from app.voices.registry import read_voice_names

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
    names = [*read_voice_names([model]).values()]  # the service reports why it cannot use others
    return {"INTONE_VOICES": json.dumps([str(model)]), **({"INTONE_DEFAULT_VOICE": names[0]} if names else {})}


COMMANDS = "serve, train, or intone with a command of its own"


def main(arguments: Sequence[str], environment: MutableMapping[str, str]) -> int:
    """Run the command that the arguments name, and return its exit code."""
    # A signal without a handler does not end the first process of a container. Both commands install better handlers
    # when they have something to finish.
    signal.signal(signal.SIGTERM, _exit_cleanly)
    _set_defaults(environment, COMMON_DEFAULTS)
    match list(arguments):
        case ["serve"]:
            return command_line.run_command(lambda: serve(environment))
        case ["train"]:
            return train(environment)
        case ["intone", *rest]:
            return command_line.main(rest)
    command = " ".join(arguments) or "an empty command"
    sys.stderr.write(f"intone: this image cannot run {command}; it runs {COMMANDS}.\n")
    return command_line.WRONG_USE


def serve(environment: MutableMapping[str, str]) -> NoReturn:
    """Serve the voices in the folder `model`, or the bundled one if there are none; /ping reports loading failures."""
    _set_defaults(environment, make_service_settings(environment))
    if "INTONE_VOICES" not in environment:
        _set_defaults(environment, make_voice_settings(get_root(environment) / "model"))
    from app.cli.serve import serve
    from app.settings import load_settings

    serve(load_settings(), stays=True)


def train(environment: MutableMapping[str, str]) -> int:
    """Run a training job and return its exit code; see `app.training.sagemaker`."""
    from app.training.sagemaker import run_job

    return run_job(get_root(environment))


def _exit_cleanly(number: int, frame: FrameType | None) -> None:
    sys.stderr.write("intone: stopped before anything had started\n")
    sys.exit(0)


def _set_defaults(environment: MutableMapping[str, str], values: Mapping[str, str]) -> None:
    for name, value in values.items():
        environment.setdefault(name, value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
