"""Run the service under limits of memory, descriptors, tasks and disk, and read how it ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from app.bench.peers import CACHED, Server, find_peer, run_server

CGROUPS = Path("/sys/fs/cgroup")
MIB = 2**20
STOP_SECONDS = 40.0
"""Seconds after SIGTERM in which the service must end: 25 to finish its responses, and some for a slow machine."""
EXEC = 'exec "$@"'


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a service; 0 means none."""

    memory_mib: int = 0
    descriptors: int = 0
    tasks: int = 0
    """Processes and threads."""
    disk_mib: int = 0
    """Size of a file system that holds nothing but the temporary files and the cache of converted networks."""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LimitedService:
    """A running service."""

    server: Server
    wyoming: str
    """Path of the socket on which it speaks Wyoming."""
    disk: Path
    """Folder of its temporary files as this process sees it."""
    task_limit: Path | None
    """File that holds the limit of its threads; None if it has no control group."""

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        try:
            stat = Path(f"/proc/{self.server.pid}/stat").read_text()
        except OSError:
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def read_log(self) -> str:
        """Return what the service has logged."""
        return self.server.log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> bool:
        """Send SIGTERM; return whether the process has ended in time."""
        os.kill(self.server.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_alive and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.is_alive


@contextmanager
def run_limited_service(limits: Limits) -> Iterator[LimitedService]:
    """Run a service that is ready to speak; the limits hold from its start."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        disk, wyoming = folder / "disk", str(folder / "wyoming.sock")
        disk.mkdir()
        prefix: tuple[str, ...] = ()
        task_limit: Path | None = None
        if limits.memory_mib:
            size = limits.memory_mib * MIB
            group = stack.enter_context(make_cgroup("memory", "memory.limit_in_bytes", "memory.max", size))
            # Without control groups, the limit is one of the heap alone.
            prefix += join_cgroup(group) if group else ("prlimit", f"--data={size}")
        if limits.tasks:
            group = stack.enter_context(make_cgroup("pids", "pids.max", "pids.max", limits.tasks))
            task_limit = group / "pids.max" if group else None
            # Without control groups, the limit is one of all processes of this user, and none for root.
            prefix += join_cgroup(group) if group else ("prlimit", f"--nproc={limits.tasks}")
        if limits.descriptors:
            prefix += ("prlimit", f"--nofile={limits.descriptors}")
        environment = {"INTONE_WYOMING": f"unix://{wyoming}", "INTONE_LOG_FORMAT": "json"}
        if limits.disk_mib:
            user = () if os.geteuid() == 0 else ("--map-root-user",)
            mount = f"mount -t tmpfs -o size={limits.disk_mib}m attack {disk} && {EXEC}"
            prefix += ("unshare", *user, "--mount", "sh", "-c", mount, "sh")
            environment |= {"TMPDIR": str(disk), "INTONE_GRAPH_CACHE": str(disk)}
        peer = find_peer(CACHED, folder)
        environment = {**peer.environment, **environment, **limits.environment}
        peer = replace(peer, command=(*prefix, *peer.command), environment=environment)
        server = stack.enter_context(run_server(peer, folder))
        yield LimitedService(server, wyoming, Path(f"/proc/{server.pid}/root{disk}"), task_limit)


def join_cgroup(group: Path) -> tuple[str, ...]:
    """Return the command that runs the command after it in a control group."""
    return ("sh", "-c", f"echo $$ > {group}/cgroup.procs && {EXEC}", "sh")


@contextmanager
def make_cgroup(controller: str, first: str, second: str, limit: int) -> Iterator[Path | None]:
    """Yield a new control group with a limit; None if none can be made.

    `first` and `second` are the files of the limit in versions 1 and 2 of control groups.
    """
    for parent, file in ((CGROUPS / controller, first), (CGROUPS, second)):
        group = parent / f"intone-attack-{os.getpid()}"
        if not (parent / "cgroup.procs").exists():
            continue
        try:
            group.mkdir(exist_ok=True)
            (group / file).write_text(str(limit))
        except OSError:
            with suppress(OSError):
                group.rmdir()
            continue
        try:
            yield group
        finally:
            with suppress(FileNotFoundError):
                group.rmdir()
        return
    yield None
