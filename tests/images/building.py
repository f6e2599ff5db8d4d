"""The image, built and run without a daemon and without a registry: mmdebstrap, buildah, podman and runc, as root."""

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
"""Images and their layers: some 8 GB, and many times as much where the kernel cannot lay one folder over another."""
BASE, IMAGE = "intone-base", "intone"
ROOT_FILES = ("ca-certificates", "python3", "python3-venv")
"""Debian packages that stand for the official slim image of Python."""
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*")
"""What Debian's slim images leave out, too."""
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
"""Nothing can be written but temporary files, and nobody can be asked."""
Tell = Callable[[str], None]
"""Notes what was measured."""


def environment() -> dict[str, str]:
    """Where podman and buildah, also those that a script starts, find their settings."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    driver = "overlay" if "overlay" in Path("/proc/filesystems").read_text() else "vfs"
    files = {"CONTAINERS_STORAGE_CONF": STORAGE.format(folder=FOLDER, driver=driver), "CONTAINERS_CONF": ENGINE}
    for name, content in files.items():
        (FOLDER / f"{name.lower()}.conf").write_text(content)
    return {**os.environ, **{name: str(FOLDER / f"{name.lower()}.conf") for name in files}}


def run(*words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    options = {"text": True, "capture_output": True, "env": environment(), **options}
    return subprocess.run([str(word) for word in words], **options)


def succeed(*words: str | Path, **options: Any) -> str:
    """The output of a program that has to succeed."""
    done = run(*words, **options)
    assert done.returncode == 0, f"{words}\n{(done.stdout or '')[-3000:]}{(done.stderr or '')[-3000:]}"
    return done.stdout


def exists(image: str) -> bool:
    return run("podman", "image", "exists", image).returncode == 0


def build_base() -> None:
    """A small Debian with Python, in the place of the official image of Python, which only a registry has."""
    if exists(BASE):
        return
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        what = ["--variant=minbase", f"--include={','.join(ROOT_FILES)}"]
        what += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
        succeed("mmdebstrap", "--quiet", *what, "bookworm", folder / "root.tar")
        (folder / "Dockerfile").write_text("FROM scratch\nADD root.tar /\n")
        succeed("buildah", "bud", "--isolation", "chroot", "--tag", BASE, folder)


def build() -> None:
    """The image, with pip told in the build what it is told here."""
    mounts, settings = pip_settings()
    with tempfile.NamedTemporaryFile("w", dir=FOLDER) as file:
        file.write(settings)
        file.flush()
        volumes = [f"--volume={file.name}:/etc/pip.conf:ro", *(f"--volume={path}:{path}:ro" for path in mounts)]
        arguments = {
            "BASE_IMAGE": f"localhost/{BASE}",
            "TORCH_INDEX_URL": os.environ.get("TORCH_INDEX_URL", ""),
            "IMAGE_USER": "root",
        }
        told = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        options = ("--isolation", "chroot", "--layers", "--format", "docker", "--network", "host")
        where = ("--file", ROOT / "docker" / "Dockerfile", "--tag", IMAGE, ROOT)
        succeed("buildah", "bud", *options, *volumes, *told, *where)


def pip_settings() -> tuple[list[Path], str]:
    """Local files and folders that pip here takes packages and certificates from, and its settings as a file."""
    lines = succeed(sys.executable, "-m", "pip", "config", "list", env=None).splitlines()
    found = dict(re.findall(r"^(?::env:\.|global\.)([\w-]+)='(.*)'$", line)[0] for line in lines if "='" in line)
    values = {name: value.split() for name, value in found.items()}
    words = [word.removeprefix("file://") for value in values.values() for word in value]
    local = {Path(word) for word in words if word.startswith("/") and Path(word).exists()}
    # A folder of an index is named `simple`, and its files may lie beside it.
    mounts = sorted({path.parent if path.name == "simple" else path for path in local})
    content = "\n".join(f"{name} = {' '.join(value)}" for name, value in values.items())
    return mounts, f"[global]\n{content}\n"


@contextmanager
def running(*options: str, command: Sequence[str]) -> Iterator[str]:
    """A container in the background; its name."""
    name = f"intone-check-{time.monotonic_ns()}"
    succeed("podman", "run", "--detach", "--name", name, *options, IMAGE, *command)
    try:
        yield name
    finally:
        run("podman", "rm", "--force", "--time", "0", name)


def inside(name: str, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
    """Run a Python program in a container, which may have no network but its own."""
    command = ["podman", "exec", "--interactive", name, "python", "-", *words]
    return subprocess.run(command, input=program.encode(), capture_output=True, env=environment())


def inspected(name: str, what: str) -> str:
    """What podman says of a container's state."""
    return succeed("podman", "inspect", "--format", f"{{{{.State.{what}}}}}", name).strip()


def exit_code(name: str) -> int:
    return int(inspected(name, "ExitCode"))


def configuration() -> dict[str, Any]:
    """What the image says about itself."""
    (found,) = json.loads(succeed("podman", "image", "inspect", IMAGE))
    return dict(found)


def sound(data: bytes) -> float:
    """Seconds of a sound file that is not silent."""
    samples, rate = soundfile.read(io.BytesIO(data))
    assert np.abs(samples).max() > 0.001
    return len(samples) / rate
