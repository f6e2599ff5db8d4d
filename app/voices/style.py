"""Approximate the emotions that a voice lacks by rule: other pitch, rate and level of its neutral voice.

The directions are those of Murray and Arnott 1993 (doi 10.1121/1.405558) and Juslin and Laukka 2003
(doi 10.1037/0033-2909.129.5.770); the amounts are for a degree of 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.types import Emotion
from app.voices.manifest import Expression, Manifest, SpokenEmotion

RULES: Mapping[Emotion, tuple[Expression, float]] = {
    Emotion.JOY: (Expression(pitch=2.0, pitch_range=1.4, speed=1.03), 1.5),
    Emotion.SADNESS: (Expression(pitch=-1.0, pitch_range=0.75, speed=0.88), -3.0),
    Emotion.ANGER: (Expression(pitch=2.5, pitch_range=1.25, speed=1.06), 3.0),
    Emotion.FEAR: (Expression(pitch=3.0, speed=1.05), -1.5),
    Emotion.SURPRISE: (Expression(pitch=3.0, pitch_range=1.4), 1.0),
    Emotion.DISGUST: (Expression(pitch=-1.0, speed=0.9), 0.0),
}
"""Expression and decibels of each emotion. Only a vocoder with a harmonic source can change the range of the pitch."""


def approximate_emotions(manifest: Manifest) -> dict[Emotion, SpokenEmotion]:
    """Return the emotions that rules approximate, each spoken by neutral's models; none without a style."""
    if manifest.style is None:
        return {}
    neutral = manifest.emotions[Emotion.NEUTRAL]
    return {
        emotion: neutral.model_copy(update={"expression": expression, "gain_db": neutral.gain_db + gain_db})
        for emotion, (expression, gain_db) in RULES.items()
        if emotion not in manifest.emotions
    }
