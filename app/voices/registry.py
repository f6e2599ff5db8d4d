"""List the voices of some folders, and find them by name, alias, language or the name of another service's voice."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from app.errors import InvalidVoice, VoiceNotFound
from app.first_names import find_gender
from app.text.languages import get_base_language
from app.text.languages.voices import VoiceLanguages
from app.voices.manifest import FILE_NAME, read_manifest
from app.voices.voice import Voice, open_voice


class Persona(NamedTuple):
    """What a client expects of a voice that it names."""

    gender: str | None
    """`female` or `male`; None if either will do."""
    locale: str = "en-US"
    """Language and country, such as `en-GB`."""


OPENAI_VOICES: Mapping[str, Persona] = {
    "alloy": Persona(None),
    **dict.fromkeys(("ash", "cedar", "echo", "onyx", "verse"), Persona("male")),
    **dict.fromkeys(("ballad", "fable"), Persona("male", "en-GB")),
    **dict.fromkeys(("coral", "marin", "nova", "sage", "shimmer"), Persona("female")),
}
"""Voices that OpenAI clients request without listing the voices first."""
OTHER_VOICES: Mapping[str, Persona] = {
    **dict.fromkeys(("rachel", "sarah", "bella", "elli", "domi", "matilda", "joanna", "salli"), Persona("female")),
    **dict.fromkeys(("kendra", "kimberly", "danielle"), Persona("female")),
    **dict.fromkeys(("adam", "antoni", "josh", "arnold", "sam", "matthew", "joey", "justin"), Persona("male")),
    **dict.fromkeys(("stephen", "gregory"), Persona("male")),
    **dict.fromkeys(("alice", "charlotte", "lily", "amy", "emma"), Persona("female", "en-GB")),
    **dict.fromkeys(("daniel", "george", "brian", "arthur"), Persona("male", "en-GB")),
    **dict.fromkeys(("nicole", "olivia"), Persona("female", "en-AU")),
    "russell": Persona("male", "en-AU"),
}
"""Voices of ElevenLabs and Amazon Polly."""
_LOCALE_NAME = re.compile(r"(en)[-_]([a-z]{2})-([a-z]+?)(?:multilingual)?(?:neural)?(?:-(?:x_low|low|medium|high))?")
"""Names of Azure and Piper: `en-GB-RyanNeural`, `en_US-amy-medium`."""
_CODED_NAME = re.compile(r"([ab])([fm])_[a-z]+")
"""Names of Kokoro: `af_heart` is American and female, `bm_george` British and male."""
_GENDERS = {"she": "female", "he": "male", "f": "female", "m": "male"}


def find_persona(name: str) -> Persona | None:
    """Return what another service's name of a voice stands for, ignoring case; None for any other name."""
    name = name.lower()
    persona = OPENAI_VOICES.get(name) or OTHER_VOICES.get(name)
    if persona is None and (match := _LOCALE_NAME.fullmatch(name)):
        language, country, first_name = match.groups()
        persona = Persona(_GENDERS.get(find_gender(first_name) or ""), f"{language}-{country.upper()}")
    if persona is None and (match := _CODED_NAME.fullmatch(name)):
        persona = Persona(_GENDERS[match[2]], "en-US" if match[1] == "a" else "en-GB")
    return persona


DEFAULT_VOICE = "wren"
"""Default voice if none is configured and a voice of this name exists."""


class Registry:
    """The voices of some folders; a folder that cannot be used is listed in `problems` and affects no other.

    The default voice is the configured one; if none is configured, it is wren, or the first voice if there is no wren.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        default: str | None = None,
        aliases: Mapping[str, str] | None = None,
        previous: Registry | None = None,
    ) -> None:
        """Open the voices; unchanged ones of a `previous` registry stay the same objects.

        If the default voice is gone, the previous one stays. Without a previous one, raise `InvalidVoice`.
        """
        self.previous = {voice.folder: voice for voice in previous.voices.values()} if previous else {}
        self.voices: dict[str, Voice] = {}
        self.problems: dict[Path, str] = {}
        for folder in find_voice_folders(folders):
            self.add(folder)
        try:
            self.default = self.find_default(default, folders)
        except InvalidVoice as error:
            if previous is None:
                raise
            kept = previous.get()
            self.default, self.voices[kept.name.lower()] = kept.name, kept
            self.problems[kept.folder] = f"{error.detail} {kept.name} stays the default voice."
        self.previous = {}
        configured = self.resolve_aliases(aliases or {})
        known = {name.lower() for name in configured}
        openai = {name: self.match_persona(one) for name, one in sorted(OPENAI_VOICES.items()) if name not in known}
        self.aliases = {**openai, **configured}
        """Canonical name of the voice of each alias."""

    def add(self, folder: Path) -> None:
        """Open one voice folder and add the voice, or record why it cannot be used."""
        try:
            voice = open_voice(folder)
        except InvalidVoice as error:
            self.problems[folder] = error.detail
            return
        if self.previous.get(folder) == voice:
            voice = self.previous[folder]
        known = self.voices.setdefault(voice.name.lower(), voice)
        if known is not voice:
            self.problems[folder] = f"There is already a voice {voice.name}, in {known.folder}."

    def find_default(self, configured: str | None, folders: Sequence[Path]) -> str:
        """Return the canonical name of the default voice; raise `InvalidVoice` if it is missing."""
        preferred = (configured or DEFAULT_VOICE).lower()
        if preferred in self.voices:
            return self.voices[preferred].name
        if self.voices and not configured:
            return self.list_names()[0]
        nothing = f"there is no {FILE_NAME} in {', '.join(map(str, folders))}"
        found = f"found: {', '.join(self.list_names())}" if self.voices else nothing
        reasons = ("; ".join(self.problems.values()) or found).removesuffix(".")
        raise InvalidVoice(
            f"The default voice {configured or DEFAULT_VOICE} cannot be used: {reasons}.",
            hint="Name the folder that holds it in INTONE_VOICES, or another voice in INTONE_DEFAULT_VOICE.",
        )

    def match_language(self, language: str, current: Voice) -> Voice | None:
        """Return a voice that reads a language: the current one if it does; None if no voice does.

        Of several, the one of the same region comes first, then one of the same gender.
        """
        wanted, base = language.replace("_", "-").lower(), get_base_language(language)
        if get_base_language(current.language) == base:
            return current
        fitting = [voice for voice in self.voices.values() if get_base_language(voice.language) == base]

        def rate(voice: Voice) -> tuple[bool, bool]:
            is_same = voice.language.replace("_", "-").lower() == wanted
            return is_same, voice.manifest.gender.lower() == current.manifest.gender.lower()

        return max(fitting, key=rate, default=None)

    def list_languages(self, default: Voice) -> VoiceLanguages:
        """Return the languages of all voices; a request without a name of a voice is spoken by `default`."""

        def find_language(name: str | None) -> str:
            return self.get(name or default.name).language

        def find_voice(language: str, name: str | None) -> str | None:
            current = self.get(name or default.name)
            found = self.match_language(language, current)
            if found is None:
                raise LookupError(language)
            if found is not current and get_base_language(default.language) == get_base_language(language):
                found = default
            return name if found is current else found.name

        return VoiceLanguages(find_language, find_voice)

    def match_persona(self, persona: Persona) -> str:
        """Return the voice of a gender, and of them one of the accent; the default voice if it is as good as any."""
        fitting = [
            voice
            for voice in self.voices.values()
            if persona.gender in (None, voice.manifest.gender.lower()) or voice.name == self.default
        ]

        def rate(voice: Voice) -> tuple[bool, bool, bool]:
            manifest = voice.manifest
            same_accent = manifest.locale.replace("_", "-").lower() == persona.locale.lower()
            return persona.gender in (None, manifest.gender.lower()), same_accent, voice.name == self.default

        return max(fitting, key=rate).name

    def resolve_aliases(self, aliases: Mapping[str, str]) -> dict[str, str]:
        """Return the aliases that lead to a voice; of two that differ in case alone, the last one counts."""
        written = {alias.lower(): (alias, voice.lower()) for alias, voice in aliases.items()}
        return {alias: self.voices[voice].name for alias, voice in written.values() if voice in self.voices}

    def list_names(self) -> list[str]:
        """Return all names in their canonical spelling."""
        return [voice.name for voice in self.voices.values()]

    def get(self, name: str | None = None) -> Voice:
        """Return the voice with a name, else that with an alias, else the one that another service's name stands for.

        Case is ignored; None is the default voice. Raise `VoiceNotFound` for any other name.
        """
        wanted = (self.default if name is None else name).lower()
        aliases = {alias.lower(): voice.lower() for alias, voice in self.aliases.items()}
        voice = self.voices.get(wanted) or self.voices.get(aliases.get(wanted, ""))
        persona = find_persona(wanted) if voice is None else None
        if persona is not None:
            return self.voices[self.match_persona(persona).lower()]
        if voice is None:
            known = [*self.list_names(), *self.aliases]
            near = difflib.get_close_matches(wanted[:64], [one.lower() for one in known], n=1)
            hint = f"Known voices: {', '.join(known)}." + (f" Did you mean {near[0]}?" if near else "")
            raise VoiceNotFound(f"There is no voice {name!r:.80}.", hint=hint)
        return voice


def read_voice_names(folders: Sequence[Path]) -> dict[Path, str]:
    """Return the names of the voices that have a valid `voice.json`, by folder; the others are left out."""
    names = {}
    for folder in find_voice_folders(folders):
        with suppress(InvalidVoice):
            names[folder] = read_manifest(folder).name
    return names


def find_voice_folders(folders: Sequence[Path]) -> list[Path]:
    """Return the folders with a `voice.json` among the given ones and their direct subfolders."""
    found = []
    for folder in folders:
        candidates = [folder, *sorted(folder.iterdir())] if folder.is_dir() else []
        found += [candidate for candidate in candidates if (candidate / FILE_NAME).is_file()]
    return found
