"""SSML -> sentences, as far as they are asked for; the markup of one clause -> what is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.plan import Mark, PlanWarning, Sentence
from app.text.reading import MAX_SPOKEN
from app.text.ssml.building import Builder
from app.text.ssml.cutting import Cutter
from app.text.ssml.document import parse, parse_inner
from app.text.ssml.elements import Walker
from app.text.ssml.manners import FeelingOfStyle
from app.text.ssml.readings import spoken_text
from app.text.ssml.remarks import Remarks


@dataclass(frozen=True, slots=True)
class Marked:
    """A document that was read."""

    sentences: Iterable[Sentence]
    """In order, made as they are asked for, once. Places count code points of the document, markup included."""
    warnings: tuple[PlanWarning, ...]
    """What was done other than asked, each once."""
    voices: tuple[str, ...]
    """Names or aliases that the document asks for, each once."""
    characters: int
    """Code points of the text without markup."""


@dataclass(frozen=True, slots=True)
class Inner:
    """The markup of one clause that was read again."""

    text: str
    spoken: str
    marks: tuple[Mark, ...]
    warnings: tuple[PlanWarning, ...]


def read_ssml(document: str, feeling_of_style: FeelingOfStyle, max_spoken: int = MAX_SPOKEN) -> Marked:
    """Read a document; `feeling_of_style` tells what a style of `express-as` means, None where it is no emotion.

    Raises `InvalidSsml`; nothing else that a document says fails it.
    """
    remarks = Remarks()
    builder = Builder(remarks)
    walker = Walker(builder, remarks, feeling_of_style)
    parse(document, walker)
    flow = builder.finish()
    sentences = Cutter(flow, max_spoken).sentences()
    return Marked(sentences, remarks.warnings, tuple(walker.voices), len(flow.text.rstrip()))


def read_inner(ssml: str) -> Inner:
    """Read what `Clause.ssml` holds, or what a caller made of it; raises `InvalidSsml`."""
    remarks = Remarks()
    builder = Builder(remarks)
    parse_inner(ssml, Walker(builder, remarks, no_feeling, inner=True))
    flow = builder.finish()
    text = flow.text.rstrip()
    marks = tuple(Mark(anchor.name, anchor.at) for anchor in flow.anchors)
    return Inner(text, spoken_text(text, flow.readings), marks, remarks.warnings)


def inner_text(ssml: str) -> str:
    """Return the text of such markup alone, which takes far less time; raise `InvalidSsml`."""
    remarks = Remarks()
    builder = Builder(remarks)
    parse_inner(ssml, Walker(builder, remarks, no_feeling, inner=True))
    return builder.finish().text.rstrip()


def no_feeling(style: str) -> None:
    """Within an utterance a style has no effect."""
    return None
