"""Cache what conversion yields on disk, so that only the first start after a change imports torch and waits for it.

Each file holds one entry: a header of three lines (format, key, hash of the content) and its content, which is a graph,
a network compiled for one kind of processor, weights, or JSON. Nothing in a file is trusted before its hash matches.
Files are mapped into memory, which the processes of a machine share. They are read-only and replaced as a whole, so
that a mapping never changes.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import mmap
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakSet

import numpy as np
from safetensors.numpy import save

from app.inference import Array

logger = logging.getLogger("intone.backend")

MAGIC = b"intone converted graph 3"
SUFFIX = ".graph"
HEADER_BYTES = 256
"""Length of the header, which spaces fill, so that the content is aligned."""
LENGTH, ALIGNMENT = b"%012d\n", 64
"""First line of a graph, the length of its XML, and the multiple of bytes at which its weights begin."""
MAX_GRAPHS = 64
"""Maximum files in the cache, unless this process uses more; most are about as large as the weights. The bundled models
have 27."""
CPU_LINES = ("model name", "flags", "Features", "CPU part")
"""Lines of /proc/cpuinfo from which a processor's instructions follow."""
CPU_INFO = Path("/proc/cpuinfo")
LOCAL_PREFIX = "local-"
"""Beginning of the keys of what an image does not ship: it holds for one processor, or is made without torch."""
SHIPPED = Path(sys.prefix, "share", "intone", "graphs")
"""Folder of graphs that the container image ships, and that is only read."""
APP = Path(__file__).parents[1]
BUILDING_CODE = (
    *("inference/*.py", "synthesis/models/*.py", "synthesis/coqui.py", "synthesis/mel.py", "synthesis/networks.py"),
    *("emotion/network.py", "emotion/transformer.py"),
)
"""Code from which networks are built and converted."""
LIBRARIES = ("coqui-tts", "openvino", "tokenizers", "torch", "transformers")
"""Distributions that build and convert networks."""


class Graph(NamedTuple):
    """A network in OpenVINO's format."""

    xml: bytes
    weights: bytes | memoryview
    """The bytes, or those of a mapped file."""


class GraphCache:
    """Folder of converted graphs. A failure of the cache costs time, never a result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mapped: WeakSet[mmap.mmap] = WeakSet()
        """Files that are in use."""
        self.mapping = threading.Lock()
        """Held while `mapped` is changed or read: voices are loaded while pages are released."""
        self.used: set[str] = set()
        """Keys that this process has read or written."""

    def read(self, key: str) -> Graph | None:
        """Return the graph of a key; None if it is missing or cannot be trusted."""
        content = self.read_content(key)
        if content is None:
            return None
        start = len(LENGTH % 0)
        end = start + int(bytes(content[:start]))
        return Graph(bytes(content[start:end]), content[end:])

    def write(self, key: str, graph: Graph) -> bool:
        """Save a graph, and return whether that worked; spaces after the XML align the weights."""
        xml = graph.xml + b" " * (-len(LENGTH % 0 + graph.xml) % ALIGNMENT)
        return self.write_content(key, LENGTH % len(xml) + xml + graph.weights)

    def recall(self, key: str, compute: Callable[[], Any]) -> Any:
        """Return the JSON of a key, or compute and save it."""
        content = self.read_content(key)
        if content is not None:
            return json.loads(bytes(content))
        result = compute()
        self.write_content(key, json.dumps(result).encode())
        return result

    def recall_arrays(self, key: str, compute: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """Return the arrays of a key in its file, or compute and save them."""
        content = self.read_content(key)
        if content is None:
            arrays = compute()
            self.write_content(key, save(arrays))
            content = self.read_content(key)
            if content is None:
                return arrays
        return view_arrays(content)

    def release_pages(self) -> None:
        """Give the memory of mapped files back; what is used again comes from the files."""
        with self.mapping:
            files = list(self.mapped)
        for mapped in files:
            mapped.madvise(mmap.MADV_DONTNEED)

    def read_content(self, key: str) -> memoryview | None:
        """Return the content of a file; None if it is missing or cannot be trusted."""
        for path in (self.find_path(key), SHIPPED / f"{key}{SUFFIX}"):
            try:
                mapped = map_file(path)
                content = unpack(memoryview(mapped), key)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError) as error:
                logger.warning("the converted graph %s cannot be used and is made anew: %s", path, error)
                continue
            with suppress(OSError):
                os.utime(path)  # `prune` keeps the newest files; using a file makes it new
            with self.mapping:
                self.mapped.add(mapped)
            self.used.add(key)
            return content
        return None

    def write_content(self, key: str, content: bytes) -> bool:
        """Save a file atomically, delete the least recently used ones, and return whether that worked."""
        temporary = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # With the suffix of the graphs, so that `prune` also deletes what a killed process left.
            handle, temporary = tempfile.mkstemp(SUFFIX, dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(pack(content, key))
                os.fchmod(handle, 0o400)
            Path(temporary).replace(self.find_path(key))
            self.used.add(key)
            self.prune()
        except OSError as error:
            logger.warning("the converted graph cannot be kept, the next start makes it again: %s", error)
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)
            return False
        return True

    def find_path(self, key: str) -> Path:
        """Return the path of the graph of a key."""
        return self.folder / f"{key}{SUFFIX}"

    def prune(self) -> None:
        """Delete all but the newest files and those that this process uses: several voices may need more files."""
        ages = {}
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(FileNotFoundError):  # another process may prune at the same time
                ages[path] = path.stat().st_mtime_ns
        for path in sorted(ages, key=lambda path: ages[path], reverse=True)[MAX_GRAPHS:]:
            if path.stem not in self.used:
                path.unlink(missing_ok=True)


def has_graphs(folder: Path) -> bool:
    """Return whether the image or an earlier start with this folder has converted any network."""
    return any(any(each.glob(f"*{SUFFIX}")) for each in (folder, SHIPPED))


def map_file(path: Path) -> mmap.mmap:
    """Map a file into memory, privately because OpenVINO takes only memory that may be written."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def view_arrays(content: memoryview) -> dict[str, Array]:
    """Return the arrays of float32 in the format of safetensors, without copying them."""
    start = 8 + int.from_bytes(content[:8], "little")
    header, data = json.loads(bytes(content[8:start])), content[start:]
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
    }


def pack(content: bytes, key: str) -> bytes:
    """Encode the content of a key as a file."""
    return make_header(content, key) + content


def make_header(content: bytes | memoryview, key: str) -> bytes:
    """Return what stands before a content in its file."""
    return b"\n".join([MAGIC, key.encode(), hashlib.sha256(content).hexdigest().encode(), b""]).ljust(HEADER_BYTES)


def unpack(data: memoryview, key: str) -> memoryview:
    """Return the content in the output of `pack`. Raises ValueError if it is damaged or belongs to another key."""
    header, content = bytes(data[:HEADER_BYTES]), data[HEADER_BYTES:]
    magic, written_key, *_ = (*header.split(b"\n"), b"")
    if magic != MAGIC:
        raise ValueError("it is of another format")
    if written_key != key.encode():
        raise ValueError("it is the graph of another network")
    if header != make_header(content, key):
        raise ValueError("it is damaged")
    return content


def make_graph_key(*parts: Any) -> str:
    """Hash the representation of what a network is built from, and all code and libraries that build it."""
    return hashlib.sha256(repr((parts, hash_building_code())).encode()).hexdigest()


@functools.cache
def hash_building_code() -> str:
    """Hash the code and the versions of the libraries on which a converted graph depends."""
    digest = hashlib.sha256()
    for name in LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            digest.update(f"{name} {metadata.version(name)}\n".encode())
    for file in sorted(path for pattern in BUILDING_CODE for path in APP.glob(pattern)):
        content = file.read_bytes()
        digest.update(repr((file.name, len(content))).encode())
        digest.update(content)
    return digest.hexdigest()


def hash_file(file: Path) -> str | None:
    """Return the hash of a file; None if it cannot be read: a folder may have files that are not used."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None


def describe_processor() -> list[str]:
    """Return the lines of /proc/cpuinfo that describe the first core; none on other systems."""
    try:
        first_core = CPU_INFO.read_text(encoding="utf-8").partition("\n\n")[0]
    except OSError:
        return []
    return [line for line in first_core.splitlines() if line.startswith(CPU_LINES)]
