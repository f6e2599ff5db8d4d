"""Write and read the plan of a book as lines of JSON, or as one JSON document; people may edit it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.documents.document import Document
from app.errors import InvalidRequest
from app.planning.edited import UtteranceBody, convert_utterance
from app.planning.incremental import IncrementalPlan
from app.planning.serialize import (
    classifier_to_dict,
    round_seconds,
    utterance_to_dict,
    warnings_to_list,
)
from app.text.headings import Heading
from app.types import ClassifierId, EditedUtterance, PlanWarning, Utterance

_BOOK = ("title", "author", "language")


@dataclass(frozen=True, slots=True)
class PlanFile:
    """Plan of a book that was read."""

    voice: str | None
    title: str
    author: str
    language: str
    chapters: tuple[tuple[str, int], ...]
    """Title, and number of the first utterance, of each chapter."""
    utterances: tuple[EditedUtterance, ...]


def describe_book(document: Document | None) -> dict[str, str]:
    """Return title, author and language of a document, for the head of a plan."""
    return {name: getattr(document, name) if document else "" for name in _BOOK}


def find_chapters(utterances: Iterable[Utterance], headings: Sequence[Heading]) -> list[tuple[str, int]]:
    """Return title and number of the first utterance of each chapter, from the places of headings in the text."""
    waiting, found, number = list(reversed(headings)), [], 0
    for number, utterance in enumerate(utterances):
        found += [(one.title, number) for one in _pop_begun(waiting, utterance)]
    return found + [(one.title, number + 1) for one in reversed(waiting)]


def _pop_begun(waiting: list[Heading], utterance: Utterance) -> Iterator[Heading]:
    """Remove and yield the headings, of which the next is the last, that do not begin after an utterance."""
    while waiting and utterance.span is not None and utterance.span[1] > waiting[-1].start:
        yield waiting.pop()


def make_plan_lines(
    plan: IncrementalPlan,
    voice: str,
    classifier: ClassifierId,
    document: Document | None,
    headings: Sequence[Heading],
    estimate: Callable[[Utterance], float],
) -> Iterator[str]:
    """Yield the lines of a plan while it is made, so that a book takes constant memory.

    The first line is about the book, a line `{"chapter": …}` precedes the utterances of each chapter, and the last line
    has the warnings. `estimate` returns the seconds that an utterance takes.
    """
    yield _dump({"voice": voice, "classifier": classifier_to_dict(classifier), **describe_book(document)})
    waiting, seconds = list(reversed(headings)), 0.0
    for utterance in plan.drain():
        for heading in _pop_begun(waiting, utterance):
            yield _dump({"chapter": heading.title})
        seconds += estimate(utterance)
        yield _dump(utterance_to_dict(utterance))
    warnings: list[PlanWarning] = [*(document.warnings if document else ()), *plan.warnings]
    yield _dump({"duration_estimate": round_seconds(seconds), "warnings": warnings_to_list(warnings)})


def _dump(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def read_plan_file(path: Path) -> PlanFile:
    """Read a plan that may be edited; raise `InvalidRequest` that names the utterance or the line at fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(f"{path} is not UTF-8, as JSON is.") from None
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        if "\n" not in text.strip():
            raise InvalidRequest(f"{path} is not JSON: {error.msg} (line {error.lineno}).") from None
        return _read_rows(path, _parse_lines(path, text))
    if isinstance(whole, dict) and isinstance(whole.get("utterances"), list):
        return _read_whole(path, whole)
    raise InvalidRequest(f"{path} is no plan.", hint="intone analyze FILE --json prints one.")


def _parse_lines(path: Path, text: str) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise InvalidRequest(f"Line {number} of {path} is not JSON: {error.msg}.") from None


def _read_whole(path: Path, whole: dict[str, Any]) -> PlanFile:
    chapters = {one["utterance"]: one["title"] for one in whole.get("chapters") or ()}
    rows: list[Any] = [{name: whole.get(name) for name in ("voice", *_BOOK)}]
    for number, one in enumerate(whole["utterances"]):
        if number in chapters:
            rows.append({"chapter": chapters[number]})
        rows.append(one)
    return _read_rows(path, rows)


def _read_rows(path: Path, rows: Iterable[Any]) -> PlanFile:
    head: dict[str, Any] = {}
    chapters: list[tuple[str, int]] = []
    utterances: list[EditedUtterance] = []
    for row in rows:
        if not isinstance(row, dict):
            raise InvalidRequest(f"{path} contains {str(row)[:40]!r} in the place of an utterance.")
        if "chapter" in row:
            chapters.append((str(row["chapter"]), len(utterances)))
        elif "text" in row:
            utterances.append(_read_utterance(path, row, len(utterances) + 1))
        elif not utterances:
            head = row
    if not utterances:
        raise InvalidRequest(f"{path} contains no utterances.")
    texts = {name: str(head.get(name) or "") for name in _BOOK}
    return PlanFile(head.get("voice"), **texts, chapters=tuple(chapters), utterances=tuple(utterances))


def _read_utterance(path: Path, row: dict[str, Any], number: int) -> EditedUtterance:
    try:
        return convert_utterance(UtteranceBody.model_validate(row))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InvalidRequest(f"Utterance {number} of {path}, {field}: {first['msg']}.") from None
