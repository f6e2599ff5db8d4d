"""Find where sentences end within a paragraph: the edges of sentencex, corrected for abbreviations, times and emoji."""

from __future__ import annotations

import re
from enum import Enum, auto

from sentencex import get_sentence_boundaries

from app.text.languages import ENGLISH, get_base_language, load_language
from app.text.languages.sentence_ends import get_sentence_ends
from app.text.word_tables import TABLES, list_alternatives

EDGE_CONTEXT = 24
"""Code points before and after an edge that decide whether a sentence ends there."""
STARTERS = "|".join(list_alternatives("starters"))
"""Words that rarely begin a name, so that a capital first letter means a new sentence."""
NO_STARTERS = "|".join(list_alternatives("no_starters"))
"""Words that may follow a time of day, a day or a month within the same sentence."""
EMOJI = "\u2600-\u27bf\U0001f300-\U0001faff\ufe0f\u200d"


class Kind(Enum):
    """What a full stop after a word means."""

    LEAD = auto()
    """Never the end: the word needs a continuation (`Ms.`, `approx.`)."""
    TITLE = auto()
    """The end only before a pronoun or an article (`Gen.`)."""
    SHORT = auto()
    """The end only before one of `STARTERS`, and not before a numeral (`Inc.`, `Vol. II`)."""
    UNIT = auto()
    """The end before a capital letter, but not before a number, a day or a month (`ft.`, `Sun.`)."""
    LIST = auto()
    """The end before a capital letter or a number (`etc.`)."""
    NUMBERED = auto()
    """An ordinary word, except before a numeral (`no.`, `fig.`)."""
    WORD = auto()
    """An ordinary word, which sentencex takes for an abbreviation (`me.`)."""


KINDS = {word: Kind[kind] for kind, words in TABLES["sentence_ends"].items() for word in words.split()}
"""The kind of each word, without its last full stop."""
RARE_STARTERS = "An|Can|Do|He|In|Let|My|No|On|So|Will"
"""Starters that are also surnames: they end no sentence after an initial (`George F. Will`)."""
PRONOUNS = "But|I|It|She|That|The|Then|There|They|This|We|You"
STOP = re.compile(r"\.(?<=[A-Za-z]\.)(?P<closed>[\"”’)\]]{0,3})\s{1,40}(?=\S)")
"""A full stop after a letter, and white space."""
WORD_BEFORE = re.compile(r"(?<![^\s(\[\"“‘'—–/-])(?<!\w')(?:[A-Za-z]{1,3}+\.){0,5}[A-Za-z]{1,9}+\Z")
"""A word that may be an abbreviation, at the end of a text, without its last full stop."""
INITIALISM = re.compile(r"(?:[A-Z]\.)+[A-Z]")
STARTER = re.compile(rf"(?:{STARTERS})\b(?!\.)")
SURE_STARTER = re.compile(rf"(?!(?:{RARE_STARTERS})\b)(?:{STARTERS})\b(?!\.)")
PRONOUN = re.compile(rf"(?:{PRONOUNS})\b(?!\.)")
DATE_WORD = re.compile(rf"(?:{NO_STARTERS})")
CAPITAL = re.compile(r"[\"“‘'(\[]?[A-ZÀ-ÖØ-Þ]")
QUOTED = re.compile(r"[\"“‘][A-ZÀ-ÖØ-Þ]")
NUMERAL = re.compile(
    r"[(\[#§№]?\d|\([A-Za-z]{1,3}\)|[A-Z]{1,4}\d|(?:[IVXLC]{2,7}|[VXLC])\b(?!['’])"
    r"|[A-HJ-Z]\b(?![.'’])(?! [a-z])|A(?=[,;:)]|\.?\s{0,9}\Z)"
)
"""What may follow `No.`, `Vol.` or `Apt.`: a number, a Roman numeral or a letter."""
TITLE_AFTER = re.compile(r"[A-Z][a-z]{1,20} [a-z]")
"""The title of a work after `et al.`: its second word is in lower case."""
ROMAN_ONE = re.compile(r"I(?:[,;:)–-]|\.?\s{0,9}\Z|\.\s|\s(?:of|and|to|or)\b)")
STATES = frozenset("Ala Ark Cal Del Ill Ind La Mass Md Mont Ont Ore Penn Va Wash".split())
CITY = re.compile(r"[A-Z][a-z]{1,20},\s\Z")
PRECEDING_WORD = re.compile(r"([A-Za-z.]{1,20}),?\s{1,9}\Z")


def find_sentence_starts(text: str, language: str = ENGLISH) -> list[int]:
    """Return the offsets of the second and later sentences, in order; the text must hold no lone surrogates."""
    base = get_base_language(language)
    found = {boundary["start_index"] for boundary in get_sentence_boundaries(base, text)}
    if base != ENGLISH:
        return get_sentence_ends(load_language(language)).correct(text, found)
    found |= {match.end() for match in MISSED_ENDS.finditer(text)}
    for stop in STOP.finditer(text):
        ends = ends_sentence(text, stop)
        if ends:
            found.add(stop.end())
        elif ends is not None:
            found.difference_update(range(stop.start(), stop.end() + 1))
    return [edge for edge in sorted(found) if 0 < edge < len(text) and not is_false_end(text, edge)]


def ends_sentence(text: str, stop: re.Match[str]) -> bool | None:
    """Return whether a sentence ends after a full stop; None leaves it to sentencex."""
    found = WORD_BEFORE.search(text, max(0, stop.start() - EDGE_CONTEXT), stop.start())
    if not found:
        return None
    word, edge = found[0], stop.end()
    after = text[edge : edge + EDGE_CONTEXT]
    before = text[max(0, found.start() - EDGE_CONTEXT) : found.start()]
    if len(word) == 1:
        return ends_after_initial(word, before, after)
    if INITIALISM.fullmatch(word):
        return True if STARTER.match(after) else None
    kind = find_kind(word)
    if word in STATES and CITY.search(before):
        kind = Kind.SHORT
    if word.lower() == "al":
        if not before.endswith("et "):
            return True if word == "Al" and CAPITAL.match(after) else None
        if TITLE_AFTER.match(after):
            return True
    if kind is None:
        return None
    return True if stop["closed"] and CAPITAL.match(after) else ends_after(kind, after)


def find_kind(word: str) -> Kind | None:
    """Return the kind of a word without its full stop; None if it is no abbreviation."""
    capitalized = word.capitalize() if word.isupper() else word
    return KINDS.get(word) or KINDS.get(capitalized) or KINDS.get(word.lower())


def is_abbreviation(word: str, language: str = ENGLISH) -> bool:
    """Return whether a word before a full stop, without that stop, may be an abbreviation or an initial."""
    if get_base_language(language) != ENGLISH:
        return len(word) == 1 or "." in word or f"{word}." in load_language(language).list_abbreviations()
    return len(word) == 1 or "." in word or find_kind(word) is not None


def ends_after(kind: Kind, after: str) -> bool | None:
    """Return whether a sentence ends between a word of a kind and the text after it; None leaves it to sentencex."""
    capital = CAPITAL.match(after) is not None
    if kind is Kind.LEAD:
        return False
    if kind is Kind.TITLE:
        return PRONOUN.match(after) is not None
    if kind is Kind.SHORT:
        numeral = NUMERAL.match(after) or ROMAN_ONE.match(after)
        return not numeral and (STARTER.match(after) or QUOTED.match(after)) is not None
    if kind is Kind.UNIT:
        return capital and not DATE_WORD.match(after)
    if kind is Kind.LIST:
        return capital or after[0].isdigit()
    if kind is Kind.NUMBERED and NUMERAL.match(after):
        return False
    return True if capital else None


def ends_after_initial(letter: str, before: str, after: str) -> bool | None:
    """Return whether a sentence ends after a single letter, which is mostly an initial; None leaves it to sentencex."""
    preceding = PRECEDING_WORD.search(before)
    is_small = preceding is not None and preceding[1][0].islower()
    if letter == "I" and is_small and CAPITAL.match(after):
        return True
    if not STARTER.match(after):
        return None
    if is_small:
        return True
    if SURE_STARTER.match(after):
        return None if preceding is None or preceding[1].endswith(".") else True
    return None if preceding is None else False


FALSE_ENDS = (
    (r"\b[ap]\.m\.\s+\Z", rf"(?:{NO_STARTERS})"),
    (r"[A-Za-z]\.\Z", r"[A-Z]{2,}\b|[-–/]\w"),
    (r"(?:\A|\n)\d{1,2}(?:[:.]\d\d)? ?[ap]\.m\.\s\Z", r"[A-Z]"),
    (r"[a-z,;] \Z", r"\([a-z]{1,4}\)\s"),
    (r"[A-Z][a-z]{0,6}\.\s\Z", r"[A-Z][a-z]{0,8}\.[,;:]"),
    (r"\d(?:s|st|sh)\.\s+\Z", r"\d{1,2}d\b"),
    (r"(?<!\S)\d{1,3}\.\s+\Z", r"(?:[KQRBN]?[a-h1-8]?x?[a-h][1-8]|O-O)(?!\w)"),
)
"""Pairs of patterns before and after an edge at which no sentence ends."""
FALSE_END_PATTERNS = tuple((re.compile(before), re.compile(behind)) for before, behind in FALSE_ENDS)
MISSED_ENDS = re.compile(
    rf"…[\"”’)]{{0,3}}\s{{1,9}}(?=[\"“‘(]?[A-Z])(?!I\b)"
    rf"|[.!?][\"”’]?\)\s{{1,9}}(?=[\"“‘]?[A-Z])"
    rf"|(?<=[%°])\.\s{{1,9}}(?=[A-Z][a-z])"
    rf"|[{EMOJI}]\s{{1,9}}(?=(?:{STARTERS})\b(?!\.))"
    rf"|\b[ap]\.m\.\s{{1,9}}(?=[A-Z])(?!{NO_STARTERS})"
    rf"|(?<![\w.])[Oo][Kk]\.\s{{1,9}}(?=[A-Za-z])"
)
"""Ends of sentences that sentencex often misses, up to the start of the next sentence."""


def is_false_end(text: str, edge: int) -> bool:
    """Return whether no sentence ends at an edge."""
    before, behind = text[max(0, edge - EDGE_CONTEXT) : edge], text[edge : edge + EDGE_CONTEXT]
    return any(left.search(before) and right.match(behind) for left, right in FALSE_END_PATTERNS)
