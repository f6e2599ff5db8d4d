"""How the service is."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from app.api.answers.exact import exact


@exact
class Alive(TypedDict):
    """The process answers."""

    status: Literal["ok"]


@exact
class Ready(TypedDict):
    """It can speak."""

    status: Literal["ready"]
