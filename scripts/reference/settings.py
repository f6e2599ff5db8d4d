"""Every setting, from `app.settings`."""

from __future__ import annotations

from typing import Any

from app.settings import Settings
from scripts.reference.markdown import code, table
from scripts.reference.markdown import page as whole
from scripts.reference.schema import default, kind

HEAD = ("setting", "variable", "value", "default", "meaning")
IN_WORDS = {
    "voices": "the shipped ones",
    "classifier": "the shipped one",
    "workers": "one for each processor core",
    "graph_cache": "`intone` in `$XDG_CACHE_HOME`, else in `~/.cache`",
}
"""Defaults that depend on the machine."""
ABOUT = """Environment variables, lines of a file `.env` in the working folder, or flags of `intone serve` (`max_chars`
is `--max-chars`); a flag goes before the environment, the environment before `.env`. Keys have no flag, since others on
the machine can read command lines. Lists of folders are written like `PATH`; in all others the parts have commas
between them, or are JSON."""


def page() -> str:
    """The page."""
    properties = Settings.model_json_schema()["properties"]
    return whole("Settings", ABOUT, table(HEAD, (row(name, schema) for name, schema in properties.items())))


def row(name: str, schema: dict[str, Any]) -> tuple[str, ...]:
    """One setting."""
    shown = IN_WORDS.get(name) or default(schema, required=False) or "none"
    return code(name), code(f"INTONE_{name.upper()}"), kind(schema), shown, schema["description"]
