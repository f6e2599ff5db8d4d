"""Find the words of a pronunciation lexicon in a text, and substitute their readings.

A small letter of an entry stands for either case, a capital only for a capital: `tide` is found in `Tide` and `TIDE`,
`Polish` not in `polish`, and `US` not in `us`.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import MappingProxyType
from unicodedata import normalize as normalize_unicode
from xml.sax.saxutils import quoteattr

from app.text.languages import ENGLISH, get_base_language
from app.text.normalization.normalize import normalize
from app.text.phonetic import mark_phonemes, remove_phonemes
from app.text.segment import WORD
from app.text.ssml.pronunciation import MAX_CHARS, estimate_length, find_foreign_signs, normalize_ipa
from app.text.substitutions import Substitution
from app.text.text_map import TextMap, WarningCollector, quote
from app.types import PlanWarning

MAX_ENTRY_CHARS = 100
"""Maximum characters of an entry's words, and of its reading."""
REQUEST, SERVICE = "request", "service"
"""Names of the lexicons of a request and of the service, in the order of precedence."""
PHONEMES = re.compile(r"\s*/(.*)/\s*", re.DOTALL)
"""A reading that is written in phonemes."""
TOKEN = re.compile(r"[^\W_]+|\s+|[\W_]")
WITHIN_WORD_BEFORE = re.compile(r"(?:[^\W_]['_.@]?|[\u0300-\u036f])\Z")
"""The end of a text after which a word or an address continues: `don'` before `t`, `www.` before `tide`."""
WITHIN_WORD_AFTER = re.compile(r"[^\W_]|[\u0300-\u036f]|'(?!s(?![^\W_]))[^\W_]|[_.][^\W_]|@")
"""The beginning of a text with which a word continues; the `'s` of the possessive does not belong to it."""
WITHIN_NUMBER_BEFORE = re.compile(r"\d,\Z")
WITHIN_NUMBER_AFTER = re.compile(r",\d")


@dataclass(frozen=True)
class LexiconEntry:
    """Words and their reading."""

    words: str
    reading: str
    """Alias, read as any text is, or phonemes in the IPA."""
    is_phonemes: bool = False

    @classmethod
    def parse(cls, words: str, reading: str) -> LexiconEntry:
        """Return an entry from its words and its alias, or its phonemes between slashes."""
        phonemes = PHONEMES.fullmatch(reading)
        return cls(words, phonemes[1] if phonemes else reading, phonemes is not None)

    @cached_property
    def phonemes(self) -> str:
        """Phonemes in the signs that voices know; empty for an alias."""
        return normalize_ipa(self.reading.strip("/ ")) if self.is_phonemes else ""

    @cached_property
    def spoken(self) -> str:
        """Text to read. Computed once, since a word may occur thousands of times."""
        return self._mark(self.words) if self.is_phonemes else normalize(self.reading)

    def speak(self, written: str, language: str = ENGLISH) -> str:
        """Return the text to read for the words as a text has them: checkpoints that read only letters read these."""
        if self.is_phonemes:
            return self.spoken if written == self.words else self._mark(written)
        return self.spoken if get_base_language(language) == ENGLISH else normalize(self.reading, language)

    def _mark(self, written: str) -> str:
        return mark_phonemes(self.phonemes, remove_phonemes(normalize(written)))

    @property
    def tag(self) -> str:
        """Opening tag of the markup for this reading."""
        if self.is_phonemes:
            return f'phoneme alphabet="ipa" ph={quoteattr(self.phonemes)}'
        return f"sub alias={quoteattr(self.reading)}"

    def find_fault(self) -> str:
        """Return why the entry cannot be used; empty if it can."""
        if not self.words.strip():
            return "it has no word"
        if max(len(self.words), len(self.reading)) > MAX_ENTRY_CHARS:
            return f"it has over {MAX_ENTRY_CHARS} characters"
        if self.is_phonemes:
            if foreign := find_foreign_signs(self.phonemes):
                return f"{quote(foreign)} is not IPA"
            if not self.phonemes or not WORD.search(self.words):
                return "phonemes need a sound and a word"
        elif estimate_length(self.reading) > MAX_CHARS:
            return "its reading is too long to be read at once"
        elif not WORD.search(self.reading) and not self.spoken:
            return "its reading cannot be pronounced"
        return ""


@dataclass(slots=True)
class Node:
    """A node of the tree of all entries, reached by the tokens of their words."""

    children: dict[str, Node] = field(default_factory=dict)
    entries: list[tuple[LexiconEntry, Sequence[tuple[int, int]]]] = field(default_factory=list)
    """Entries that end here, each with its capitals as (index of the token, offset in it), most capitals first."""


class Lexicon:
    """Entries to look up. Immutable, so that requests may share it."""

    def __init__(self, entries: Iterable[LexiconEntry]) -> None:
        """Create a lexicon; entries that cannot be used and those that contradict an earlier one are reported."""
        self.root = Node()
        remarks = WarningCollector()
        known: dict[str, LexiconEntry] = {}
        for entry in entries:
            entry = replace(entry, words=" ".join(entry.words.split()))
            if fault := entry.find_fault():
                remarks.add("lexicon_entry_ignored", f"The lexicon's entry {quote(entry.words)} was ignored: {fault}.")
                continue
            first = known.setdefault(normalize_unicode("NFC", entry.words).replace("’", "'"), entry)
            if first is entry:
                self._add(entry)
            elif first.spoken != entry.spoken:
                remarks.add(
                    "lexicon_conflict",
                    f"The lexicon has two readings of {quote(entry.words)}: {quote(first.reading)} is used.",
                )
        self.warnings: tuple[PlanWarning, ...] = remarks.warnings
        self.size = len(known)

    def occurs_in(self, text: str) -> bool:
        """Return whether a text contains any of the words."""
        return next(self.find(text, fold(text), 0, len(text)), None) is not None

    def find(self, text: str, folded: str, start: int, end: int, flow: TextMap | None = None) -> Iterator[Substitution]:
        """Yield the readings of the entries in a stretch of a text, in order, the longest first at each word.

        `folded` is the text that `fold` returns. With a text map, words that its markup reads or divides are not found.
        Each word begins at most one walk down the tree, so the time is linear in the text.
        """
        tokens = [match.span() for match in TOKEN.finditer(folded, start, end)]
        number = 0
        while number < len(tokens):
            match, number = self._match(text, folded, tokens, number, flow)
            if match:
                yield match

    def _add(self, entry: LexiconEntry) -> None:
        """Add an entry in both ways to write letters with accents."""
        for words in dict.fromkeys(normalize_unicode(form, entry.words) for form in ("NFC", "NFD")):
            node, capitals = self.root, []
            for number, token in enumerate(TOKEN.finditer(fold(words))):
                node = node.children.setdefault(token[0], Node())
                written = words[token.start() : token.end()]
                capitals += [(number, place) for place, letter in enumerate(written) if letter.isupper()]
            node.entries.append((entry, capitals))
            node.entries.sort(key=lambda one: len(one[1]), reverse=True)

    def _match(
        self, text: str, folded: str, tokens: Sequence[tuple[int, int]], number: int, flow: TextMap | None
    ) -> tuple[Substitution | None, int]:
        """Return the entry that begins at a token, if any, and the number of the token from which to go on."""
        node, found = self.root, []
        for after in range(number, len(tokens)):
            start, end = tokens[after]
            following = node.children.get(unify_space(folded[start:end]))
            if following is None:
                break
            node = following
            if node.entries:
                found.append((after + 1, node.entries))
        start = tokens[number][0]
        if not found or is_within_word(folded, start):
            return None, number + 1
        for after, entries in reversed(found):
            end = tokens[after - 1][1]
            if continues_word(folded, end):
                continue
            for entry, capitals in entries:
                if all(text[tokens[number + token][0] + place].isupper() for token, place in capitals):
                    if flow is None or is_free(flow, start, end):
                        return substitute(entry, start, end, text[start:end]), after
                    break
        return None, number + 1


def substitute(entry: LexiconEntry, start: int, end: int, written: str) -> Substitution:
    """Return the substitution of words by their reading."""
    # Beside a sign such as that of `.NET`, the words to read would touch the words around them.
    apart = not (entry.words[0].isalnum() and entry.words[-1].isalnum())
    return Substitution(start, end, entry.tag, partial(entry.speak, written), apart=apart)


def fold(text: str) -> str:
    """Return a text of the same length in small letters with plain apostrophes."""
    return text.replace("İ", "I").lower().replace("’", "'")


def unify_space(token: str) -> str:
    """Return a token, white space within a paragraph as one blank."""
    if token.isspace() and token.count("\n") < 2 and "\u2029" not in token:
        return " "
    return token


def is_within_word(folded: str, start: int) -> bool:
    """Return whether a word or a number continues at an offset; a sign may stand anywhere."""
    first, before = folded[start], folded[max(0, start - 2) : start]
    return first.isalnum() and (
        WITHIN_WORD_BEFORE.search(before) is not None
        or (first.isdigit() and WITHIN_NUMBER_BEFORE.search(before) is not None)
    )


def continues_word(folded: str, end: int) -> bool:
    """Return whether the word or number before an offset continues there."""
    last = folded[end - 1]
    return last.isalnum() and (
        WITHIN_WORD_AFTER.match(folded, end) is not None
        or (last.isdigit() and WITHIN_NUMBER_AFTER.match(folded, end) is not None)
    )


def is_free(flow: TextMap, start: int, end: int) -> bool:
    """Return whether markup neither reads nor divides a stretch."""
    edge = bisect_right(flow.edges, start, key=lambda one: one.at)
    return not (
        flow.reading_around(start)
        or flow.readings_in(start, end)
        or flow.changes_in(start, end)
        or any(pause.at < end for pause in flow.pauses_in(start, end))
        or (edge < len(flow.edges) and flow.edges[edge].at < end)
    )


Lookup = tuple[str, int, int]
"""Name of a lexicon, and start and end of the stretch of a text in which its words are read."""
Lexicons = Mapping[str, Lexicon]
"""The lexicons of a request by name, in the order of precedence."""
NO_LEXICONS: Lexicons = MappingProxyType({})


def name_lexicons(own: Lexicon | None, service: Lexicon | None) -> Lexicons:
    """Return the lexicons of a request by name: its own and that of the service, if there are such."""
    return {name: one for name, one in ((REQUEST, own), (SERVICE, service)) if one}


def substitute_words(flow: TextMap, lexicons: Lexicons, lookups: Iterable[Lookup]) -> TextMap:
    """Return a text map with the readings of the lexicons, earlier lookups first; those of markup stay."""
    readings = list(flow.readings)
    flow, folded = replace(flow, readings=readings), fold(flow.text)
    for name, start, end in lookups:
        for found in lexicons[name].find(flow.text, folded, start, end, flow):
            insort(readings, found, key=lambda reading: reading.start)
    return flow


def look_up_everywhere(text: str, names: Iterable[str]) -> list[Lookup]:
    """Return lookups of some lexicons in a whole text."""
    return [(name, 0, len(text)) for name in names]
