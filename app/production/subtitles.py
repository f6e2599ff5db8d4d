"""Write subtitles with the times of what was spoken: SubRip, and WebVTT (W3C) with emotions as classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.audio.files import open_output
from app.types import Utterance


@dataclass(frozen=True, slots=True)
class Cue:
    """Text that is shown while it is spoken."""

    start: float
    end: float
    """Seconds from the beginning of the audio."""
    text: str
    emotion: str
    speaker: str | None = None


def list_cues(utterances: Iterable[Utterance], by_word: bool = False) -> Iterator[Cue]:
    """Yield a cue for each utterance or, if their times are known, for each word."""
    for one in utterances:
        text = " ".join(one.text.split())
        if not text or one.start is None or one.end is None or one.end <= one.start:
            continue
        if by_word and one.words:
            for word in one.words:
                yield Cue(word.start, word.end, word.text, one.emotion.value, one.speaker)
        else:
            yield Cue(one.start, one.end, text, one.emotion.value, one.speaker)


def make_srt(cues: Iterable[Cue], note: str = "") -> Iterator[str]:
    """Yield the parts of a SubRip file, which has no place for a note."""
    for number, cue in enumerate(cues, 1):
        yield f"{number}\n{_format_time(cue.start, ',')} --> {_format_time(cue.end, ',')}\n{cue.text}\n\n"


def make_vtt(cues: Iterable[Cue], note: str = "") -> Iterator[str]:
    """Yield the parts of a WebVTT file; speakers are voices, and emotions are classes for a style sheet."""
    yield "WEBVTT\n\n"
    if note:
        yield f"NOTE {_escape(note)}\n\n"
    for cue in cues:
        text = f"<c.{cue.emotion}>{_escape(cue.text)}</c>"
        if cue.speaker:
            text = f"<v {_escape(cue.speaker)}>{text}</v>"
        yield f"{_format_time(cue.start, '.')} --> {_format_time(cue.end, '.')}\n{text}\n\n"


SUBTITLES: dict[str, Callable[[Iterable[Cue], str], Iterator[str]]] = {".srt": make_srt, ".vtt": make_vtt}
"""Functions that make subtitles, by the ending of the file."""


def save_subtitles(path: Path, utterances: Iterable[Utterance], by_word: bool, note: str) -> None:
    """Write subtitles in the format of the path's ending, a key of SUBTITLES."""
    with open_output(path) as file:
        for part in SUBTITLES[path.suffix.lower()](list_cues(utterances, by_word), note):
            file.write(part.encode())


def _format_time(seconds: float, mark: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, whole = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{whole:02}{mark}{milliseconds:03}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
