"""Write every page of docs/reference."""

from __future__ import annotations

from pathlib import Path

from scripts.reference import api, command_line, errors, readings, settings, ssml, tags, voice_json

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
PAGES = {
    "settings.md": settings.render,
    "command-line.md": command_line.render,
    "errors.md": errors.render,
    "ssml.md": ssml.render,
    "readings.md": readings.render,
    "tags.md": tags.render,
    "voice-json.md": voice_json.render,
    "api.md": api.render,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, render in PAGES.items():
        (FOLDER / name).write_text(render(), encoding="utf-8")
