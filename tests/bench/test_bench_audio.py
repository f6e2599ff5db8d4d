"""The duration of speech in a response."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from app.bench.measures import measure_speech_seconds

RATE = 24000


def make_tone(seconds: float, level: float = 0.5) -> npt.NDArray[np.float64]:
    return level * np.sin(2 * np.pi * 400 * np.arange(round(seconds * RATE)) / RATE)


def make_silence(seconds: float) -> npt.NDArray[np.float64]:
    return np.zeros(round(seconds * RATE))


def encode_wav(*parts: npt.NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(parts), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def test_silence_at_the_ends_does_not_count_and_a_pause_does() -> None:
    assert measure_speech_seconds(
        encode_wav(make_silence(0.5), make_tone(1), make_silence(0.3), make_tone(1), make_silence(0.7))
    ) == pytest.approx(2.3)


def test_sound_50_db_below_the_loudest_is_silence() -> None:
    assert measure_speech_seconds(encode_wav(make_tone(1), make_tone(0.5, 0.5 * 10 ** (-55 / 20)))) == pytest.approx(
        1, abs=0.01
    )
    assert measure_speech_seconds(encode_wav(make_tone(1), make_tone(0.5, 0.5 * 10 ** (-45 / 20)))) == pytest.approx(
        1.5, abs=0.01
    )


def test_silence_alone_has_no_seconds_of_speech() -> None:
    assert measure_speech_seconds(encode_wav(make_silence(1))) == 0
