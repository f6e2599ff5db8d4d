"""Render the page of `voice.json`, from the model that parses it."""

from __future__ import annotations

from typing import Any

from app.voices.manifest import Manifest
from scripts.reference.markdown import make_page, make_table
from scripts.reference.schema import list_fields

HEAD = ("field", "value", "default", "meaning")
ABOUT = """The description of a voice, in its folder. Unknown fields are refused. Paths are relative and within the
folder. `intone voices add FOLDER` writes the file; [voices.md](../voices.md) explains it."""


def render() -> str:
    """Return the page."""
    schema = Manifest.model_json_schema()
    models = {name: one for name, one in schema["$defs"].items() if "properties" in one}
    parts = [part for name, one in models.items() for part in (f"## {name}", one["description"], render_fields(one))]
    return make_page("voice.json", ABOUT, render_fields(schema), *parts)


def render_fields(schema: dict[str, Any]) -> str:
    """Return the table of the fields of an object."""
    return make_table(HEAD, list_fields(schema))
