"""What the kernel counts for a process and all that descend from it (Linux)."""

from __future__ import annotations

import os
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Processor time, user and system, of the process and its children: living ones, and ended ones it waited for."""
    ticks = 0
    for member in _family(pid):
        # The name of the program, which may hold spaces, ends with the last parenthesis. From there on the 12th to
        # 15th values are utime, stime, cutime and cstime.
        values = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(value) for value in values[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory in MiB."""
    pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _family(pid: int) -> list[int]:
    """The process and its living descendants; each thread lists the children that it started."""
    lists = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(member for children in lists for child in children for member in _family(int(child)))]
