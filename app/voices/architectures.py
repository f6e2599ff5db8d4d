"""The architectures of networks that a voice may consist of."""

from __future__ import annotations

END_TO_END = ("vits", "piper")
"""Acoustic models that make samples themselves, so that their emotions name no vocoder."""
SOURCE_VOCODERS = ("hifigan_source", "vocos_source")
"""Vocoders that generate the harmonics themselves, so that requests can change the pitch."""
FORWARD_TTS = ("fast_pitch", "fast_speech", "fastspeech2", "speedy_speech")
"""Acoustic models that coqui runs by one class, under the names of their configs."""
PARALLEL = (*FORWARD_TTS, "align_tts", "vits")
"""Acoustic models that predict durations and then all frames at once, one utterance at a time."""
NEURAL_HMM = ("overflow", "neuralhmm_tts")
