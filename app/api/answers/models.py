"""Lists as OpenAI and Open WebUI have them."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from app.api.answers.exact import exact


@exact
class Model(TypedDict):
    """A name that is taken as `model`."""

    id: str
    object: Literal["model"]
    created: int
    """Seconds since 1970."""
    owned_by: str


@exact
class Models(TypedDict):
    """Every name that is listed; all are the same engine."""

    object: Literal["list"]
    data: list[Model]


@exact
class Named(TypedDict):
    """Something to choose from."""

    id: str
    name: str


@exact
class AudioModels(TypedDict):
    """Models as Open WebUI lists them."""

    models: list[Named]


@exact
class AudioVoices(TypedDict):
    """Voices and their other names as Open WebUI lists them."""

    voices: list[Named]
