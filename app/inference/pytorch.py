"""PyTorch, the reference backend, and the conversion of its modules to OpenVINO's format."""

from __future__ import annotations

import hashlib
import logging
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from app.inference import AnyArray, ExampleInputs, LazyModule, Network, UncachedBackend
from app.inference.openvino import (
    LARGE_EXAMPLE,
    SMALL_EXAMPLE,
    ConversionError,
    import_openvino,
    run_graph,
    shorten_message,
)

logger = logging.getLogger("intone.backend")


class TorchBackend(UncachedBackend):
    """Backend that runs modules unchanged, on the CPU or on a GPU."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.name = "torch" if self.device.type == "cpu" else f"torch on {self.device.type}"

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        """See `Backend.compile`; nothing is traced, so the example is unused."""
        if isinstance(module, LazyModule) and module.is_graph:
            return run_graph(module.build())
        built = prepare_for_inference(module).to(self.device)

        @torch.inference_mode()
        def network(*inputs: AnyArray) -> tuple[AnyArray, ...]:
            results = built(*(tensor.to(self.device) for tensor in to_tensors(inputs)))
            return tuple(tensor.cpu().numpy() for tensor in as_tuple(results))

        return network


def prepare_for_inference(module: nn.Module | LazyModule) -> nn.Module:
    """Build a module if necessary, put it into inference mode, fold its weight norm into the weights, and return it."""
    built: nn.Module = module.build() if isinstance(module, LazyModule) else module
    built.eval().requires_grad_(True)  # else a folded weight would not be a parameter, and would not move to a GPU
    for part in built.modules():
        if is_parametrized(part, "weight"):
            remove_parametrizations(part, "weight")
    return built.requires_grad_(False)


def to_tensors(arrays: tuple[AnyArray, ...]) -> tuple[Tensor, ...]:
    """Return tensors that share the memory of the arrays."""
    return tuple(torch.from_numpy(array) for array in arrays)


def as_tuple(results: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Return the result of a module's `forward` as a tuple; a single tensor becomes a tuple of one."""
    return (results,) if isinstance(results, Tensor) else tuple(results)


def convert(module: nn.Module, arrays: tuple[AnyArray, ...], shapes: Sequence[Sequence[int]]) -> Any:
    """Trace a module and convert the trace to an `openvino.Model`; takes seconds. Raises ConversionError."""
    began, openvino, inputs = time.perf_counter(), import_openvino(), to_tensors(arrays)
    what = type(module).__name__
    try:
        with silence_conversion(), torch.no_grad():
            traced = torch.jit.trace(module, inputs, check_trace=False)  # type: ignore[no-untyped-call]
            model = openvino.convert_model(
                traced,
                example_input=inputs,
                input=[openvino.PartialShape(shape) for shape in shapes],
                share_weights=False,
            )
    except Exception as error:  # the tracer and the converter raise exceptions of any type
        raise ConversionError(f"OpenVINO cannot convert {what}: {shorten_message(error)}") from error
    if len(model.inputs) != len(inputs):
        raise ConversionError(f"OpenVINO's graph of {what} has {len(model.inputs)} of {len(inputs)} inputs.")
    logger.info("converted %s for OpenVINO in %.1f s", what, time.perf_counter() - began)
    return model


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
            expected = [tuple(tensor.shape) for tensor in as_tuple(module(*to_tensors(inputs)))]
        try:
            found = [array.shape for array in network(*inputs)]
        except RuntimeError as error:
            raise ConversionError(f"{graph} fails: {shorten_message(error)}") from error
        if found != expected:
            raise ConversionError(f"{graph} gives {found} instead of {expected}.")


def wrap_module(module: nn.Module) -> LazyModule:
    """Return a built module, prepared for inference, with a key that follows from the module itself."""
    prepare_for_inference(module)
    return LazyModule(type(module).__name__, hash_module(module), lambda: module)


def hash_module(module: nn.Module) -> str:
    """Hash everything a module's graph depends on: weights, structure and code."""
    digest = hashlib.sha256()
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
