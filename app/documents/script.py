"""Read the lines of a game or a film: CSV with id, character, emotion and line, or a simple screenplay."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.documents.document import Chapter, Document, clean_line
from app.documents.text import Decoded
from app.errors import UnreadableDocument
from app.types import InputFormat, PlanWarning

MAX_LINES = 100_000
_COLUMNS = {
    "id": ("id", "key", "line_id", "lineid", "name_id", "file", "filename"),
    "character": ("character", "speaker", "who", "name", "role", "actor"),
    "emotion": ("emotion", "mood", "feeling", "style", "tone"),
    "text": ("line", "text", "dialogue", "dialog", "words", "string"),
}
"""Names of columns in files of game studios, in lower case."""
_SCREENPLAY = re.compile(r"(?:\[(?P<id>[^\[\]]{1,80})\] ?)?(?P<who>[^:()\[\]]{1,60}?) ?"
                         r"(?:\((?P<emotion>[^()]{1,40})\))? ?: ?(?P<text>\S.*)")  # fmt: skip
"""Line of a screenplay in which words are one space apart, so that matching takes linear time."""
_UNSAFE = re.compile(r"[^\w.-]+")
_MAX_ID_CHARS = 60
"""Maximum of an id, so that it has with a number and an ending at most the 255 bytes of a file name."""


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """Line that a character speaks."""

    id: str
    """Unique, and a safe name of a file."""
    character: str
    emotion: str
    """Name of an emotion, or empty: the words decide."""
    text: str


def read_script(decoded: Decoded) -> Document:
    """Read a script as a document, whose lines begin with the names of their characters."""
    lines, warnings = read_lines(decoded)
    text = "\n\n".join(f"{one.character}: {one.text}" if one.character else one.text for one in lines)
    return Document("", "", "", None, (Chapter("", text, InputFormat.TEXT),), warnings)


def read_lines(decoded: Decoded) -> tuple[tuple[ScriptLine, ...], tuple[PlanWarning, ...]]:
    """Return the lines of a table or a screenplay, and warnings; raise `UnreadableDocument` if it has none."""
    rows, left_out = _read_table(decoded.text), 0
    if not rows:
        rows, left_out = _read_screenplay(decoded.text)
    if not rows:
        raise UnreadableDocument(
            "The table has no column of lines.", hint="Name its columns id, character, emotion and line."
        )
    numbers: Counter[str] = Counter()
    taken: set[str] = set()
    lines, renamed = [], 0
    for number, row in enumerate(rows, 1):
        wanted = row.get("id", "").strip()
        name = base = _UNSAFE.sub("_", wanted).strip("._")[:_MAX_ID_CHARS] or f"{number:04}"
        while name.lower() in taken:
            numbers[base.lower()] += 1
            name = f"{base}-{numbers[base.lower()] + 1}"
        taken.add(name.lower())
        renamed += bool(wanted) and name != wanted
        text = " ".join(row["text"].split())
        lines.append(ScriptLine(name, clean_line(row.get("character", "")), row.get("emotion", "").strip(), text))
    warnings = decoded.warnings
    if renamed:
        detail = f"{renamed} ids are no unique names of files and were changed."
        warnings = (*warnings, PlanWarning("ids_changed", detail))
    if left_out:
        detail = f"{left_out} lines without a name and a colon are not read."
        warnings = (*warnings, PlanWarning("lines_left_out", detail))
    return tuple(lines), warnings


def _read_table(text: str) -> list[dict[str, str]]:
    """Return the rows with text, by the keys of `_COLUMNS`; none if the first line names no column of lines.

    Raise `UnreadableDocument` if they are too many.
    """
    first = text.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        places = _find_columns(next(reader, ()))
        return _collect_rows(reader, places) if "text" in places else []
    except csv.Error as error:
        raise UnreadableDocument(f"The table cannot be read: {error}.") from None


def _collect_rows(reader: Iterable[Sequence[str]], places: Mapping[str, int]) -> list[dict[str, str]]:
    rows = []
    for cells in reader:
        row = {key: cells[place] if place < len(cells) else "" for key, place in places.items()}
        if row["text"].strip():
            rows.append(row)
            _check_count(len(rows))
    return rows


def _check_count(count: int) -> None:
    if count > MAX_LINES:
        raise UnreadableDocument(f"The script has more than {MAX_LINES} lines.", hint="Divide it into several files.")


def _find_columns(header: Sequence[str]) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    return {key: names.index(found) for key, known in _COLUMNS.items() if (found := _find_known(names, known))}


def _find_known(names: Sequence[str], known: Sequence[str]) -> str:
    return next((name for name in known if name in names), "")


def _read_screenplay(text: str) -> tuple[list[dict[str, str]], int]:
    """Return the lines of the form `[id] NAME (emotion): words`, and the number of others; no line unless most have
    that form."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    rows = list(_match_lines(lines))
    if 2 * len(rows) <= len(lines):
        return [], 0
    _check_count(len(rows))
    return rows, len(lines) - len(rows)


def _match_lines(lines: Sequence[str]) -> Iterator[dict[str, str]]:
    for line in lines:
        if found := _SCREENPLAY.fullmatch(line):
            names = (("id", "id"), ("character", "who"), ("emotion", "emotion"), ("text", "text"))
            yield {key: found[name] or "" for key, name in names}
