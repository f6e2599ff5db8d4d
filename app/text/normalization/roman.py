"""Read Roman numerals if their context makes the reading safe."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_ordinal, verbalize_year

ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
COUNTED = (
    "Chapter|Chapters|Part|Parts|Act|Scene|Book|Volume|Volumes|Section|Sections|Article|Articles|Appendix|Phase|Type|"
    "Class|Level|Stage|Figure|Table|Title|Episode|Season|Round|Step|Division|Category|Grade|Group|Mark|Mk|Canto|Annex|"
    "Factor|Equation|Psalm|Sonnet|Opus|Tier"
)
"""Words after which any numeral is read as a number."""
COUNT = re.compile(rf"\b({COUNTED}) (?![CDLM]\b){ROMAN}\b(?!['’.-]\w)", re.IGNORECASE)
SERIES = re.compile(
    r"\b(World War|Super Bowl|WrestleMania|Star Wars|Rocky|Apollo|Final Fantasy|Vatican|Civilization|Halo|Saw|Scream|"
    rf"Rambo|Street Fighter|Gemini|Saturn|Olympiad|Games of the) (?=[IVXLC])(?i:{ROMAN})\b"
)
MONARCHS = (
    "Henry|Louis|Charles|George|Edward|James|William|Elizabeth|Richard|John|Paul|Pius|Benedict|Philip|Frederick|"
    "Napoleon|Alexander|Nicholas|Leo|Gregory|Catherine|Mary|Robert|Peter|Ivan|Francis|Victoria|Innocent|Clement|Urban|"
    "Rams?es|Ramesses|Darius|Xerxes|Ptolemy|Haakon|Harald|Olaf|Gustav|Christian|Carlos|Felipe|Alfonso|Ferdinand|Rama|"
    "Mehmed|Murad|Selim|Suleiman|Otto|Wilhelm|Friedrich|Ludwig|Leopold|Albert|Baldwin|Boniface|Julius|Sixtus|Martin|"
    "Stephen|Thutmose|Amenhotep|Antiochus|Cyrus|Malcolm|Franz|Joseph|Umberto|Emmanuel|Constantine|Theodosius|Justinian"
)
MONARCH = re.compile(rf"\b({MONARCHS}(?: Paul)?) (?=[IVX]{{2,6}}\b|[VX]\b){ROMAN}\b(?!['’]\w)")
RULER = re.compile(
    r"\b((?:King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|Prince|Pharaoh) [A-Z][a-z]{1,20}) "
    rf"(?=[IVX]{{1,6}}\b){ROMAN}\b(?!['’.]\w)(?! (?:am|was|have|had|will|would|know|knew|think)\b)"
)
ORDINAL_BEFORE = re.compile(
    rf"(?<![\w-])(?=[IVX]{{2,6}}\b|[VX]\b){ROMAN}"
    r"(?=(?:th)? (?:century|centuries|Century|Olympic|Olympiad|Winter Olympic|"
    r"Congress|Corps|Legion|dynasty|Dynasty|Amendment|Army)\b)(?:th)?"
)
YEAR = re.compile(rf"(?<![\w.'-])(?=M[DCLXVIM]{{2,14}}\b){ROMAN}\b(?![.'-]\w)")
ALONE = re.compile(rf"(?<![\w.'-])(?=[IVX]{{3,6}}\b)(?!XXX\b){ROMAN}\b(?![.'-]\w)")
"""A numeral of at least three letters, which cannot be initials or the word `I`."""
HEADING = re.compile(rf"\s*(?=[IVXL]{{2,6}}\b){ROMAN}\.?\s*")
"""A numeral that is the whole text: the number of a chapter or a part."""
VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
FIRST_YEAR, LAST_YEAR = 1010, 2100


def verbalize_roman(text: str) -> str:
    """Replace Roman numerals after the words that they count, in names of rulers, and long ones, with words."""
    if (heading := HEADING.fullmatch(text)) and heading[1]:
        return name_value(heading[1])
    text = COUNT.sub(lambda m: f"{m[1]} {name_value(m[2].upper())}" if m[2] else m[0], text)
    text = SERIES.sub(lambda m: f"{m[1]} {name_value(m[2].upper())}" if m[2] else m[0], text)
    for pattern in (MONARCH, RULER):
        text = pattern.sub(lambda m: f"{m[1]} the {name_order(m[2])}" if m[2] else m[0], text)
    text = ORDINAL_BEFORE.sub(lambda m: name_order(m[1]) if m[1] else m[0], text)
    text = YEAR.sub(verbalize_roman_year, text)
    return ALONE.sub(lambda m: name_value(m[1]) if m[1] else m[0], text)


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
