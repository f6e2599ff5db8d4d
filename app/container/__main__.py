"""Run the container's command: `serve`, `train`, or a command of the command line such as `intone voices`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from types import FrameType
from typing import NoReturn

import app.__main__ as command_line
from app.container.environment import COMMON_DEFAULTS, get_root, make_service_settings, make_voice_settings

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
    asked = " ".join(arguments) or "nothing"
    sys.stderr.write(f"intone: this image was asked to run {asked}; it runs {COMMANDS}.\n")
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
    sys.stderr.write("intone: told to stop before there was anything to finish\n")
    sys.exit(0)


def _set_defaults(environment: MutableMapping[str, str], values: Mapping[str, str]) -> None:
    for name, value in values.items():
        environment.setdefault(name, value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
