"""Which voices there are: found in folders, checked, listed and looked up by name or alias."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import InvalidVoice, VoiceNotFound
from app.voices.manifest import FILE_NAME
from app.voices.voice import Voice, open_voice


class Registry:
    """The voices of some folders. A folder that cannot be used is remembered in `problems` and hides no other."""

    def __init__(self, folders: Sequence[Path], default: str, aliases: Mapping[str, str] | None = None) -> None:
        self.default = default
        self.voices: dict[str, Voice] = {}
        self.problems: dict[Path, str] = {}
        for folder in voice_folders(folders):
            self.add(folder)
        self.check_default(folders)
        self.aliases = self.leading(aliases or {})
        """Further names, and the voice of each in its canonical spelling."""

    def add(self, folder: Path) -> None:
        """Open one voice folder."""
        try:
            voice = open_voice(folder)
        except InvalidVoice as error:
            self.problems[folder] = error.detail
            return
        known = self.voices.setdefault(voice.name.lower(), voice)
        if known is not voice:
            self.problems[folder] = f"There is already a voice {voice.name}, in {known.folder}."

    def check_default(self, folders: Sequence[Path]) -> None:
        """Refuse to go on without the voice that answers when none is named."""
        if self.default.lower() not in self.voices:
            found = "; ".join(self.problems.values()) or self.found_in(folders)
            raise InvalidVoice(
                f"The default voice {self.default} cannot be used: {found}",
                hint="Name the folder that holds it in INTONE_VOICES, or another voice in INTONE_DEFAULT_VOICE.",
            )
        self.default = self.voices[self.default.lower()].name

    def found_in(self, folders: Sequence[Path]) -> str:
        """Which voices there are, where they were looked for."""
        names = ", ".join(self.names())
        return f"found: {names}" if names else f"there is no {FILE_NAME} in {', '.join(map(str, folders))}"

    def leading(self, aliases: Mapping[str, str]) -> dict[str, str]:
        """Those that lead to a voice; of two that differ in case alone the last one counts."""
        written = {alias.lower(): (alias, voice.lower()) for alias, voice in aliases.items()}
        return {alias: self.voices[voice].name for alias, voice in written.values() if voice in self.voices}

    def names(self) -> list[str]:
        """All names in their canonical spelling."""
        return [voice.name for voice in self.voices.values()]

    def get(self, name: str | None = None) -> Voice:
        """The voice of a name or, where none has it, of an alias, case ignored; None is the default voice."""
        wanted = (self.default if name is None else name).lower()
        aliases = {alias.lower(): voice.lower() for alias, voice in self.aliases.items()}
        voice = self.voices.get(wanted) or self.voices.get(aliases.get(wanted, ""))
        if voice is None:
            known = [*self.names(), *self.aliases]
            near = difflib.get_close_matches(wanted[:64], [one.lower() for one in known], n=1)
            hint = f"Known voices: {', '.join(known)}." + (f" Did you mean {near[0]}?" if near else "")
            raise VoiceNotFound(f"There is no voice {name!r:.80}.", hint=hint)
        return voice


def voice_folders(folders: Sequence[Path]) -> list[Path]:
    """The folders that hold a `voice.json`: the named ones themselves, or those directly in them."""
    found = []
    for folder in folders:
        candidates = [folder, *sorted(path for path in folder.iterdir())] if folder.is_dir() else []
        found += [candidate for candidate in candidates if (candidate / FILE_NAME).is_file()]
    return found
