"""Measure processor time and memory of processes, and the vocoder's speed relative to matrix multiplication."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from app.inference.selection import choose_fastest, list_backends, make_backend
from app.packages import bundled_models_dir
from app.settings import Settings
from app.synthesis.models.vocoders import VocosSourceVocoder, make_vocos_example
from app.synthesis.models.vocos import FrameSpectra, MaskedPitch, VocosSourceGenerator


def read_cpu_seconds(pid: int) -> float:
    """Return the processor seconds of a process, its living descendants and the ended children they waited for."""
    ticks = 0
    for member in _list_processes(pid):
        # The program's name, which may contain spaces, ends with the last parenthesis. The 12th to 15th values after
        # it are utime, stime, cutime and cstime.
        values = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(value) for value in values[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def read_resident_mib(pid: int) -> float:
    """Return the resident memory of a process and its descendants in MiB."""
    pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in _list_processes(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _list_processes(pid: int) -> list[int]:
    """Return a process and its living descendants; /proc lists the children of each thread separately."""
    lists = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(member for children in lists for child in children for member in _list_processes(int(child)))]


PACKAGES = ("torch", "openvino", "onnxruntime", "coqui-tts", "piper-tts", "kokoro-onnx")


def count_cores() -> int:
    """Return the number of processor cores that this process and its children may use."""
    return len(os.sched_getaffinity(0))


def describe_machine() -> dict[str, str]:
    """Return processor, memory, system and versions."""
    facts = {
        "processor": _read_value("/proc/cpuinfo", "model name"),
        "cores": str(count_cores()),
        "memory": _read_value("/proc/meminfo", "MemTotal"),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    for package in PACKAGES:
        try:
            facts[package] = version(package)
        except PackageNotFoundError:
            facts[package] = "not installed"
    return facts


def find_backend_line(log: Path) -> str:
    """Return the line of the service's log that names the backend; empty if there is none."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in lines if "backend" in line), "")


def _read_value(file: str, name: str) -> str:
    """Return the value of the line `name : value` in a file."""
    lines = (line.partition(":") for line in Path(file).read_text().splitlines())
    return next((value.strip() for found, _, value in lines if found.strip() == name), "unknown")


VOCODER = "voices/wren/vocoder/config.json"
MATRIX_SIZE = 2048
"""Rows and columns of the matrices, which fit no cache of a single core, just as the weights of a network."""
RUNS = 5
"""Number of runs; the fastest counts, because other processes can only slow a run down."""
SPEECH_SECONDS = 10
"""Seconds of speech that the vocoder generates in one run."""


@contextmanager
def use_threads(number: int) -> Iterator[None]:
    """Set the number of torch's threads, and restore it afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def measure_matmul_rate(number: int) -> float:
    """Return the f32 operations per second with `number` threads; a multiplication and an addition count as two."""
    left, right = torch.rand(MATRIX_SIZE, MATRIX_SIZE), torch.rand(MATRIX_SIZE, MATRIX_SIZE)
    with use_threads(number):
        return 2 * MATRIX_SIZE**3 / _time_fastest(lambda: left @ right)


@dataclass(frozen=True, slots=True)
class VocoderTrial:
    """Ways to run the bundled voice's vocoder on ten seconds of speech with one thread."""

    operations: int
    """Operations of the network, without the transforms before and after it."""
    ways: Mapping[str, Callable[[], object]]


def prepare_vocoder_trial(settings: Settings) -> VocoderTrial:
    """Prepare the network in f32, the network as the service runs it, and the whole path from mel to samples."""
    config = json.loads((bundled_models_dir() / VOCODER).read_text(encoding="utf-8"))
    vocoder = VocosSourceGenerator(config).eval().requires_grad_(False)  # random weights take the same time
    network, frames = vocoder.spectrum, round(SPEECH_SECONDS * vocoder.config.sample_rate / vocoder.config.hop_length)
    config, generator = vocoder.config, np.random.default_rng(0)
    mel = generator.normal(-5, 1, (1, config.num_mels, frames)).astype(np.float32)
    track = np.ones((1, frames), np.float32)
    inputs = mel, track, track, np.ones((1, 1, frames), np.float32)
    operations = count_operations(network, *map(torch.from_numpy, inputs))
    names = list_backends()
    backends = [make_backend(name, settings.graph_cache, workers=1, threads=1) for name in names]
    example = partial(make_vocos_example, config)
    module = FrameSpectra(network)
    in_f32 = backends[-1 if names[-1] != "openvino_bf16" else -2].compile(module, example)  # OpenVINO, if installed
    best = choose_fastest(backends, module, example, frames)
    served = best.compile(module, example)
    pitch = best.compile(MaskedPitch(vocoder.pitch), lambda *size: (example(*size)[0], example(*size)[3]))
    whole = VocosSourceVocoder(config, served, pitch)
    ways = {
        "vocoder_network_f32": lambda: in_f32(*inputs),
        "vocoder_network": lambda: served(*inputs),
        "vocoder": lambda: list(whole.generate_chunks(mel, 0, low_latency=False)),
    }
    return VocoderTrial(operations, ways)


def measure_vocoder_rates(trial: VocoderTrial) -> dict[str, float]:
    """Return the operations per second of each way."""
    with torch.inference_mode(), use_threads(1):
        return {name: trial.operations / _time_fastest(run) for name, run in trial.ways.items()}


def count_operations(network: nn.Module, *inputs: Tensor) -> int:
    """Count the multiplications and additions in the matrix products and convolutions of one call."""
    with FlopCounterMode(display=False) as counter:
        network(*inputs)
    return int(counter.get_total_flops())


def _time_fastest(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest run, after one that does not count."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
