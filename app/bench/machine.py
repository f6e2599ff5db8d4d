"""What was measured on, and with which versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("torch", "openvino", "onnxruntime", "coqui-tts", "piper-tts", "kokoro-onnx")


def cores() -> int:
    """The processor cores that this process, and what it starts, may use."""
    return len(os.sched_getaffinity(0))


def machine_facts() -> dict[str, str]:
    """Processor, memory, system and versions."""
    facts = {
        "processor": _line("/proc/cpuinfo", "model name"),
        "cores": str(cores()),
        "memory": _line("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def backend_line(log: Path) -> str:
    """What the service's log says about what computes; empty where it says nothing."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in lines if "backend" in line), "")


def _line(file: str, name: str) -> str:
    """The value of a line `name : value`."""
    lines = (line.partition(":") for line in Path(file).read_text().splitlines())
    return next((value.strip() for found, _, value in lines if found.strip() == name), "unknown")
