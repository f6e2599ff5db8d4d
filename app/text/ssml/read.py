"""SSML -> sentences, as far as they are asked for; the markup of one clause -> what is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.text.clauses import Check, unchecked
from app.text.sentences import MAX_SPOKEN
from app.text.ssml.handlers import FeelingOfStyle, SsmlHandler
from app.text.ssml.parser import parse, parse_inner
from app.text.ssml.split import SentenceSplitter
from app.text.ssml.text_map import TextBuilder, TextMap, WarningCollector
from app.types import NO_SPAN, Clause, Mark, PlanWarning, Sentence


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
class SsmlFragment:
    """The markup of one utterance that was read again."""

    text: str
    flow: TextMap
    max_spoken: int
    ssml: str
    warnings: tuple[PlanWarning, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """At least one; several if the text is too long to be spoken at once. They stand in no request.

        Made on demand, since the reading takes far longer than the rest.
        """
        parts = tuple(SentenceSplitter(self.flow, self.max_spoken).clauses(0, len(self.text)))
        if len(parts) > 1:
            return tuple(replace(part, start=NO_SPAN, end=NO_SPAN, places=None) for part in parts)
        # What a plan says of an utterance comes back as it was.
        marks = tuple(Mark(anchor.name, anchor.at) for anchor in self.flow.anchors)
        spoken = parts[0].spoken if parts else ""
        return (Clause(self.text, NO_SPAN, NO_SPAN, spoken, ssml=self.ssml, marks=marks),)


def read_ssml(
    document: str, feeling_of_style: FeelingOfStyle, max_spoken: int = MAX_SPOKEN, check: Check = unchecked
) -> Marked:
    """Read a document; `feeling_of_style` tells what a style of `express-as` means, None where it is no emotion.

    Raises `InvalidSsml`; nothing else that a document says fails it.
    """
    remarks = WarningCollector()
    builder = TextBuilder(remarks)
    walker = SsmlHandler(builder, remarks, feeling_of_style)
    parse(document, walker)
    flow = builder.finish()
    sentences = SentenceSplitter(flow, max_spoken, check).sentences()
    return Marked(sentences, remarks.warnings, tuple(walker.voices), len(flow.text.rstrip()))


def read_inner(ssml: str, max_spoken: int = MAX_SPOKEN) -> SsmlFragment:
    """Read what `Clause.ssml` holds, or what a caller made of it; raises `InvalidSsml`."""
    remarks = WarningCollector()
    builder = TextBuilder(remarks)
    parse_inner(ssml, SsmlHandler(builder, remarks, no_feeling, inner=True))
    flow = builder.finish()
    return SsmlFragment(flow.text.rstrip(), flow, max_spoken, ssml, remarks.warnings)


def no_feeling(style: str) -> None:
    """Within an utterance a style has no effect."""
    return None
