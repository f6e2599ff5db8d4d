"""The backends: equal results, the cache of converted graphs, and the choice by speed."""

from __future__ import annotations

import copy
import importlib.util
import json
import logging
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.errors import SetupError
from app.inference import AnyArray, ExampleInputs, LazyModule, Network, selection
from app.inference.graph_cache import HEADER_BYTES, LOCAL_PREFIX, MAX_GRAPHS, Graph, GraphCache, has_graphs
from app.inference.openvino import ConversionError, OpenVinoBackend, import_openvino, supports_bf16
from app.inference.pytorch import TorchBackend, hash_module, prepare_for_inference
from app.inference.selection import choose_fastest, list_backends, make_backend
from app.packages import bundled_models_dir
from app.synthesis.coqui import build_acoustic, build_coqui_config, fill_weights, load_weights
from app.synthesis.models.vocos import VocosSourceGenerator

WREN = bundled_models_dir() / "voices" / "wren"
SIZES = [(1, 16), (1, 250), (3, 64)]


class Decoder(nn.Module):
    """GlowTTS's flow in reverse."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, latent: Tensor, mask: Tensor, speaker: Tensor) -> Tensor:
        mel: Tensor = self.decoder(latent, mask, g=speaker, reverse=True)[0]
        return mel


class Tiny(nn.Module):
    """A small layer with two results."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.layer = nn.Conv1d(3, 4, 3, padding=1)

    def forward(self, values: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        return self.layer(values), lengths + 1


class Eigenvalues(nn.Module):
    """A module with an operation that OpenVINO lacks."""

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        return torch.linalg.eigvals(values @ values.transpose(1, 2)).real


class FixedLength(nn.Module):
    """A module whose trace is valid only for the length of its example."""

    def forward(self, values: Tensor, lengths: Tensor) -> Tensor:
        return values * torch.tensor([1.0] * int(values.shape[2]))


class SlowBackend(TorchBackend):
    """PyTorch that sleeps before each call."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.name = f"slow {seconds}"

    def compile(self, module: nn.Module | LazyModule, example: ExampleInputs, precise: bool = False) -> Network:
        network = super().compile(module, example)

        def run_slowly(*inputs: AnyArray) -> tuple[AnyArray, ...]:
            time.sleep(self.seconds)
            return network(*inputs)

        return run_slowly


@dataclass
class Case:
    """A shipped network, its inputs and its reference in PyTorch."""

    module: nn.Module
    example: ExampleInputs
    reference: Network


def make_tiny_inputs(batch: int, length: int) -> tuple[AnyArray, ...]:
    return draw_values(batch, 3, length), np.full(batch, length, np.int64)


def draw_values(*shape: int) -> AnyArray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


@pytest.fixture(scope="module")
def decoder() -> Case:
    config = json.loads((WREN / "base/config.json").read_text())
    speakers = json.loads((WREN / "base/speakers.json").read_text())
    state = load_weights(WREN / "base/model.safetensors")
    model = build_acoustic(config["model"], build_coqui_config(config, list(speakers)), state)
    module = prepare_for_inference(Decoder(model.decoder))  # copies of a module with weight norm share a class
    channels = model.emb_g.weight.shape[1]

    def example(batch: int, length: int) -> tuple[AnyArray, ...]:
        mask = np.ones((batch, 1, length), np.float32)
        return draw_values(batch, 80, length), mask, draw_values(batch, channels, 1)

    return Case(module, example, TorchBackend().compile(copy.deepcopy(module), example))


@pytest.fixture(scope="module")
def spectrum() -> Case:
    generator = VocosSourceGenerator(json.loads((WREN / "vocoder/config.json").read_text()))
    fill_weights(generator, load_weights(WREN / "vocoder/model.safetensors")["model"], "vocos_source")

    def example(batch: int, length: int) -> tuple[AnyArray, ...]:
        voicing, mask = draw_values(batch, length) > 0, np.ones((batch, 1, length), np.float32)
        return draw_values(batch, 80, length) - 5, draw_values(batch, length), voicing.astype(np.float32), mask

    module = prepare_for_inference(generator.spectrum)
    return Case(module, example, TorchBackend().compile(copy.deepcopy(module), example))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the converted networks, which all tests share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def openvino(cache: Path) -> OpenVinoBackend:
    return OpenVinoBackend(cache, workers=2, threads=1)


@pytest.fixture(scope="module")
def decode(openvino: OpenVinoBackend, decoder: Case) -> Network:
    return openvino.compile(copy.deepcopy(decoder.module), decoder.example)


@pytest.fixture(scope="module")
def read_spectrum(openvino: OpenVinoBackend, spectrum: Case) -> Network:
    return openvino.compile(copy.deepcopy(spectrum.module), spectrum.example)


def forbid_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("converted again")

    monkeypatch.setattr(import_openvino(), "convert_model", refuse)


def computes_tiny(network: Network) -> bool:
    """Return whether a network computes what `Tiny()` does."""
    inputs = make_tiny_inputs(2, 9)
    expected = TorchBackend().compile(Tiny(), make_tiny_inputs)(*inputs)
    return all(np.allclose(a, b, atol=1e-5) for a, b in zip(network(*inputs), expected, strict=True))


@pytest.mark.parametrize(("batch", "length"), SIZES)
def test_the_vocoder_equals_pytorchs(spectrum: Case, read_spectrum: Network, batch: int, length: int) -> None:
    inputs = spectrum.example(batch, length)
    (found,), (expected,) = read_spectrum(*inputs), spectrum.reference(*inputs)
    assert found.shape == expected.shape and found.dtype == expected.dtype
    assert float(np.abs(found - expected).max()) <= 1e-3


@pytest.mark.parametrize(("batch", "length"), SIZES)
def test_the_decoder_equals_pytorchs(decoder: Case, decode: Network, batch: int, length: int) -> None:
    inputs = decoder.example(batch, length)
    (found,), (expected,) = decode(*inputs), decoder.reference(*inputs)
    assert float(np.abs(found - expected).mean()) <= 0.02


def test_bfloat16_results_are_close(cache: Path, decoder: Case, decode: Network) -> None:
    if not supports_bf16():
        pytest.skip("this processor has no bfloat16")
    backend = make_backend("openvino_bf16", cache, workers=1, threads=1)
    inputs = decoder.example(2, 100)
    (found,) = backend.compile(copy.deepcopy(decoder.module), decoder.example)(*inputs)
    (expected,) = decoder.reference(*inputs)
    assert found.dtype == np.float32
    assert 0 < float(np.abs(found - expected).mean()) <= 0.05


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_concurrent_calls_do_not_change_the_bytes(spectrum: Case, read_spectrum: Network, backend: str) -> None:
    network = spectrum.reference if backend == "torch" else read_spectrum
    examples = [spectrum.example(1 + index % 2, 40 + 8 * (index % 3)) for index in range(24)]
    sequential = [network(*inputs)[0] for inputs in examples]
    with ThreadPoolExecutor(8) as threads:
        concurrent = list(threads.map(lambda inputs: network(*inputs)[0], examples))
    assert all(np.array_equal(one, other) for one, other in zip(sequential, concurrent, strict=True))


def test_results_do_not_share_memory(read_spectrum: Network, spectrum: Case) -> None:
    first, second = spectrum.example(1, 40), tuple(tensor + 1 for tensor in spectrum.example(1, 40))
    (kept,) = read_spectrum(*first)
    before = kept.copy()
    (other,) = read_spectrum(*second)
    assert np.array_equal(kept, before) and not np.array_equal(kept, other)
    kept[:] = 0
    assert np.array_equal(read_spectrum(*first)[0], before)


def test_weights_changed_after_compilation_have_no_effect(tmp_path: Path) -> None:
    module = Tiny()
    network = OpenVinoBackend(tmp_path, 1, 1).compile(module, make_tiny_inputs)
    with torch.no_grad():
        module.layer.weight.zero_()
    assert computes_tiny(network)


def test_a_network_may_have_several_results_and_integers(tmp_path: Path) -> None:
    for backend in (TorchBackend(), OpenVinoBackend(tmp_path, 1, 1)):
        values, lengths = backend.compile(Tiny(), make_tiny_inputs)(*make_tiny_inputs(2, 9))
        assert values.shape == (2, 4, 9) and lengths.dtype == np.int64 and lengths.tolist() == [10, 10]


def test_the_shipped_networks_are_read_from_the_cache(
    cache: Path, decoder: Case, decode: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = decoder.example(1, 60)
    converted = decode(*inputs)[0]
    forbid_conversion(monkeypatch)
    read = OpenVinoBackend(cache, 2, 1).compile(copy.deepcopy(decoder.module), decoder.example)
    assert np.array_equal(read(*inputs)[0], converted)
    assert cache.stat().st_mode & 0o777 == 0o700


@pytest.fixture(params=["graph", "compiled"])
def graph_file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Convert a tiny network into a new folder and return one of its files, the only one that is left."""
    folder = tmp_path / "deep" / "cache"
    OpenVinoBackend(folder, 1, 1).compile(Tiny(), make_tiny_inputs)
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    assert len(files) == 2
    file = files.pop(("graph", "compiled").index(request.param))
    files[0].unlink()
    assert folder.stat().st_mode & 0o777 == 0o700 and file.stat().st_mode & 0o777 == 0o400
    file.chmod(0o600)  # so that a test can damage it
    return file


def test_every_flipped_byte_is_detected(graph_file: Path) -> None:
    graphs, key, good = GraphCache(graph_file.parent), graph_file.stem, graph_file.read_bytes()
    assert graphs.read_content(key) is not None
    for position in [*range(HEADER_BYTES), *range(HEADER_BYTES, len(good), 97), len(good) - 1]:
        graph_file.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        assert graphs.read_content(key) is None, position


def flip_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-5] ^= 0x40
    file.write_bytes(data)


def truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def clear(file: Path) -> None:
    file.write_bytes(b"")


def replace_with_another(file: Path) -> None:
    with_other_weights = file.parent.parent / "other"
    OpenVinoBackend(with_other_weights, 1, 1).compile(Tiny(seed=1), make_tiny_inputs)
    other = next(with_other_weights.iterdir())
    assert other.name != file.name
    file.write_bytes(other.read_bytes())


@pytest.mark.parametrize("damage", [flip_bit, truncate, clear, replace_with_another])
def test_a_damaged_file_is_converted_again(
    graph_file: Path, damage: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(damage)
    damage(graph_file)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "intone.backend"):
        assert computes_tiny(OpenVinoBackend(graph_file.parent, 1, 1).compile(Tiny(), make_tiny_inputs))
    assert len(caplog.records) == 1 and str(graph_file) in caplog.text
    assert GraphCache(graph_file.parent).read_content(graph_file.stem) is not None
    forbid_conversion(monkeypatch)
    assert computes_tiny(OpenVinoBackend(graph_file.parent, 1, 1).compile(Tiny(), make_tiny_inputs))


def test_a_compiled_network_that_openvino_refuses_is_compiled_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    OpenVinoBackend(tmp_path, 1, 1).compile(Tiny(), make_tiny_inputs)
    (file,) = tmp_path.glob(f"{LOCAL_PREFIX}*")
    GraphCache(tmp_path).write_content(file.stem, b"not exported by OpenVINO")
    with caplog.at_level(logging.WARNING, "intone.backend"):
        assert computes_tiny(OpenVinoBackend(tmp_path, 1, 1).compile(Tiny(), make_tiny_inputs))
    assert len(caplog.records) == 1 and "cannot be imported" in caplog.text


def test_a_folder_in_place_of_a_file_disables_only_the_cache(
    graph_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    graph_file.unlink()
    graph_file.mkdir()
    assert computes_tiny(OpenVinoBackend(graph_file.parent, 1, 1).compile(Tiny(), make_tiny_inputs))
    kept = [path.stem.removeprefix(LOCAL_PREFIX) for path in graph_file.parent.iterdir()]
    assert {len(stem) for stem in kept} == {64}  # nothing temporary is left


def test_a_folder_that_cannot_be_written_disables_only_the_cache(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING, "intone.backend"):
        assert computes_tiny(OpenVinoBackend(tmp_path / "file" / "cache", 1, 1).compile(Tiny(), make_tiny_inputs))
    assert len(caplog.records) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_disables_only_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tempfile.mkstemp", lambda *_, **__: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "x")))
    with caplog.at_level(logging.WARNING, "intone.backend"):
        assert computes_tiny(OpenVinoBackend(tmp_path, 1, 1).compile(Tiny(), make_tiny_inputs))
    assert len(caplog.records) == 1 and not list(tmp_path.iterdir())


def test_pages_that_are_given_back_are_read_again(tmp_path: Path) -> None:
    backend = OpenVinoBackend(tmp_path, 1, 1)
    network = backend.compile(Tiny(), make_tiny_inputs)
    backend.trim()
    assert computes_tiny(network)


def test_arrays_are_computed_once(tmp_path: Path) -> None:
    arrays = {"a": draw_values(2, 3), "b.c": draw_values(1), "none": draw_values(0, 4)}
    for compute in (lambda: arrays, lambda: {}):
        found = OpenVinoBackend(tmp_path, 1, 1).recall_arrays("key", compute)
        assert found.keys() == arrays.keys()
        assert all(np.array_equal(found[name], value) for name, value in arrays.items())


def test_the_most_recently_used_files_are_kept(tmp_path: Path) -> None:
    graphs = GraphCache(tmp_path)
    for index in range(MAX_GRAPHS):
        graphs.write(f"{index:02}", Graph(b"xml", b"weights"))
        os.utime(graphs.find_path(f"{index:02}"), (index, index))
    graphs = GraphCache(tmp_path)
    used = graphs.read("00")  # used: new again
    assert used and used.xml.rstrip() == b"xml" and used.weights == b"weights"
    graphs.write("new", Graph(b"", b""))
    assert len(list(tmp_path.iterdir())) == MAX_GRAPHS
    assert graphs.read("00") and graphs.read("new") and not graphs.read("01") and graphs.read("02")


def test_files_that_a_process_uses_are_kept_however_many_they_are(tmp_path: Path) -> None:
    graphs, keys = GraphCache(tmp_path), [f"{index}" for index in range(MAX_GRAPHS + 2)]
    assert not has_graphs(tmp_path) and not has_graphs(tmp_path / "none")
    for key in keys:
        graphs.write(key, Graph(b"", b""))
    assert all(map(graphs.read, keys)) and has_graphs(tmp_path)


def test_changed_modules_change_the_key() -> None:
    weights = Tiny()
    with torch.no_grad():
        weights.layer.weight[0, 0, 0] += 1
    wider, buffered, numbered = Tiny(), Tiny(), Tiny()
    wider.layer.dilation = (2,)
    buffered.register_buffer("table", torch.ones(2), persistent=False)
    numbered.factor = 2.0  # type: ignore[assignment]
    changed = [hash_module(module) for module in (weights, wider, buffered, numbered)]
    assert hash_module(Tiny()) == hash_module(Tiny())
    assert len({hash_module(Tiny()), *changed}) == 5


def test_changed_code_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str:
        spec = importlib.util.spec_from_file_location("its_code", tmp_path / "its_code.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, "its_code", module)
        spec.loader.exec_module(module)
        return hash_module(module.Own())

    code = "from torch import nn\nclass Own(nn.Module):\n    def forward(self, x):\n        return x + 1\n"
    (tmp_path / "its_code.py").write_text(code)
    (tmp_path / "helpers.py").write_text("ONE = 1\n")
    first = key()
    assert key() == first
    (tmp_path / "helpers.py").write_text("ONE = 2\n")
    second = key()
    (tmp_path / "its_code.py").write_text(code.replace("+ 1", "+ 2"))
    assert len({first, second, key()}) == 3


@pytest.mark.parametrize("module", [Eigenvalues(), FixedLength()])
def test_a_module_that_cannot_be_converted_is_refused_by_name(tmp_path: Path, module: nn.Module) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.filters), list(root.handlers))
    with pytest.raises(ConversionError, match=type(module).__name__):
        OpenVinoBackend(tmp_path, 1, 1).compile(module, make_tiny_inputs)
    assert (root.level, root.filters, root.handlers) == before


def test_openvinos_telemetry_is_disabled() -> None:
    import_openvino()
    assert sys.modules["openvino_telemetry"] is None


def test_bfloat16_support_matches_the_processor() -> None:
    flags = Path("/proc/cpuinfo").read_text().split()
    assert supports_bf16() == ("avx512_bf16" in flags or "amx_bf16" in flags)


def test_the_fastest_backend_is_chosen(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    backends = [SlowBackend(0.2), TorchBackend(), SlowBackend(0.1)]
    module = Tiny()
    with caplog.at_level(logging.INFO, "intone.backend"):
        assert choose_fastest(backends, module, make_tiny_inputs, 20) is backends[1]
    assert caplog.messages[0].startswith("backend torch: Tiny ") and "; slow 0.1 " in caplog.messages[0]


def test_a_backend_that_cannot_run_the_network_is_left_out(tmp_path: Path) -> None:
    backends = [OpenVinoBackend(tmp_path, 1, 1), TorchBackend()]
    assert choose_fastest(backends, Eigenvalues(), make_tiny_inputs, 20) is backends[1]
    assert choose_fastest(backends[:1], Eigenvalues(), make_tiny_inputs, 20) is backends[0]  # nothing to choose


def test_the_available_backends_depend_on_gpu_and_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "GPU_DEVICES", (tmp_path,))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    measured = ["openvino", *(["openvino_bf16"] if supports_bf16() else [])]
    for machine, expected in (("x86_64", measured), ("aarch64", ["torch", *measured])):
        monkeypatch.setattr("platform.machine", lambda machine=machine: machine)
        assert list_backends() == expected
    assert [make_backend(name, tmp_path, 2, 1).name for name in expected] == expected
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert list_backends() == ["torch"]
    assert make_backend("torch", tmp_path, 2, 1).name == "torch on cuda"
    assert list_backends("cpu") == expected
    assert make_backend("torch", tmp_path, 2, 1, "cpu").name == "torch"
    monkeypatch.setattr(selection, "GPU_DEVICES", ())
    assert list_backends() == expected  # without importing torch to find out


def test_a_missing_gpu_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for make in (
        lambda: make_backend("torch", tmp_path, 2, 1, "cuda"),
        lambda: list_backends("cuda"),
    ):
        with pytest.raises(SetupError, match="no GPU"):
            make()


def test_without_openvino_only_torch_is_available(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with caplog.at_level(logging.INFO, "intone.backend"):
        assert list_backends() == ["torch"]
    assert len(caplog.records) == 1
    with pytest.raises(SetupError, match="cannot be imported"):
        make_backend("openvino", tmp_path, 2, 1)


def test_bfloat16_without_support_of_the_processor_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.inference.selection.supports_bf16", lambda: False)
    with pytest.raises(SetupError, match="bfloat16"):
        make_backend("openvino_bf16", tmp_path, 2, 1)
