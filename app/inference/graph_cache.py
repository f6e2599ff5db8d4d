"""Cache converted graphs on disk, so that only the first start after a change waits for the conversion.

Each file holds one graph: four lines (format, key, hash of the bytes after it, length of the XML), the XML and the
weights. Nothing in a file is trusted before its hash matches.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

logger = logging.getLogger("intone.backend")

MAGIC = b"intone converted graph 1"
SUFFIX = ".graph"
MAX_GRAPHS = 32
"""Maximum files in the cache; each is about as large as the weights."""


class Graph(NamedTuple):
    """A network in OpenVINO's format."""

    xml: bytes
    weights: bytes


class GraphCache:
    """Folder of converted graphs. A failure of the cache costs time, never a result."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, key: str) -> Graph | None:
        """Return the graph of a key; None if it is missing or cannot be trusted."""
        path = self.find_path(key)
        try:
            graph = unpack(path.read_bytes(), key)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            logger.warning("the converted graph %s cannot be used and is made anew: %s", path, error)
            return None
        with suppress(OSError):
            os.utime(path)  # `prune` keeps the newest files; using a file makes it new
        return graph

    def write(self, key: str, graph: Graph) -> None:
        """Save a graph atomically and delete the least recently used ones."""
        temporary = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # With the suffix of the graphs, so that `prune` also deletes what a killed process left.
            handle, temporary = tempfile.mkstemp(SUFFIX, dir=self.folder)
            with os.fdopen(handle, "wb") as file:
                file.write(pack(graph, key))
            Path(temporary).replace(self.find_path(key))
            self.prune()
        except OSError as error:
            logger.warning("the converted graph cannot be kept, the next start makes it again: %s", error)
            if temporary is not None:
                Path(temporary).unlink(missing_ok=True)

    def find_path(self, key: str) -> Path:
        """Return the path of the graph of a key."""
        return self.folder / f"{key}{SUFFIX}"

    def prune(self) -> None:
        """Delete all but the newest files."""
        ages = {}
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(FileNotFoundError):  # another process may prune at the same time
                ages[path] = path.stat().st_mtime_ns
        for path in sorted(ages, key=lambda path: ages[path], reverse=True)[MAX_GRAPHS:]:
            path.unlink(missing_ok=True)


def pack(graph: Graph, key: str) -> bytes:
    """Encode a graph as the content of a file."""
    content = b"%d\n" % len(graph.xml) + graph.xml + graph.weights
    return b"\n".join([MAGIC, key.encode(), hashlib.sha256(content).hexdigest().encode(), content])


def unpack(data: bytes, key: str) -> Graph:
    """Decode the output of `pack`. Raises ValueError if the data is damaged or belongs to another key."""
    magic, written_key, digest, content = (*data.split(b"\n", 3), b"", b"", b"")[:4]
    if magic != MAGIC:
        raise ValueError("it is of another format")
    if written_key != key.encode():
        raise ValueError("it is the graph of another network")
    if digest != hashlib.sha256(content).hexdigest().encode():
        raise ValueError("it is damaged")
    length, _, graph = content.partition(b"\n")
    return Graph(graph[: int(length)], graph[int(length) :])


def make_graph_key(module: nn.Module, versions: str) -> str:
    """Hash everything a graph depends on: weights, structure, code, and `versions` for the rest."""
    digest = hashlib.sha256(repr((versions, torch.__version__)).encode())
    for part in module.modules():
        # Attributes such as a dilation change the graph but no weight.
        plain = {name: value for name, value in vars(part).items() if isinstance(value, bool | int | float | str)}
        digest.update(repr((type(part).__qualname__, part.extra_repr(), plain)).encode())
    for name, tensor in iterate_tensors(module):
        values = tensor.detach().cpu().contiguous()
        digest.update(repr((name, values.dtype, values.shape)).encode())
        digest.update(values.reshape(-1).view(torch.uint8).numpy().data)
    for file in list_source_files(module):
        content = file.read_bytes()
        digest.update(repr((file.name, len(content))).encode())
        digest.update(content)
    return digest.hexdigest()


def iterate_tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield parameters, buffers (persistent or not) and tensors that are plain attributes."""
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)
    for prefix, part in module.named_modules():
        yield from ((f"{prefix}.{name}", value) for name, value in vars(part).items() if isinstance(value, Tensor))


def list_source_files(module: nn.Module) -> list[Path]:
    """Return the source files of all classes but torch's own, and those in the same folders, which they may call."""
    names = {base.__module__ for part in module.modules() for base in type(part).__mro__}
    own = {name for name in names if name.split(".")[0] not in ("torch", "builtins", "typing", "abc")}
    files = (getattr(sys.modules.get(name), "__file__", None) for name in own)
    folders = {Path(file).parent for file in files if file}
    return sorted(path for folder in folders for path in folder.glob("*.py"))
