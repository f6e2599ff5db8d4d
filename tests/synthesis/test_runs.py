"""Utterances that are too long for one pass: networks read bounded runs, and omissions give a warning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.inference.pytorch import TorchBackend
from app.synthesis import Engine
from app.synthesis.loader import Loader
from app.synthesis.mel import FRAME_STEP
from app.synthesis.models.acoustic import TOKEN_STEP
from app.synthesis.models.glow import MAX_DECODER_FRAMES, GlowAcoustic
from app.synthesis.noise import draw_noise
from app.synthesis.runs import MAX_RUNS, MAX_SYMBOLS, split_runs
from app.synthesis.tokenizer import Tokens
from app.types import Emotion
from app.voices import Voice, open_voice
from tests.speaking import make_utterance, running_engine, speak
from tests.tiny_voice import write_tiny_voice

HAN = "你好世界" * 50 + "."
"""Some 1,650 symbols: espeak-ng reads each character as "Chinese letter"."""
BURMESE = "က, " * 80
"""Some 3,300 symbols."""
ENGLISH = "We walked along the wall, and the gulls came with us, until nobody knew the way. " * 3


@pytest.fixture(scope="module", params=["glow_tts", "tacotron2"])
def voice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Voice:
    return open_voice(write_tiny_voice(tmp_path_factory.mktemp("voice") / "v", request.param))


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine() as engine:
        yield engine


def record_read_lengths(engine: Engine, voice: Voice) -> list[int]:
    """Return a list that records how many tokens the voice's network reads in each call."""
    model: Any = engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0}).checkpoint.model
    read: list[int] = []
    if isinstance(model, GlowAcoustic):
        encode = model.encode
        model.encode = lambda *inputs: read.append(inputs[0].shape[1]) or encode(*inputs)
        return read
    model.model.decoder.stopnet[1].linear_layer.bias.data.fill_(100.0)  # untrained, it would never stop
    model.model.embedding.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].shape[1]))
    return read


def record_decoded_shapes(glow: GlowAcoustic, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Return a list that records the shapes that the decoder gets."""
    shapes: list[tuple[int, ...]] = []
    decode = glow.decode
    monkeypatch.setattr(glow, "decode", lambda *inputs: shapes.append(inputs[0].shape) or decode(*inputs))
    return shapes


def test_no_acoustic_model_reads_more_than_one_run_at_once(engine: Engine, voice: Voice) -> None:
    read = record_read_lengths(engine, voice)
    spoken = speak(engine, voice, make_utterance(BURMESE))
    assert len(read) > 3 and max(read) <= MAX_SYMBOLS + TOKEN_STEP
    assert len(spoken.samples) > 0


def test_text_beyond_the_last_run_is_left_out_with_a_warning(engine: Engine, tmp_path: Any) -> None:
    voice = open_voice(write_tiny_voice(tmp_path / "v"))
    warning_codes = [
        {warning.code for warning in speak(engine, voice, make_utterance(text)).warnings} for text in (HAN, BURMESE)
    ]
    assert ["truncated" in codes for codes in warning_codes] == [False, True]


def test_words_keep_their_order_through_all_runs(engine: Engine, tmp_path: Any) -> None:
    voice = open_voice(write_tiny_voice(tmp_path / "v"))
    spoken = speak(engine, voice, make_utterance("Привет мир, как дела " * 12))
    assert len(spoken.words) == 48
    times = [time for word in spoken.words for time in (word.start, word.end)]
    assert times == sorted(times) and 0 <= times[0] < times[-1] <= len(spoken.samples) / voice.sample_rate + 0.02


def test_a_clause_of_usual_length_is_read_in_one_run(engine: Engine, tmp_path: Any) -> None:
    tokenizer = engine.load_speaker(
        open_voice(write_tiny_voice(tmp_path / "v")), {Emotion.NEUTRAL: 1.0}
    ).checkpoint.tokenizer
    tokens = tokenizer.encode(ENGLISH)
    assert len(ENGLISH) < 300 and list(split_runs(tokens)) == [tokens.ids]


SYMBOLS = st.lists(st.sampled_from(["a", "tˈiː", " ", ", ", "; ", "kæt "]), min_size=1, max_size=900).map("".join)


@given(SYMBOLS, st.booleans(), st.booleans())
def test_runs_hold_every_token_once(symbols: str, blanks: bool, ends: bool) -> None:
    first, step = blanks + ends, 1 + blanks
    places = tuple(range(first, first + step * len(symbols), step))
    count = step * len(symbols) + blanks + 2 * ends
    found = list(split_runs(Tokens(tuple(range(count)), symbols, places, "")))
    assert [one for run in found for one in run] == list(range(count))
    assert all(len(run) <= step * MAX_SYMBOLS + blanks + 2 * ends for run in found)


def test_runs_end_at_commas() -> None:
    symbols = "wiː wɔːkt əlɔŋ ðə wɔːl, ænd ðə ɡʌlz kæm " * 30
    tokens = Tokens(tuple(range(len(symbols))), symbols, tuple(range(len(symbols))), "")
    *found, _ = split_runs(tokens)
    assert 3 <= len(found) < MAX_RUNS * 4
    assert all(symbols[run[-1]] == "," for run in found)


@pytest.fixture(scope="module")
def glow(tmp_path_factory: pytest.TempPathFactory) -> GlowAcoustic:
    voice = open_voice(write_tiny_voice(tmp_path_factory.mktemp("glow") / "v", dilation_rate=2, num_block_layers=2))
    model = Loader(voice, TorchBackend()).load_speaker({Emotion.NEUTRAL: 1.0}).checkpoint.model
    assert isinstance(model, GlowAcoustic)
    return model


@pytest.mark.parametrize("frames", [MAX_DECODER_FRAMES + 2, 3 * MAX_DECODER_FRAMES + 7])
def test_long_utterances_decoded_in_windows_give_the_same_mels(
    glow: GlowAcoustic, frames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    latent = draw_noise(1, 80, frames)
    (whole,) = glow.decode_batch([latent], ())
    shapes = record_decoded_shapes(glow, monkeypatch)
    (windowed,) = glow.decode_latents([latent], ())
    np.testing.assert_allclose(windowed, whole, atol=1e-4, rtol=1e-4)
    assert len(shapes) > 1
    longest = MAX_DECODER_FRAMES + 2 * glow.design.margin * glow.design.fold + FRAME_STEP
    assert max(shape[2] for shape in shapes) <= longest


def test_a_batch_of_many_frames_is_decoded_one_by_one(glow: GlowAcoustic, monkeypatch: pytest.MonkeyPatch) -> None:
    latents = [draw_noise(row, 80, MAX_DECODER_FRAMES // 2 + 2) for row in (1, 2)]
    sizes = record_decoded_shapes(glow, monkeypatch)
    mels = glow.decode_latents(latents, ())
    assert [size[0] for size in sizes] == [1, 1]
    for one, together in zip(mels, glow.decode_batch(latents, ()), strict=True):
        np.testing.assert_allclose(one, together, atol=1e-4, rtol=1e-4)
