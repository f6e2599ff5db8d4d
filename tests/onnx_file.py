"""Write ONNX files: the few messages of onnx.proto that a small graph needs, in the wire format of Protocol Buffers."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

FLOAT, INT64 = 1, 7
"""Element types of tensors, `TensorProto.DataType`."""


def varint(value: int) -> bytes:
    parts = bytearray()
    value &= (1 << 64) - 1
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, value: int | float | str | bytes) -> bytes:
    """Encode one field: a number as a varint or 32 bits, anything else with its length."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def message(*fields: tuple[int, Any]) -> bytes:
    return b"".join(field(number, value) for number, value in fields)


class OnnxGraph:
    """A graph that grows by a node at a time; values are referred to by name."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.tensors: list[bytes] = []

    def constant(self, values: Any, dtype: Any = np.float32) -> str:
        """Add a tensor of constants and return its name."""
        array, name = np.ascontiguousarray(values, dtype), f"constant_{len(self.tensors)}"
        kind = INT64 if array.dtype == np.int64 else FLOAT
        shape = [(1, size) for size in array.shape]
        self.tensors.append(message(*shape, (2, kind), (8, name), (9, array.tobytes())))
        return name

    def add(self, kind: str, *inputs: str, outputs: Iterable[str] = (), **attributes: int | list[int]) -> str:
        """Add a node and return the name of its first output."""
        names = list(outputs) or [f"{kind}_{len(self.nodes)}"]
        fields = [(1, name) for name in inputs] + [(2, name) for name in names] + [(3, f"/{names[0]}"), (4, kind)]
        self.nodes.append(message(*fields, *((5, attribute(*one)) for one in attributes.items())))
        return names[0]

    def encode(self, inputs: Mapping[str, tuple[int, list[int | str]]], output: str) -> bytes:
        """Return the file; `inputs` gives element type and shape of each, with names for dimensions of any size."""
        infos = [(11, value_info(name, kind, shape)) for name, (kind, shape) in inputs.items()]
        parts = [(1, node) for node in self.nodes] + [(2, "graph")] + [(5, tensor) for tensor in self.tensors]
        graph = message(*parts, *infos, (12, value_info(output, FLOAT, [1, 1, 1, "samples"])))
        return message((1, 8), (8, message((1, ""), (2, 15))), (7, graph))


def attribute(name: str, value: int | list[int]) -> bytes:
    if isinstance(value, int):
        return message((1, name), (3, value), (20, 2))
    return message((1, name), *((8, number) for number in value), (20, 7))


def value_info(name: str, kind: int, shape: list[int | str]) -> bytes:
    dimensions = [(1, message((1 if isinstance(size, int) else 2, size))) for size in shape]
    return message((1, name), (2, message((1, message((1, kind), (2, message(*dimensions)))))))
