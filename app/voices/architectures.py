"""The architectures of networks that a voice may consist of."""

from __future__ import annotations

END_TO_END = ("vits", "piper")
"""Acoustic models that make samples themselves, so that their emotions name no vocoder."""
SOURCE_VOCODERS = ("hifigan_source", "vocos_source")
"""Vocoders that generate the harmonics themselves, so that requests can change the pitch."""
