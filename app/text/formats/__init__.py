"""Read a request's text in the format that it has or that the request names; offsets refer to the original."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from app.text.clauses import LengthCheck, accept_any_length
from app.text.delivery import WordEmotion
from app.text.formats.detect import detect_format
from app.text.formats.hidden import mask
from app.text.formats.html import read_html
from app.text.formats.latex import hide_commands
from app.text.formats.markdown import MarkdownReader
from app.text.languages import ENGLISH
from app.text.lexicon import NO_LEXICONS, Lexicons, look_up_everywhere, substitute_words
from app.text.sentences import MAX_SPOKEN, read_text
from app.text.speakers import find_speeches
from app.text.splitter import SentenceSplitter
from app.text.tags import Tag, TaggedTextBuilder, find_tags
from app.text.text_map import TextBuilder, TextMap, WarningCollector, warn_private_characters
from app.types import InputFormat, PlanWarning, Sentence

__all__ = ["FormattedText", "read_input"]


@dataclass(frozen=True, slots=True)
class FormattedText:
    """A text whose markup was read."""

    sentences: Iterable[Sentence]
    """In order, created lazily and only once. Offsets count code points of the original."""
    characters: int
    """Code points without markup."""
    warnings: tuple[PlanWarning, ...] = ()
    """Parts of the text that are not read, each once."""
    is_plain: bool = True
    """Whether the text was read without looking for markup."""


def read_input(
    text: str,
    input_format: InputFormat,
    check: LengthCheck = accept_any_length,
    find_emotion: WordEmotion | None = None,
    lexicons: Lexicons = NO_LEXICONS,
    split_labels: bool = False,
    language: str = ENGLISH,
) -> FormattedText:
    """Read a text in its format; `auto` reads a text without any markup as plain text.

    With `find_emotion`, which returns the emotion of a word, tags such as `[excited]` are read in any format. Words
    of `lexicons` are read as these say; a plain text without any is read as if there were no lexicon. With
    `split_labels`, the names before the lines of a script are clauses of their own.
    """
    remarks = WarningCollector()
    warn_private_characters(text, remarks)
    tags = find_tags(text, find_emotion, remarks) if find_emotion else ()
    source = mask(text, [(tag.start, tag.end) for tag in tags]) if tags else text
    chosen, shown = input_format, source
    if input_format in (InputFormat.AUTO, InputFormat.MARKDOWN):
        shown = hide_commands(source, remarks)
        chosen = InputFormat.MARKDOWN if shown is not source else chosen
    chosen = detect_format(source) if chosen is InputFormat.AUTO else chosen
    if chosen is InputFormat.TEXT and not tags and not any(one.occurs_in(text) for one in lexicons.values()):
        sentences = read_text(text, check=check, split_labels=split_labels, language=language)
        return FormattedText(sentences, len(text), remarks.warnings)
    flow = map_tagged_text(shown, chosen, tags, lexicons, remarks, explicit=input_format is not InputFormat.AUTO)
    find_quotations = partial(find_speeches, split_labels=split_labels)
    splitter = SentenceSplitter(flow, MAX_SPOKEN, check, find_quotations, lambda voice: language)
    return FormattedText(splitter.sentences(), len(flow.text.rstrip()), remarks.warnings, is_plain=False)


def map_tagged_text(
    source: str,
    input_format: InputFormat,
    tags: Sequence[Tag],
    lexicons: Lexicons,
    remarks: WarningCollector,
    *,
    explicit: bool,
) -> TextMap:
    """Return the text map of a text whose tags are masked, with the readings of the lexicons."""
    builder = TaggedTextBuilder(remarks, tags) if tags else TextBuilder(remarks)
    flow = map_text(source, input_format, builder, explicit=explicit)
    occurring = [
        name for name, one in lexicons.items() if input_format is not InputFormat.TEXT or one.occurs_in(source)
    ]
    return substitute_words(flow, lexicons, look_up_everywhere(flow.text, occurring)) if occurring else flow


def map_text(text: str, input_format: InputFormat, builder: TextBuilder, *, explicit: bool) -> TextMap:
    """Return the text map of a text; a text with nothing to read becomes an empty pause."""
    if input_format is InputFormat.TEXT:
        builder.keep(text, 0)
    elif input_format is InputFormat.HTML:
        read_html(builder, text)
    else:
        MarkdownReader(builder, indented_code=explicit).read(text)
    if not builder.length:
        builder.remarks.add("nothing_spoken", "The text contains nothing that is read.")
        builder.pause(0.0, 0)
    return builder.finish()
