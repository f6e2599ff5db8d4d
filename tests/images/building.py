"""Build and run the image without a daemon or a registry: with mmdebstrap, buildah, podman and runc, as root."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.serving import ROOT

FOLDER = Path(os.environ.get("IMAGES_FOLDER", "/var/tmp/intone-images"))
"""Images and their layers: about 8 GB, and many times as much if the kernel has no overlay file system."""
BASE, IMAGE = "intone-base", "intone"
ROOT_FILES = ("ca-certificates", "python3", "python3-venv")
"""Debian packages that replace the official slim image of Python."""
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
"""Paths that Debian's slim images leave out, too."""
STORAGE = """[storage]
driver = "{driver}"
graphroot = "{folder}/graph"
runroot = "{folder}/run"
"""
ENGINE = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
[engine]
runtime = "runc"
"""

SEALED = ("--read-only", "--tmpfs", "/tmp", "--network", "none")
"""Only temporary files can be written, and there is no network."""
Report = Callable[[str], None]
"""Records a measurement."""


def make_environment() -> dict[str, str]:
    """Return the environment in which podman and buildah, even if a script starts them, find their settings."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    driver = "overlay" if "overlay" in Path("/proc/filesystems").read_text() else "vfs"
    files = {"CONTAINERS_STORAGE_CONF": STORAGE.format(folder=FOLDER, driver=driver), "CONTAINERS_CONF": ENGINE}
    for name, content in files.items():
        (FOLDER / f"{name.lower()}.conf").write_text(content)
    return {**os.environ, **{name: str(FOLDER / f"{name.lower()}.conf") for name in files}}


def run(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    options = {"text": True, "capture_output": True, "env": make_environment(), **options}
    return subprocess.run([str(word) for word in words], **options)


def check_output(*words: str | Path, **options: Any) -> str:
    """Run a program, which must succeed, and return its output."""
    result = run(*words, **options)
    assert result.returncode == 0, f"{words}\n{(result.stdout or '')[-3000:]}{(result.stderr or '')[-3000:]}"
    return result.stdout


def image_exists(image: str) -> bool:
    return run("podman", "image", "exists", image).returncode == 0


def build_base() -> None:
    """Build a small Debian with Python, which replaces the official image of Python that only a registry has."""
    if image_exists(BASE):
        return
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        options = ["--variant=minbase", f"--include={','.join(ROOT_FILES)}"]
        options += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
        check_output("mmdebstrap", "--quiet", *options, "bookworm", folder / "root.tar")
        (folder / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
        check_output("buildah", "bud", "--isolation", "chroot", "--tag", BASE, folder)


def build_image() -> None:
    """Build the image, with pip configured in the build as it is here."""
    mounts, settings = read_pip_settings()
    with tempfile.NamedTemporaryFile("w", dir=FOLDER) as file:
        file.write(settings)
        file.flush()
        volumes = [f"--volume={file.name}:/etc/pip.conf:ro", *(f"--volume={path}:{path}:ro" for path in mounts)]
        arguments = {
            "BASE_IMAGE": f"localhost/{BASE}",
            "TORCH_INDEX_URL": os.environ.get("TORCH_INDEX_URL", ""),
            "IMAGE_USER": "root",
        }
        values = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        options = ("--isolation", "chroot", "--layers", "--format", "docker", "--network", "host")
        source = ("--file", ROOT / "docker" / "Dockerfile", "--tag", IMAGE, ROOT)
        check_output("buildah", "bud", *options, *volumes, *values, *source)


def read_pip_settings() -> tuple[list[Path], str]:
    """Return the local paths from which pip here takes packages and certificates, and a file with its settings."""
    lines = check_output(sys.executable, "-m", "pip", "config", "list", env=None).splitlines()
    found = dict(re.findall(r"^(?::env:\.|global\.)([\w-]+)='(.*)'$", line)[0] for line in lines if "='" in line)
    values = {name: value.split() for name, value in found.items()}
    words = [word.removeprefix("file://") for value in values.values() for word in value]
    local = {Path(word) for word in words if word.startswith("/") and Path(word).exists()}
    # The folder of an index is named `simple`; its files may be next to it.
    mounts = sorted({path.parent if path.name == "simple" else path for path in local})
    content = "\n".join(f"{name} = {' '.join(value)}" for name, value in values.items())
    return mounts, f"[global]\n{content}\n"


@contextmanager
def run_container(*options: str, command: Sequence[str]) -> Iterator[str]:
    """Run a container in the background and yield its name."""
    name = f"intone-check-{time.monotonic_ns()}"
    check_output("podman", "run", "--detach", "--name", name, *options, IMAGE, *command)
    try:
        yield name
    finally:
        run("podman", "rm", "--force", "--time", "0", name)


def run_inside(name: str, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a Python program in a container, which may have no network but its own."""
    command = ["podman", "exec", "--interactive", name, "python", "-", *words]
    return subprocess.run(command, input=program.encode(), capture_output=True, env=make_environment())


def inspect_state(name: str, field: str) -> str:
    """Return a field of a container's state."""
    return check_output("podman", "inspect", "--format", f"{{{{.State.{field}}}}}", name).strip()


def get_exit_code(name: str) -> int:
    return int(inspect_state(name, "ExitCode"))


def inspect_image() -> dict[str, Any]:
    """Return the configuration of the image."""
    (found,) = json.loads(check_output("podman", "image", "inspect", IMAGE))
    return dict(found)


def measure_duration(data: bytes) -> float:
    """Return the duration of an audio file in seconds; it must not be silent."""
    samples, rate = soundfile.read(io.BytesIO(data))
    assert np.abs(samples).max() > 0.001
    return len(samples) / rate
