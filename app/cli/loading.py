"""Find the installed voices, and load the models for `say` and `analyze` once the voice's name is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from app.memory import pause_collection
from app.settings import Settings
from app.voices import Registry

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline


def find_voices(settings: Settings) -> Registry:
    """Return the installed voices; raise `InvalidVoice` if the default voice is missing."""
    return Registry(settings.voices, settings.default_voice, settings.voice_aliases)


def load_pipeline(settings: Settings, voice: str | None) -> Pipeline:
    """Load the models; raise `VoiceNotFound` before anything slow if there is no such voice."""
    registry = find_voices(settings)
    name = registry.get(voice).name
    console = Console(stderr=True)
    if console.is_terminal:
        console.print(f"Loading the voice {name} …", style="dim", highlight=False)
    with pause_collection():
        from app.synthesis.pipeline import Pipeline

        return Pipeline.load(settings, registry=registry)
