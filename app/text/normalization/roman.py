"""Read Roman numerals if their context makes the reading safe."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_ordinal, verbalize_year
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import list_alternatives

ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
COUNTED, SERIES_NAMES = list_alternatives("counted"), list_alternatives("series")
COUNT = re.compile(rf"\b({'|'.join(COUNTED)}) (?![CDLM]\b){ROMAN}\b(?!['’.-]\w)", re.IGNORECASE)
SERIES = re.compile(rf"\b({'|'.join(SERIES_NAMES)}) (?=[IVXLC])(?i:{ROMAN})\b")
MONARCHS = "|".join(list_alternatives("monarchs"))
MONARCH = re.compile(rf"\b(?!Malcolm X\b)({MONARCHS}(?: Paul)?) (?=[IVX]{{2,6}}\b|[VX]\b){ROMAN}\b(?!['’]\w)")
RULERS = "King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|Prince|Pharaoh"
RULER = re.compile(
    rf"\b((?:{RULERS}) [A-Z][a-z]{{1,20}}) "
    rf"(?=[IVX]{{1,6}}\b){ROMAN}\b(?!['’.]\w)(?! (?:am|was|have|had|will|would|know|knew|think)\b)"
)
ORDINAL_BEFORE = re.compile(
    rf"(?<![\w-])(?=[IVX]{{2,6}}(?:th|st|nd|rd)?\b|[VX](?:th)?\b){ROMAN}"
    r"(?=(?:th|st|nd|rd)? (?:century|centuries|Century|Olympic|Olympiad|Winter Olympic|"
    r"Congress|Corps|Legion|dynasty|Dynasty|Amendment|Army)\b)(?:th|st|nd|rd)?"
)
YEAR = re.compile(rf"(?<![\w.'-])(?=M[DCLXVIM]{{2,14}}\b){ROMAN}\b(?![.'-]\w)")
ALONE = re.compile(rf"(?<![\w.'-])(?=[IVX]{{3,6}}\b)(?!XXX\b){ROMAN}\b(?![.'-]\w)")
"""A numeral of at least three letters, which cannot be initials or the word `I`."""
HEADING = re.compile(rf"\A\s*(?=[IVXL]{{2,6}}\b){ROMAN}\.?\s*\Z")
"""A numeral that is the whole text: the number of a chapter or a part."""
ITEM = re.compile(
    r"^(\(?)(i{1,3}|iv|v|vi{1,3}|ix|x|xi{1,3}|xiv|xv|II|IV|VI|IX|XI|XV)(?=[.)] [\"'(]?[A-Z])"
    r"|(?<![\w)])(\()(i{1,3}|iv|vi{1,3}|ix|xi{1,3}|xiv)(?=\)(?:[ ,;.]|$))"
)
"""The number of an item: `ii. Second`, `(iv) the tenant`, `II. Methods`; `ALONE` fits longer ones in capitals."""
NUMERAL = re.compile(r"(?<!\w)(?:[IVXLCDM]+|[ivx]+|[ivxlcdm]{2,})(?:th|st|nd|rd)?(?!\w|'\w)")
"""Letters that may be a Roman numeral: few sentences contain any."""
VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
FIRST_YEAR, LAST_YEAR = 1010, 2100


def parse_roman(numeral: str) -> int:
    """Return the value of a Roman numeral: `XIV` -> 14."""
    values = [VALUES[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def name_value(numeral: str) -> str:
    """Return a Roman numeral as a number in words."""
    return verbalize_cardinal(str(parse_roman(numeral)))


def name_order(numeral: str) -> str:
    """Return a Roman numeral as an ordinal."""
    return verbalize_ordinal(str(parse_roman(numeral)))


def verbalize_roman_year(match: re.Match[str]) -> str:
    """Read a year such as `MCMXCIV`; leave what is no year, such as `MIX`."""
    value = parse_roman(match[1]) if match[1] else 0
    long = len(match[0]) > 3 or match[0] in ("MMX", "MMV", "MMI")
    return verbalize_year(str(value)) if long and FIRST_YEAR <= value <= LAST_YEAR else match[0]


def verbalize_monarch(match: re.Match[str]) -> str:
    """Read the number of a ruler: `Louis XIV` -> Louis the fourteenth."""
    return f"{match[1]} the {name_order(match[2])}" if match[2] else match[0]


def verbalize_count(match: re.Match[str]) -> str:
    """Read a numeral after a word: `Chapter IV` -> Chapter four."""
    return f"{match[1]} {name_value(match[2].upper())}" if match[2] else match[0]


ORDERED = ("centur", "olymp", "congress", "corps", "legion", "dynasty", "amendment", "army")
PAIRS = ("ii", "iv", "ix", "vi", "xi", "xv", "xx")
"""Letters of which every numeral in `ALONE` contains two."""
RULES = RuleTable(
    Rule(HEADING, lambda m: name_value(m[1]) if m[1] else m[0], digits=False),
    Rule(COUNT, verbalize_count, tuple(f"{word.lower()} " for word in COUNTED), digits=False),
    Rule(SERIES, verbalize_count, tuple(f"{name.lower()} " for name in SERIES_NAMES), digits=False),
    Rule(MONARCH, verbalize_monarch, digits=False),
    Rule(RULER, verbalize_monarch, tuple(f"{title.lower()} " for title in RULERS.split("|")), digits=False),
    Rule(ORDINAL_BEFORE, lambda m: name_order(m[1]) if m[1] else m[0], ORDERED, digits=False),
    Rule(YEAR, verbalize_roman_year, ("m",), digits=False),
    Rule(ITEM, lambda m: (m[1] or m[3] or "") + name_value((m[2] or m[4]).upper()), (".", ")"), digits=False),
    Rule(ALONE, lambda m: name_value(m[1]) if m[1] else m[0], PAIRS, digits=False),
)


def verbalize_roman(text: str) -> str:
    """Replace Roman numerals after the words that they count, in names of rulers, and long ones, with words."""
    return RULES.apply(text) if NUMERAL.search(text) else text
