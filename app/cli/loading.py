"""Load the models for `say` and `analyze`, after the voice's name is checked, and show that it takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from app.settings import Settings
from app.voices import Registry

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

MEASURED_CHARACTERS = 20_000
"""Minimum characters of a text for which the fastest backend is measured: about 20 minutes of speech. For a shorter one
PyTorch is done earlier, because OpenVINO loads and compiles the networks for several seconds."""


def load_pipeline(settings: Settings, voice: str | None, characters: int) -> Pipeline:
    """Load the models; raise `VoiceNotFound` before anything slow if there is no such voice."""
    registry = Registry(settings.voices, settings.default_voice, settings.all_aliases)
    name = registry.get(voice).name
    if settings.backend == "auto" and characters < MEASURED_CHARACTERS:
        settings = settings.model_copy(update={"backend": "torch"})
    console = Console(stderr=True)
    if console.is_terminal:
        console.print(f"Loading the voice {name} …", style="dim", highlight=False)
    from app.synthesis.pipeline import Pipeline

    return Pipeline.load(settings, registry=registry)
