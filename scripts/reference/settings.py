"""Render the page of all settings, from `app.settings`."""

from __future__ import annotations

from typing import Any

from app.settings import Settings
from scripts.reference.markdown import format_code, make_page, make_table
from scripts.reference.schema import describe_kind, format_default

HEAD = ("setting", "variable", "value", "default", "meaning")
IN_WORDS = {
    "voices": "the shipped ones",
    "classifier": "the shipped one",
    "workers": "one for each processor core",
    "graph_cache": "`intone` in `$XDG_CACHE_HOME`, else in `~/.cache`",
}
"""Defaults that depend on the machine."""
ABOUT = """Environment variables, lines of a file `.env` in the working folder, or flags of `intone serve` (`max_chars`
is `--max-chars`); a flag takes precedence over the environment, the environment over `.env`. Keys have no flag, since
other users of the machine can read command lines. Lists of folders are written like `PATH`; all other lists are
comma-separated or JSON."""


def render() -> str:
    """Return the page."""
    properties = Settings.model_json_schema()["properties"]
    return make_page(
        "Settings", ABOUT, make_table(HEAD, (make_row(name, schema) for name, schema in properties.items()))
    )


def make_row(name: str, schema: dict[str, Any]) -> tuple[str, ...]:
    """Return the row of a setting."""
    shown = IN_WORDS.get(name) or format_default(schema, required=False) or "none"
    return format_code(name), format_code(f"INTONE_{name.upper()}"), describe_kind(schema), shown, schema["description"]
