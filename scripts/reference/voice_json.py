"""`voice.json`, from the model that reads it."""

from __future__ import annotations

from typing import Any

from app.voices.manifest import Manifest
from scripts.reference.markdown import page as whole
from scripts.reference.markdown import table
from scripts.reference.schema import fields

HEAD = ("field", "value", "default", "meaning")
ABOUT = """What a voice's folder says about itself. Unknown fields are refused. Paths are relative and stay inside the
folder. `intone voices add FOLDER` writes the file; [voices.md](../voices.md) explains it."""


def page() -> str:
    """The page."""
    schema = Manifest.model_json_schema()
    models = {name: one for name, one in schema["$defs"].items() if "properties" in one}
    parts = [part for name, one in models.items() for part in (f"## {name}", one["description"], rows(one))]
    return whole("voice.json", ABOUT, rows(schema), *parts)


def rows(schema: dict[str, Any]) -> str:
    """The fields of one object."""
    return table(HEAD, fields(schema))
