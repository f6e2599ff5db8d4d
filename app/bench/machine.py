"""How fast this machine multiplies matrices, and how close the vocoder comes to that."""

from __future__ import annotations

import copy
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from app.inference.selection import candidates, fastest
from app.packages import shipped_models
from app.settings import Settings
from app.synthesis.models.vocoders import VocosSourceVocoder
from app.synthesis.models.vocos import VocosSourceGenerator


def cpu_seconds(pid: int) -> float:
    """Processor time, user and system, of the process and its children: living ones, and ended ones it waited for."""
    ticks = 0
    for member in _family(pid):
        # The name of the program, which may hold spaces, ends with the last parenthesis. From there on the 12th to
        # 15th values are utime, stime, cutime and cstime.
        values = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(int(value) for value in values[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory in MiB."""
    pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _family(pid: int) -> list[int]:
    """The process and its living descendants; each thread lists the children that it started."""
    lists = [file.read_text().split() for file in Path(f"/proc/{pid}/task").glob("*/children")]
    return [pid, *(member for children in lists for child in children for member in _family(int(child)))]


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


VOCODER = "voices/wren/vocoder/config.json"
SIZE = 2048
"""Rows and columns of the matrices: they fit no cache of a single core, as the weights of a network do not."""
RUNS = 5
"""The fastest counts: what else runs on the machine can only slow it down."""
SECONDS = 10
"""Of speech that the vocoder makes at once."""


@contextmanager
def threads(number: int) -> Iterator[None]:
    """While it lasts, torch computes with so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def matmul_rate(number: int) -> float:
    """Operations (a multiplication and an addition are two) in each second, f32, with so many threads."""
    left, right = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    with threads(number):
        return 2 * SIZE**3 / _fastest(lambda: left @ right)


@dataclass(frozen=True, slots=True)
class VocoderTrial:
    """Ways to run the shipped voice's vocoder on ten seconds of speech, with one thread."""

    operations: int
    """Of its network; what the transforms before and behind it compute is not counted."""
    ways: Mapping[str, Callable[[], object]]


def vocoder_trial(settings: Settings) -> VocoderTrial:
    """The network in f32, the network as the service runs it here, and all from mel spectrogram to samples."""
    config = json.loads((shipped_models() / VOCODER).read_text(encoding="utf-8"))
    vocoder = VocosSourceGenerator(config).eval().requires_grad_(False)  # random weights are multiplied as fast
    network, frames = vocoder.spectrum, round(SECONDS * vocoder.config.sample_rate / vocoder.config.hop_length)
    mel, track = torch.randn(1, vocoder.config.num_mels, frames) - 5, torch.ones(1, frames)
    inputs = mel, track, track, torch.ones(1, 1, frames)
    operations = count_operations(network, *inputs)

    def example(batch: int, length: int) -> tuple[Tensor, ...]:
        tracks = torch.zeros(batch, length)
        return torch.zeros(batch, mel.shape[1], length), tracks, tracks, torch.ones(batch, 1, length)

    backends = candidates(settings.graph_cache, workers=1, threads=1)
    precise = backends[1:2] or backends  # OpenVINO in f32, where there is OpenVINO
    in_f32 = precise[0].compile(copy.deepcopy(network), example)
    best = fastest(backends, network, example, frames)
    served = best.compile(copy.deepcopy(network), example)
    whole = VocosSourceVocoder(vocoder, best)
    ways = {
        "vocoder_network_f32": lambda: in_f32(*inputs),
        "vocoder_network": lambda: served(*inputs),
        "vocoder": lambda: list(whole.chunks(mel, 0, soon=False)),
    }
    return VocoderTrial(operations, ways)


def vocoder_rates(trial: VocoderTrial) -> dict[str, float]:
    """Operations in each second, for each way."""
    with torch.inference_mode(), threads(1):
        return {name: trial.operations / _fastest(run) for name, run in trial.ways.items()}


def count_operations(network: nn.Module, *inputs: Tensor) -> int:
    """Multiplications and additions of one call, in matrix products and convolutions; all else is left out."""
    with FlopCounterMode(display=False) as counter:
        network(*inputs)
    return int(counter.get_total_flops())


def _fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs, after one that does not count."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)
