"""What names of folders, files and speakers tell."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from app.emotion import parse_emotion
from app.errors import UnknownEmotion
from app.plan import Emotion
from app.voices.manifest import LONGEST_NAME


def stem(path: PurePosixPath) -> str:
    """A file's name without its ending, be it `.pth` or `.pth.tar`."""
    return path.name.removesuffix(".tar").rpartition(".")[0]


def words(name: str) -> list[str]:
    """Its words in small letters; numbers stay with the letters before them."""
    return [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]


def emotion_in(name: str) -> Emotion | None:
    """The emotion of a name such as `angry`, `Sad_2` or `p225-anger`; None for none, or for several."""
    letters = [word for word in re.split(r"[^a-z]+", name.lower()) if word]
    found = {emotion for word in letters if (emotion := _parsed(word)) is not None}
    return found.pop() if len(found) == 1 else None


def _parsed(word: str) -> Emotion | None:
    try:
        return parse_emotion(word)
    except UnknownEmotion:
        return None


def voice_name(name: str) -> str:
    """A folder's name, made to what a voice may be called; empty where nothing of it can stay."""
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")
    return clean[:LONGEST_NAME].rstrip("-._")


def locale_of(language: str) -> str:
    """espeak-ng's `en-us` -> `en-US`; what follows the country is left out."""
    parts = language.split("-")
    country = [part.upper() for part in parts[1:2] if len(part) == 2]
    return "-".join([parts[0].lower(), *country])
