"""Read SSML: a document into its sentences, and the markup of one utterance into its clauses.

Offsets refer to the document as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.text.clauses import LengthCheck, accept_any_length
from app.text.languages import ENGLISH
from app.text.languages.voices import ENGLISH_VOICES, VoiceLanguages
from app.text.lexicon import NO_LEXICONS, Lexicons, look_up_everywhere, substitute_words
from app.text.sentences import MAX_SPOKEN
from app.text.splitter import SentenceSplitter
from app.text.ssml.handlers import SsmlHandler, StyleResolver
from app.text.ssml.parser import parse, parse_fragment
from app.text.ssml.table import SSML_TABLE, SSML_WARNINGS, SsmlAttribute, SsmlElement, Support
from app.text.text_map import TextBuilder, TextMap, WarningCollector, warn_private_characters
from app.types import NO_SPAN, Clause, Mark, PlanWarning, Sentence

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "SsmlAttribute",
    "SsmlDocument",
    "SsmlElement",
    "SsmlFragment",
    "Support",
    "read_fragment",
    "read_ssml",
]


@dataclass(frozen=True, slots=True)
class SsmlDocument:
    """A parsed SSML document."""

    sentences: Iterable[Sentence]
    """In order, created lazily and only once. Offsets count code points of the document, markup included."""
    warnings: tuple[PlanWarning, ...]
    """Deviations from what the document requests, each once."""
    voices: tuple[str, ...]
    """Names or aliases that the document requests, each once."""
    characters: int
    """Code points of the text without markup."""


@dataclass(frozen=True, slots=True)
class SsmlFragment:
    """The parsed markup of one utterance."""

    text: str
    flow: TextMap
    ssml: str
    language: str
    warnings: tuple[PlanWarning, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Clauses of the utterance: at least one, several if the text is too long to speak at once.

        They have no offsets in a request. Created on demand, since normalizing takes far longer than parsing.
        """
        splitter = SentenceSplitter(self.flow, MAX_SPOKEN, find_language=lambda voice: self.language)
        parts = tuple(splitter.clauses(splitter.pieces(0, len(self.text))))
        if len(parts) > 1:
            return tuple(replace(part, start=NO_SPAN, end=NO_SPAN, places=None) for part in parts)
        # The markup and marks of an utterance return to the plan unchanged.
        marks = tuple(Mark(anchor.name, anchor.at) for anchor in self.flow.anchors)
        spoken = parts[0].spoken if parts else ""
        return (Clause(self.text, NO_SPAN, NO_SPAN, spoken, ssml=self.ssml, marks=marks),)


def read_ssml(
    document: str,
    find_style_emotion: StyleResolver,
    max_spoken: int = MAX_SPOKEN,
    check: LengthCheck = accept_any_length,
    lexicons: Lexicons = NO_LEXICONS,
    voices: VoiceLanguages = ENGLISH_VOICES,
) -> SsmlDocument:
    """Read a document; `find_style_emotion` returns the emotion of a style of `express-as`, None if it has none.

    A lexicon that the document declares applies within `<lookup>`; any other applies to the whole text.
    Raises `InvalidSsml`; all other problems of a document become warnings.
    """
    remarks = WarningCollector()
    warn_private_characters(document, remarks)
    builder = TextBuilder(remarks)
    handler = SsmlHandler(builder, remarks, find_style_emotion, lexicons=lexicons, find_voice=voices.find_voice)
    parse(document, handler)
    flow = builder.finish()
    if lexicons:
        undeclared = [name for name in lexicons if name not in handler.lexicons.values()]
        flow = substitute_words(flow, lexicons, [*handler.lookups, *look_up_everywhere(flow.text, undeclared)])
    sentences = SentenceSplitter(flow, max_spoken, check, find_language=voices.find_language).sentences()
    return SsmlDocument(sentences, remarks.warnings, tuple(handler.voices), len(flow.text.rstrip()))


def read_fragment(ssml: str, language: str = ENGLISH) -> SsmlFragment:
    """Read the markup of `Clause.ssml`, which a caller may have edited, in a language; raises `InvalidSsml`."""
    remarks = WarningCollector()
    builder = TextBuilder(remarks)
    parse_fragment(ssml, SsmlHandler(builder, remarks, ignore_style, inner=True))
    flow = builder.finish()
    return SsmlFragment(flow.text.rstrip(), flow, ssml, language, remarks.warnings)


def ignore_style(style: str) -> None:
    """Return None: within an utterance a style has no effect."""
    return None
