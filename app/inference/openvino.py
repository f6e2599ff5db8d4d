"""Run networks on OpenVINO, converted once from PyTorch and compiled for the processor."""

from __future__ import annotations

import io
import logging
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.inference import AnyArray, Array, ExampleInputs, LazyModule, Network
from app.inference.graph_cache import LOCAL_PREFIX, Graph, GraphCache, describe_processor, make_graph_key

if TYPE_CHECKING:
    from torch import nn

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
        self.importing = ThreadPoolExecutor(workers, thread_name_prefix="importing")
        self.properties = {
            "NUM_STREAMS": workers,
            "INFERENCE_NUM_THREADS": workers * threads,
            "INFERENCE_PRECISION_HINT": "bf16" if bf16 else "f32",
            "ENABLE_CPU_PINNING": False,  # pinned threads of two processes would share a core
            "CPU_RUNTIME_CACHE_CAPACITY": RUNTIME_CACHE_CAPACITY,
        }

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`. Raises ConversionError."""
        if not isinstance(module, LazyModule):
            from app.inference.pytorch import wrap_module

            module = wrap_module(module)
        inputs = example(*LARGE_EXAMPLE)
        shapes = find_dynamic_shapes(example(*SMALL_EXAMPLE), inputs)
        key = make_graph_key(module.name, module.key, shapes, [str(array.dtype) for array in inputs])
        properties = {**self.properties, "INFERENCE_PRECISION_HINT": "f32"} if precise else self.properties
        compiled_key = make_local_key(key, properties)

        def compile_anew() -> OpenVinoNetwork:
            return self.compile_anew(module, example, shapes, key, properties)

        content = self.graphs.read_content(compiled_key)
        if content is None:
            return compile_anew()
        return PendingNetwork(self.importing.submit(lambda: self.import_network(content, properties) or compile_anew()))

    def compile_anew(
        self,
        module: LazyModule,
        example: ExampleInputs,
        shapes: list[list[int]],
        key: str,
        properties: Mapping[str, Any],
    ) -> OpenVinoNetwork:
        """Compile a network from its graph, or from its module, and keep it. Raises ConversionError."""
        with self.converting:
            graph = self.graphs.read(key)
            if graph is None:
                model, network = self.build(module, example, shapes, properties)
                if not self.save(key, model):
                    return network
            else:
                network = self.compile_graph(graph, properties)
        stream = io.BytesIO()
        try:
            network.compiled.export_model(stream)
        except RuntimeError as error:  # the next start compiles it again
            logger.warning("OpenVINO cannot export %s: %s", module.name, shorten_message(error))
            return network
        compiled_key = make_local_key(key, properties)
        self.graphs.write_content(compiled_key, stream.getvalue())
        # So that the first start computes the same bytes in the same memory as later ones.
        content = self.graphs.read_content(compiled_key)
        return (content and self.import_network(content, properties)) or network

    def build(
        self, module: LazyModule, example: ExampleInputs, shapes: list[list[int]], properties: Mapping[str, Any]
    ) -> tuple[Any, OpenVinoNetwork]:
        """Build a module; return its graph and the network compiled from it. Raises ConversionError."""
        built = module.build()
        if module.is_graph:
            return built, OpenVinoNetwork(self.core.compile_model(built, "CPU", properties))
        from app.inference.pytorch import check_shapes, convert  # which imports torch

        model = convert(built, example(*LARGE_EXAMPLE), shapes)
        network = OpenVinoNetwork(self.core.compile_model(model, "CPU", properties))
        check_shapes(built, network, example)
        return model, network

    def compile_graph(self, graph: Graph, properties: Mapping[str, Any]) -> OpenVinoNetwork:
        """Compile a graph for this processor."""
        weights = np.frombuffer(graph.weights, np.uint8)
        model = self.core.read_model(graph.xml, self.openvino.Tensor(weights, shared_memory=True))
        return OpenVinoNetwork(self.core.compile_model(model, "CPU", properties), weights)

    def import_network(self, content: memoryview, properties: Mapping[str, Any]) -> OpenVinoNetwork | None:
        """Return a compiled network of the cache, in a third of the time that compiling takes; None if that fails.

        OpenVINO copies most weights into a layout of its own at the first runs, and uses the rest in place.
        """
        tensor = self.openvino.Tensor(np.frombuffer(content, np.uint8), shared_memory=True)
        try:
            return OpenVinoNetwork(self.core.import_model(tensor, "CPU", properties), content)
        except RuntimeError as error:
            logger.warning("a compiled network cannot be imported and is made anew: %s", shorten_message(error))
            return None

    def save(self, key: str, model: Any) -> bool:
        """Save a model, and return whether that worked; through a temporary file, as the library only writes files."""
        try:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "graph.xml")
                self.openvino.save_model(model, path, compress_to_fp16=False)
                graph = Graph(path.read_bytes(), path.with_suffix(".bin").read_bytes())
        except (OSError, RuntimeError) as error:  # such as a full disk
            message = "a converted graph cannot be kept, the next start makes it again: %s (temporary folder: %s)"
            logger.warning(message, error, tempfile.tempdir or "none")
            return False
        return self.graphs.write(key, graph)

    def recall(self, key: str, compute: Callable[[], Any], here: bool = False) -> Any:
        """See `Backend.recall`."""
        return self.graphs.recall(make_local_key(key, self.properties) if here else key, compute)

    def recall_arrays(self, key: str, compute: Callable[[], dict[str, Array]]) -> dict[str, Array]:
        """See `Backend.recall_arrays`."""
        return self.graphs.recall_arrays(LOCAL_PREFIX + key, compute)

    def trim(self) -> None:
        """See `Backend.trim`: most pages of the mapped files are not read any more."""
        self.graphs.release_pages()


class PendingNetwork:
    """Network that threads import meanwhile, several at a time; its first call waits for that."""

    def __init__(self, network: Future[OpenVinoNetwork]) -> None:
        self.network = network

    def __call__(self, *inputs: AnyArray) -> tuple[AnyArray, ...]:
        """See `Network`."""
        return self.network.result()(*inputs)


class OpenVinoNetwork:
    """Compiled graph with a pool of inference requests, one for each concurrent call, each with memory of its own."""

    def __init__(self, compiled: Any, content: Any = None) -> None:
        self.compiled = compiled
        self.content = content
        """Memory that the graph uses in place."""
        self.idle: deque[Any] = deque()

    def __call__(self, *inputs: AnyArray) -> tuple[AnyArray, ...]:
        """See `Network`."""
        try:
            request = self.idle.pop()
        except IndexError:
            request = self.compiled.create_infer_request()
        # Without `share_outputs` the results are copies that the next call does not overwrite.
        results = request.infer(list(inputs), share_inputs=True, share_outputs=False)
        self.idle.append(request)
        return tuple(results[index] for index in range(len(self.compiled.outputs)))


def run_graph(model: Any) -> OpenVinoNetwork:
    """Compile an `openvino.Model` for a backend that runs everything else itself."""
    return OpenVinoNetwork(import_openvino().Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}))


def import_openvino() -> Any:
    """Import `openvino` with its telemetry disabled: the import would otherwise report usage over the network."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # documented: None makes it fail
    import openvino

    return openvino


def make_local_key(key: str, properties: Mapping[str, Any]) -> str:
    """Return a key of the cache for what holds only for this processor and some properties of OpenVINO."""
    return LOCAL_PREFIX + make_graph_key(key, sorted(properties.items()), describe_processor())


def supports_bf16() -> bool:
    """Return whether the processor computes in bfloat16 natively; emulated, it is slower than float32.

    Raises ImportError if OpenVINO is not installed.
    """
    if "BF16" not in import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(" ".join(describe_processor()).split())


def find_dynamic_shapes(small: Sequence[AnyArray], large: Sequence[AnyArray]) -> list[list[int]]:
    """Return the shape of each input, with -1 for the dimensions that differ between the two examples."""
    pairs = zip(small, large, strict=True)
    return [[a if a == b else -1 for a, b in zip(one.shape, other.shape, strict=True)] for one, other in pairs]


def shorten_message(error: Exception) -> str:
    """Return the library's message as a single log line of at most 300 characters."""
    return " ".join(str(error).split())[:300]
