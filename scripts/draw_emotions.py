"""Draw one sentence in every emotion: python -m scripts.draw_emotions FILE FOLDER [FOLDER].

The picture has a row for each emotion and a column for each voice folder, so that a voice can be compared with an
earlier state of itself: mel spectrograms with the pitch, as measured in the finished audio.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import librosa
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from app.cli.flags import settings
from app.evaluation.manner import HOP as PITCH_HOP
from app.evaluation.manner import SAMPLE_RATE, resample, track_pitch, trim_silence
from app.evaluation.recordings import Prompt, synthesize
from app.synthesis.pipeline import Pipeline
from app.types import Emotion, Samples
from app.voices import open_voice

TEXT = "They will be here in the morning, and nothing is ready."
DYNAMIC_RANGE_DB = 60
"""Decibels from the loudest point to black."""
COLORS = 24
HOP = 128
"""Samples at 16 kHz."""
PITCH_LIMITS = (100, 560)
"""Hertz of the pitch axis."""


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="PNG to write")
    parser.add_argument("folders", type=Path, nargs="+", help="voice folders")
    options = parser.parse_args()
    columns = [speak_all(folder) for folder in options.folders]
    longest = max(len(speech) for column in columns for speech in column) / SAMPLE_RATE
    figure = Figure(figsize=(5.5 * len(columns), 1.45 * len(Emotion)), layout="constrained")
    grid = figure.subplots(len(Emotion), len(columns), squeeze=False, sharex=True)
    for place, column in enumerate(columns):
        for row, (emotion, speech) in enumerate(zip(Emotion, column, strict=True)):
            draw(grid[row, place], speech, longest)
            grid[row, 0].set_ylabel(emotion.value)
    grid[0, 0].set_title(TEXT, fontsize=9, loc="left")
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=70)
    # The spectrograms need few shades; a third of the size is left.
    Image.open(drawn).convert("RGB").quantize(COLORS).save(options.file, optimize=True)


def speak_all(folder: Path) -> list[Samples]:
    """Speak the sentence in every emotion, at 16 kHz and without silence at its ends."""
    name = open_voice(folder).name
    pipeline = Pipeline.load(settings(voices=[folder], default_voice=name))
    spoken = [synthesize(pipeline, name, Prompt(emotion, TEXT, seed=1), degree=1.0) for emotion in Emotion]
    pipeline.close()
    return [trim_silence(resample(speech.samples, speech.sample_rate)) for speech in spoken]


def draw(axes: Axes, speech: Samples, longest: float) -> None:
    """Draw the spectrogram and the pitch of one clip."""
    power = librosa.feature.melspectrogram(y=speech, sr=SAMPLE_RATE, n_fft=512, hop_length=HOP, n_mels=80)
    decibels = librosa.power_to_db(power, ref=np.max, top_db=DYNAMIC_RANGE_DB)
    axes.imshow(decibels, cmap="gray_r", origin="lower", aspect="auto", extent=(0, len(speech) / SAMPLE_RATE, 0, 1))
    axes.set_yticks([])
    contour = track_pitch(speech)
    pitch = axes.twinx()
    pitch.plot(np.arange(len(contour)) * PITCH_HOP / SAMPLE_RATE, contour, color="#d62728", linewidth=1.8)
    pitch.set_yscale("log")
    pitch.set_ylim(*PITCH_LIMITS)
    pitch.set_yticks([125, 250, 500], ["125", "250", "500 Hz"], fontsize=7)
    pitch.minorticks_off()
    axes.set_xlim(0, longest)


if __name__ == "__main__":
    main()
