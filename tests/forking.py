"""Run `intone` in processes forked from one that has already imported the libraries, which takes seconds each time."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["tests.preloaded"])


@dataclass(frozen=True)
class Program:
    """A running program; its methods have the meaning of those of `subprocess.Popen`."""

    process: ForkServerProcess

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        code = self.process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self.process.name, timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.process.exitcode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_program(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], streams: Sequence[str | Path]
) -> Program:
    """Start `python -m MODULE ARGUMENTS` with files as standard input, output and error."""
    given = (module, list(arguments), dict(environment), [str(file) for file in streams])
    process = _forking.Process(target=_run_module, args=given, daemon=True)
    process.start()
    return Program(process)


def _run_module(module: str, arguments: list[str], environment: dict[str, str], streams: list[str]) -> None:
    """Become the program: the target of a forked process."""
    os.chdir(Path(__file__).resolve().parent.parent)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in enumerate(streams):
        flags = os.O_NOCTTY | (os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY)
        os.dup2(os.open(name, flags), number)
    sys.stdin = open(0, closefd=False)  # multiprocessing has closed the former
    tempfile.tempdir = None  # so that TMPDIR counts
    # The background jobs of some shells ignore SIGINT, and so do the children of such a job.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)
