"""How much of an answer is speech."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from app.bench.measures import measure_speech_seconds

RATE = 24000


def tone(seconds: float, level: float = 0.5) -> npt.NDArray[np.float64]:
    return level * np.sin(2 * np.pi * 400 * np.arange(round(seconds * RATE)) / RATE)


def silence(seconds: float) -> npt.NDArray[np.float64]:
    return np.zeros(round(seconds * RATE))


def wav(*parts: npt.NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(parts), RATE, format="WAV", subtype="PCM_16")
    return file.getvalue()


def test_silence_at_the_ends_does_not_count_and_a_pause_does() -> None:
    assert measure_speech_seconds(wav(silence(0.5), tone(1), silence(0.3), tone(1), silence(0.7))) == pytest.approx(2.3)


def test_silence_is_what_is_50_db_quieter_than_the_loudest() -> None:
    assert measure_speech_seconds(wav(tone(1), tone(0.5, 0.5 * 10 ** (-55 / 20)))) == pytest.approx(1, abs=0.01)
    assert measure_speech_seconds(wav(tone(1), tone(0.5, 0.5 * 10 ** (-45 / 20)))) == pytest.approx(1.5, abs=0.01)


def test_nothing_but_silence_has_no_seconds() -> None:
    assert measure_speech_seconds(wav(silence(1))) == 0
