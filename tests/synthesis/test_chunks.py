"""Vocoding in chunks: they cover every frame once and join to the samples of vocoding at once."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.inference import Backend
from app.inference.openvino import OpenVinoBackend
from app.inference.pytorch import TorchBackend, hash_module
from app.packages import bundled_models_dir
from app.settings import load_settings
from app.synthesis.coqui import HifiganGenerator, fill_weights, load_weights
from app.synthesis.mel import FIRST_FRAMES, find_input_span, split_at_quiet_frames, split_frames
from app.synthesis.models import vocoders
from app.synthesis.models.nsf import HifiganSourceGenerator
from app.synthesis.models.vocoders import VocosSourceVocoder
from app.synthesis.models.vocos import VocosSourceGenerator
from app.synthesis.networks import compile_generator, compile_hifigan_source, compile_vocos
from app.voices.manifest import Expression
from tests.speaking import join_chunks
from tests.synthesis.test_nsf import CONFIG as SOURCE_CONFIG
from tests.tiny_voice import GENERATOR

VOCODER = bundled_models_dir() / "voices" / "wren" / "vocoder"


@given(st.integers(1, 5000), st.integers(1, 600), st.booleans())
def test_spans_cover_every_frame_once(frames: int, longest: int, low_latency: bool) -> None:
    found = list(split_frames(frames, longest, low_latency))
    assert found[0][0] == 0 and found[-1][1] == frames
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(0 < end - start <= max(longest, FIRST_FRAMES) for start, end in found)
    if low_latency and frames > 2 * FIRST_FRAMES:
        assert found[0] == (0, FIRST_FRAMES)


@given(st.data(), st.integers(1, 2000), st.integers(0, 30), st.integers(1, 200))
def test_a_window_includes_its_margins_and_has_a_constant_length(
    data: st.DataObject, frames: int, margin: int, longest: int
) -> None:
    start = data.draw(st.integers(0, frames - 1))
    end = data.draw(st.integers(start + 1, min(frames, start + longest)))
    first, last = find_input_span(start, end, margin, frames, longest)
    assert 0 <= first <= max(0, start - margin) and min(frames, end + margin) <= last <= frames
    assert last - first == min(longest + 2 * margin, frames)


def make_mel(frames: int) -> npt.NDArray[np.float32]:
    """Return a spectrogram that varies and pauses, so that it exercises every part of a vocoder."""
    chance = torch.Generator().manual_seed(3)
    track = torch.randn(1, 80, frames // 4 + 2, generator=chance) * 2 - 4
    mel: npt.NDArray[np.float32] = torch.nn.functional.interpolate(track, size=frames, mode="linear").numpy()
    return mel


@given(st.integers(1, 400), st.integers(2, 90))
def test_quiet_spans_cover_every_frame_once_and_begin_at_quiet_frames(frames: int, longest: int) -> None:
    level = np.random.default_rng(frames).random((1, 1, frames), np.float32)
    found = list(split_at_quiet_frames(level, longest))
    assert found[0][0] == 0 and found[-1][1] == frames
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(0 < end - start <= longest for start, end in found)
    for start, end in found[:-1]:
        assert level[0, 0, end] == level[0, 0, start + longest // 2 : start + longest].min()


def test_a_long_mel_spectrogram_is_vocoded_in_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocoders, "MAX_SPAN_FRAMES", 300)
    vocoder = load_vocoder(TorchBackend())
    excited_frames: list[int] = []
    excite = vocoder.waveform.excite
    monkeypatch.setattr(
        vocoder.waveform,
        "excite",
        lambda pitch, voicing: excited_frames.append(len(pitch)) or excite(pitch, voicing),
    )
    chunks = list(vocoders.vocode(vocoder, make_mel(1000), 0, low_latency=True, expression=Expression()))
    assert sum(map(len, chunks)) == 1000 * vocoder.hop_length
    assert len(excited_frames) > 3 and max(excited_frames) <= 300 and sum(excited_frames) == 1000
    assert len(chunks[0]) == FIRST_FRAMES * vocoder.hop_length


def load_shipped_generator() -> VocosSourceGenerator:
    generator = VocosSourceGenerator(json.loads((VOCODER / "config.json").read_text()))
    fill_weights(generator, load_weights(VOCODER / "model.safetensors")["model"], "vocos_source")
    return generator.eval().requires_grad_(False)


def load_vocoder(backend: Backend) -> VocosSourceVocoder:
    generator = load_shipped_generator()
    config = json.loads((VOCODER / "config.json").read_text())
    return compile_vocos(backend, hash_module(generator), lambda: generator, config, 300)


@pytest.fixture(scope="module", params=["torch", "openvino"])
def backend(request: pytest.FixtureRequest) -> Backend:
    return TorchBackend() if request.param == "torch" else OpenVinoBackend(load_settings().graph_cache, 2, 1)


@pytest.mark.parametrize("frames", [1, 2, 3, 40, 65, 200, 611])
def test_the_shipped_vocoder_gives_the_same_samples_in_chunks_and_at_once(
    backend: Backend, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = make_mel(max(frames, 3))[..., :frames]
    whole = torch.nn.functional.pad(torch.from_numpy(track), (0, max(0, 3 - frames)), "replicate")
    vocoder, generator = load_vocoder(backend), load_shipped_generator()
    # The same pitch to the last bit, because the phase sums its errors.
    pitch = tuple(torch.from_numpy(track)[None] for track in vocoder.read_pitch(whole.numpy()))
    torch.testing.assert_close(pitch, generator.read_pitch(whole), atol=1e-4, rtol=0)
    monkeypatch.setattr(generator, "read_pitch", lambda mel: pitch)
    with torch.inference_mode():
        expected = generator(whole)[0, : frames * 300].clamp(-1, 1).numpy()
    for longest in (33, 100, 448):
        monkeypatch.setattr(vocoders, "VOCOS_CHUNK_FRAMES", longest)
        for low_latency in (False, True):
            np.testing.assert_allclose(join_chunks(vocoder, track, low_latency=low_latency), expected, atol=1e-4)
    assert np.abs(expected).max() > 0.01


def test_an_expression_gives_the_same_samples_in_chunks_and_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    vocoder = load_vocoder(TorchBackend())
    changed = Expression(pitch=2, slope=3, tremor=0.2, accents=1.5, bands=(1, 2, 3, 4, 5, 6, 7))
    whole = np.concatenate(list(vocoder.generate_chunks(make_mel(300), 0, False, changed)))
    monkeypatch.setattr(vocoders, "VOCOS_CHUNK_FRAMES", 50)
    np.testing.assert_allclose(
        np.concatenate(list(vocoder.generate_chunks(make_mel(300), 0, True, changed))), whole, atol=1e-4
    )
    assert np.abs(whole - join_chunks(vocoder, make_mel(300))).max() > 0.01


@pytest.mark.parametrize("frames", [1, 30, 64, 200, 500])
def test_hifi_gan_in_chunks_gives_the_samples_of_coquis_inference(frames: int) -> None:
    torch.manual_seed(1)
    generator = HifiganGenerator(in_channels=80, out_channels=1, **GENERATOR).eval()
    with torch.inference_mode():
        expected = generator.inference(torch.from_numpy(make_mel(frames)))[0, 0, 5 * 256 : -5 * 256].numpy()
    config = {"audio": {"num_mels": 80}, "generator_model_params": GENERATOR}
    vocoder = compile_generator(TorchBackend(), "", lambda: generator, config, 256)
    for low_latency in (False, True):
        np.testing.assert_allclose(join_chunks(vocoder, make_mel(frames), low_latency=low_latency), expected, atol=1e-5)


@pytest.mark.parametrize("frames", [2, 64, 300])
def test_hifi_gan_with_a_source_gives_the_same_samples_in_chunks_and_at_once(
    frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    generator = HifiganSourceGenerator(SOURCE_CONFIG)
    vocoder = compile_hifigan_source(TorchBackend(), "", lambda: generator, SOURCE_CONFIG, 256)
    monkeypatch.setattr(vocoders, "HIFIGAN_CHUNK_FRAMES", 10_000)
    expected = join_chunks(vocoder, make_mel(frames), seed=4)
    monkeypatch.setattr(vocoders, "HIFIGAN_CHUNK_FRAMES", 50)
    np.testing.assert_allclose(join_chunks(vocoder, make_mel(frames), seed=4, low_latency=True), expected, atol=1e-5)


def test_chunks_are_computed_on_demand() -> None:
    calls = []
    vocoder = load_vocoder(TorchBackend())
    network = vocoder.spectrum
    vocoder.spectrum = lambda *inputs: calls.append(inputs[0].shape[2]) or network(*inputs)
    chunks: Any = vocoder.generate_chunks(make_mel(600), 0, low_latency=True)
    assert len(next(chunks)) == FIRST_FRAMES * 300
    assert calls == [64]
    chunks.close()
    assert len(calls) == 1
