"""Run networks on OpenVINO, converted once from PyTorch and compiled for the processor."""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from app.inference import ExampleInputs, Network, as_tuple, prepare_for_inference
from app.inference.graph_cache import Graph, GraphCache, make_graph_key

logger = logging.getLogger("intone.backend")

SMALL_EXAMPLE, LARGE_EXAMPLE = (1, 36), (2, 60)
"""Batch size and length of the two examples from which the dynamic dimensions are derived."""

RUNTIME_CACHE_CAPACITY = 4
"""Capacity of OpenVINO's runtime cache, in parts of a network that are prepared for lengths seen before. The default of
5,000 grows with every new length, to several hundred megabytes, and a cache larger than this one is no faster."""


class ConversionError(Exception):
    """Raised for a module that OpenVINO cannot run but PyTorch can."""


class OpenVinoBackend:
    """Backend for up to `workers` concurrent calls of a network, each on `threads` threads; further calls wait."""

    def __init__(self, cache: Path, workers: int, threads: int, bf16: bool = False) -> None:
        """Load OpenVINO; `cache` is the folder of converted graphs. Raises ImportError if it is not installed."""
        self.name = "openvino_bf16" if bf16 else "openvino"
        self.openvino = import_openvino()
        self.core = self.openvino.Core()
        self.graphs = GraphCache(cache)
        self.converting = threading.Lock()
        self.properties = {
            "NUM_STREAMS": workers,
            "INFERENCE_NUM_THREADS": workers * threads,
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
            "ENABLE_CPU_PINNING": False,  # pinned threads of two processes would share a core
            "CPU_RUNTIME_CACHE_CAPACITY": RUNTIME_CACHE_CAPACITY,
        }

    def compile(self, module: nn.Module, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`. Raises ConversionError."""
        prepare_for_inference(module)
        with self.converting:
            model = self.load_graph(module, example)
        properties = {**self.properties, "INFERENCE_PRECISION_HINT": "f32"} if precise else self.properties
        network = OpenVinoNetwork(self.core.compile_model(model, "CPU", properties))
        check_shapes(module, network, example)
        for parameter in module.parameters():  # the weights would otherwise be in memory twice
            parameter.data = torch.empty(0)
        return network

    def load_graph(self, module: nn.Module, example: ExampleInputs) -> Any:
        """Return the module as an `openvino.Model`, from the cache or converted and saved there."""
        inputs = example(*LARGE_EXAMPLE)
        shapes = find_dynamic_shapes(example(*SMALL_EXAMPLE), inputs)
        versions = repr((self.openvino.__version__, shapes, [tensor.dtype for tensor in inputs]))
        key = make_graph_key(module, versions)
        graph = self.graphs.read(key)
        if graph is not None:
            return self.core.read_model(*graph)
        converted = self.convert(module, inputs, shapes)
        try:
            graph = self.serialize(converted)
            model = self.core.read_model(*graph)
        except (OSError, RuntimeError) as error:  # such as a full disk; a partly written graph cannot be read
            message = "a converted graph cannot be kept, the next start makes it again: %s (temporary folder: %s)"
            logger.warning(message, error, tempfile.tempdir or "none")
            return converted
        self.graphs.write(key, graph)
        return model

    def convert(self, module: nn.Module, inputs: tuple[Tensor, ...], shapes: Sequence[Sequence[int]]) -> Any:
        """Trace a module and convert the trace to an `openvino.Model`; takes seconds. Raises ConversionError."""
        began = time.perf_counter()
        what = type(module).__name__
        try:
            with silence_conversion(), torch.no_grad():
                traced = torch.jit.trace(module, inputs, check_trace=False)  # type: ignore[no-untyped-call]
                model = self.openvino.convert_model(
                    traced,
                    example_input=inputs,
                    input=[self.openvino.PartialShape(shape) for shape in shapes],
                    share_weights=False,
                )
        except Exception as error:  # the tracer and the converter raise exceptions of any type
            raise ConversionError(f"OpenVINO cannot convert {what}: {shorten_message(error)}") from error
        if len(model.inputs) != len(inputs):
            raise ConversionError(f"OpenVINO's graph of {what} has {len(model.inputs)} of {len(inputs)} inputs.")
        logger.info("converted %s for OpenVINO in %.1f s", what, time.perf_counter() - began)
        return model

    def serialize(self, model: Any) -> Graph:
        """Serialize an `openvino.Model` through a temporary file: the library only writes files."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "graph.xml")
            self.openvino.save_model(model, path, compress_to_fp16=False)
            return Graph(path.read_bytes(), path.with_suffix(".bin").read_bytes())


class OpenVinoNetwork:
    """Compiled graph with a pool of inference requests, one for each concurrent call, each with memory of its own."""

    def __init__(self, compiled: Any) -> None:
        self.compiled = compiled
        self.idle: deque[Any] = deque()

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """See `Network`."""
        try:
            request = self.idle.pop()
        except IndexError:
            request = self.compiled.create_infer_request()
        # Without `share_outputs` the results are copies that the next call does not overwrite.
        results = request.infer([tensor.detach().numpy() for tensor in inputs], share_outputs=False)
        self.idle.append(request)
        return tuple(torch.from_numpy(results[index]) for index in range(len(self.compiled.outputs)))


def import_openvino() -> Any:
    """Import `openvino` with its telemetry disabled: the import would otherwise report usage over the network."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # documented: None makes it fail
    import openvino

    return openvino


def supports_bf16() -> bool:
    """Return whether the processor computes in bfloat16 natively; emulated, it is slower than float32.

    Raises ImportError if OpenVINO is not installed.
    """
    if "BF16" not in import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return False
    try:
        words = set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return False
    return bool(words & {"avx512_bf16", "amx_bf16"})


def find_dynamic_shapes(small: Sequence[Tensor], large: Sequence[Tensor]) -> list[list[int]]:
    """Return the shape of each input, with -1 for the dimensions that differ between the two examples."""
    pairs = zip(small, large, strict=True)
    return [[a if a == b else -1 for a, b in zip(one.shape, other.shape, strict=True)] for one, other in pairs]


@contextmanager
def silence_conversion() -> Iterator[None]:
    """Suppress the tracer's known warnings and undo the converter's changes to the root logger."""
    root = logging.getLogger()
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
            warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
            # The tracer reads every attribute of a model, including those that transformers deprecates.
            warnings.filterwarnings("ignore", r"`is_gradient_checkpointing` is deprecated", FutureWarning)
            yield
    finally:
        root.setLevel(level)
        root.filters, root.handlers = filters, handlers


def check_shapes(module: nn.Module, network: Network, example: ExampleInputs) -> None:
    """Raise ConversionError if a trace only holds for the size that it was made with."""
    graph = f"OpenVINO's graph of {type(module).__name__}"
    for size in (SMALL_EXAMPLE, LARGE_EXAMPLE):
        inputs = example(*size)
        with torch.inference_mode():
            expected = [tensor.shape for tensor in as_tuple(module(*inputs))]
        try:
            found = [tensor.shape for tensor in network(*inputs)]
        except RuntimeError as error:
            raise ConversionError(f"{graph} fails: {shorten_message(error)}") from error
        if found != expected:
            raise ConversionError(f"{graph} gives {found} instead of {expected}.")


def shorten_message(error: Exception) -> str:
    """Return the library's message as a single log line of at most 300 characters."""
    return " ".join(str(error).split())[:300]
