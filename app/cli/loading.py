"""Find the installed voices, and load the models for `say` and `analyze` once the voice's name is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from app.memory import pause_collection
from app.settings import Settings
from app.voices import Registry

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

MEASURED_CHARACTERS = 20_000
"""Minimum characters of a text for which the fastest backend is measured: about 20 minutes of speech. For a shorter one
PyTorch is done earlier, because OpenVINO loads and compiles the networks for several seconds."""


def find_voices(settings: Settings) -> Registry:
    """Return the installed voices; raise `InvalidVoice` if the default voice is missing."""
    return Registry(settings.voices, settings.default_voice, settings.voice_aliases)


def load_pipeline(settings: Settings, voice: str | None, characters: int) -> Pipeline:
    """Load the models; raise `VoiceNotFound` before anything slow if there is no such voice."""
    registry = find_voices(settings)
    name = registry.get(voice).name
    if settings.backend == "auto" and characters < MEASURED_CHARACTERS:
        settings = settings.model_copy(update={"backend": "torch"})
    console = Console(stderr=True)
    if console.is_terminal:
        console.print(f"Loading the voice {name} …", style="dim", highlight=False)
    with pause_collection():
        from app.synthesis.pipeline import Pipeline

        return Pipeline.load(settings, registry=registry)
