"""Speak with a voice of Kokoro-82M as the teacher, which has male voices, too.

hibari-tts was made from it, so both read the same phonemes, with the same front end. Its frames also last 25 ms, with
two values of F0 each. Its decoder gives samples, not spectra, so the bands of a manner filter the samples.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx

from scripts.corpus.emotions import Manner
from scripts.corpus.teacher import (
    SAMPLE_RATE,
    UNVOICED_BELOW,
    Floats,
    Speech,
    Teacher,
    compute_band_gain,
    merge_ends,
)

SAMPLES, F0, DURATIONS = "audio", "/encoder/F0_proj/Conv_output_0", "/encoder/Clip_output_0"
"""Tensors of the network: mono at 24 kHz; hertz, two values for each frame; frames of each phoneme and of both ends."""

MAX_PITCH_RANGE = 1.6
"""Maximum factor on the pitch range: a neutral male voice has 7.5 semitones, hibari-tts about 5, so 1.6 adds the
4 semitones of surprise."""


class KokoroFiles(NamedTuple):
    """Files of the teacher."""

    graph: Path
    """ONNX graph with the inputs `tokens`, `style` and `speed`."""
    voice: Path
    """Style vectors (lengths, 1, 256) in single precision, one for each number of phonemes."""


class KokoroTeacher(Teacher):
    """A voice of Kokoro-82M."""

    def __init__(self, files: KokoroFiles) -> None:
        super().__init__(onnx.load(files.graph), F0, DURATIONS)
        self.styles = np.fromfile(files.voice, np.float32).reshape(-1, 1, 256)

    def speak_sentence(self, phonemes: str, manner: Manner, rng: np.random.Generator) -> Speech:
        """Speak one sentence."""
        inputs: dict[str, npt.NDArray[Any]] = {
            "tokens": np.array([self.front_end.ids(phonemes)], np.int64),
            "style": self.styles[min(len(phonemes), len(self.styles)) - 1],
            "speed": np.array([manner.speed], np.float32),
        }
        manner = replace(manner, pitch_range=min(manner.pitch_range, MAX_PITCH_RANGE))
        samples, curve, frames = self.session.run([SAMPLES, F0, DURATIONS], inputs | self.control_pitch(inputs, manner))
        samples, f0 = apply_bands(samples.ravel(), manner), curve.ravel()
        share = frames.ravel() * (len(samples) / SAMPLE_RATE / frames.sum())
        return Speech(samples, phonemes, merge_ends(share), np.where(f0 > UNVOICED_BELOW, f0, 0))


def apply_bands(samples: Floats, manner: Manner) -> Floats:
    """Filter samples by the gains of a manner, without changing their phase."""
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    spectrum = np.fft.rfft(samples) * np.exp(compute_band_gain(manner.bands, hertz))
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)
