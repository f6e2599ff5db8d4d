"""Read a plain text with tags into its sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.text.clauses import LengthCheck, accept_any_length
from app.text.delivery import WordEmotion
from app.text.sentences import MAX_SPOKEN
from app.text.splitter import SentenceSplitter
from app.text.tags.builder import TaggedTextBuilder
from app.text.tags.scanner import find_tags
from app.text.text_map import WarningCollector
from app.types import PlanWarning, Sentence


@dataclass(frozen=True, slots=True)
class TaggedSentences:
    """The sentences of a text with tags."""

    sentences: Iterable[Sentence]
    """In order, created lazily and only once. Offsets count code points of the text, tags included."""
    warnings: tuple[PlanWarning, ...]
    """What the tags request and the voice does not do, each once."""
    characters: int
    """Code points of the text without tags."""


def read_tagged(
    text: str, find_emotion: WordEmotion, check: LengthCheck = accept_any_length, max_spoken: int = MAX_SPOKEN
) -> TaggedSentences | None:
    """Read a plain text with tags; None if it has none."""
    remarks = WarningCollector()
    tagged = find_tags(text, find_emotion, remarks)
    if not tagged.tags:
        return None
    builder = TaggedTextBuilder(remarks, tagged.tags)
    builder.keep(text, 0)
    flow = builder.finish()
    sentences = SentenceSplitter(flow, max_spoken, check).sentences()
    return TaggedSentences(sentences, remarks.warnings, len(flow.text.rstrip()))
