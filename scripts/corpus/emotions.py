"""Define how the teacher's speech is changed for each emotion, in one table.

The directions and proportions follow the differences between neutral and emotional speech of the same 24 actors
(RAVDESS, doi 10.1371/journal.pone.0196391), between "normal" and "strong". The amounts were then reduced,
by measurements of 30 sentences each, until the teacher stayed intelligible (word error rate) and natural (DistillMOS).
A raised energy curve reduces naturalness most and is not used, a raised pitch and a wide range reduce it somewhat, the
spectral bands hardly: they express vocal effort.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.types import Emotion


@dataclass(frozen=True, slots=True)
class Manner:
    """Changes to the teacher's neutral speech."""

    pitch: float = 0.0
    """Semitones."""
    pitch_range: float = 1.0
    """Factor on every distance, in semitones, from the sentence's median pitch."""
    speed: float = 1.0
    """Factor on the rate; the teacher rounds every phoneme to 25 ms, so small changes have little effect."""
    bands: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    """Gain in dB at 0.7, 1.4, 2.5, 3.9 and 6.3 kHz: vocal effort tilts the spectrum."""
    level: float = 0.0
    """Gain of the finished clip in dB."""


MANNERS = {
    Emotion.NEUTRAL: Manner(),
    Emotion.JOY: Manner(pitch=3.2, pitch_range=1.2, speed=1.02, bands=(2.6, 4.5, 5.8, 3.2, 1.5), level=2),
    Emotion.SADNESS: Manner(pitch=-0.3, pitch_range=0.75, speed=0.83, bands=(-2.5, -2.5, -2.2, -0.5, 1), level=-4),
    Emotion.ANGER: Manner(pitch=4.2, pitch_range=1.15, speed=0.92, bands=(7, 8, 11, 9.5, 5), level=4),
    Emotion.FEAR: Manner(pitch=5.3, pitch_range=0.9, speed=1.04, bands=(1, 1, 2.5, 2.5, 2.8)),
    Emotion.SURPRISE: Manner(pitch=3, pitch_range=2.7, bands=(0.5, 1, 2.2, 2, 1.5), level=1),
    Emotion.DISGUST: Manner(pitch=-1, pitch_range=0.9, speed=0.84, bands=(1.5, 2, 3.5, 3, 1.5)),
}
