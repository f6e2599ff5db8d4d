"""Writes every page of docs/reference."""

from __future__ import annotations

from pathlib import Path

from scripts.reference import api, command_line, errors, settings, ssml, voice_json

FOLDER = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
PAGES = {
    "settings.md": settings.page,
    "command-line.md": command_line.page,
    "errors.md": errors.page,
    "ssml.md": ssml.page,
    "voice-json.md": voice_json.page,
    "api.md": api.page,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
