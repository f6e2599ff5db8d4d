"""Expand abbreviations and Roman numerals into words if their context makes the reading safe."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_ordinal

BEFORE_NAME = {
    "Dr": "Doctor",
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Miz",
    "Prof": "Professor",
    "Gen": "General",
    "Capt": "Captain",
    "Lt": "Lieutenant",
    "Col": "Colonel",
    "Sgt": "Sergeant",
    "Rev": "Reverend",
    "Hon": "Honorable",
    "Gov": "Governor",
    "Sen": "Senator",
    "Pres": "President",
    "Mt": "Mount",
    "Ft": "Fort",
    "St": "Saint",
}
"""Expanded only before a capital letter."""
AFTER_NAME = {
    "St": "Street",
    "Rd": "Road",
    "Ave": "Avenue",
    "Blvd": "Boulevard",
    "Dr": "Drive",
    "Ln": "Lane",
    "Jr": "Junior",
    "Sr": "Senior",
    "Inc": "Incorporated",
    "Ltd": "Limited",
    "Corp": "Corporation",
    "Bros": "Brothers",
}
"""Expanded only after a word that begins with a capital letter."""
ANYWHERE = {
    "mr.": "Mister",
    "mrs.": "Missus",
    "ms.": "Miz",
    "prof.": "Professor",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "vs.": "versus",
    "vs": "versus",
    "approx.": "approximately",
    "a.k.a.": "also known as",
    "p.s.": "P S",
    "w/o": "without",
    "dept.": "department",
    "est.": "established",
    "misc.": "miscellaneous",
    "cf.": "compare",
    "ca.": "circa",
}
BEFORE_NUMBER = {
    "no": "number",
    "nos": "numbers",
    "p": "page",
    "pp": "pages",
    "fig": "figure",
    "vol": "volume",
    "ch": "chapter",
    "sec": "section",
    "art": "article",
    "approx": "approximately",
    "ca": "circa",
}
"""Expanded only with a dot and before a digit."""


def join_alternatives(table: dict[str, str]) -> str:
    """Return the keys of a table as alternatives of a regular expression, longest first."""
    return "|".join(map(re.escape, sorted(table, key=len, reverse=True)))


TITLE = re.compile(rf"\b({join_alternatives(BEFORE_NAME)})\b\.?(?= [A-Z])")
SUFFIX = re.compile(rf"(?<=[A-Z])(\w{{0,40}}) ({join_alternatives(AFTER_NAME)})\b(\.?)")
COMMON = re.compile(rf"(?<![\w.])({join_alternatives(ANYWHERE)})(?!\w)", re.IGNORECASE)
NUMBER_ABBREVIATION = re.compile(rf"\b({join_alternatives(BEFORE_NUMBER)})\. ?(?=\d)", re.IGNORECASE)
INITIALS = re.compile(r"\b((?:[A-Z]\.){2,})(?!\w)")
INITIAL = re.compile(r"\b([A-HJ-Z])\.(?= [A-Z])")
ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
ROMAN_AFTER = (
    "Chapter|Part|Act|Scene|Book|Volume|Section|Article|Appendix|Phase|Type|Class|Level|Stage|Figure|Table|Title|"
    "Episode|Season|Round|Step"
)
ROMAN_COUNT = re.compile(rf"\b({ROMAN_AFTER}) {ROMAN}\b(?!['’]\w)", re.IGNORECASE)
WAR = re.compile(r"\b(World War|Super Bowl|Star Wars|Rocky|Apollo|Final Fantasy) ([IVX]{1,6})\b")
MONARCHS = (
    "Henry|Louis|Charles|George|Edward|James|William|Elizabeth|Richard|John|Paul|Pius|Benedict|Philip|Frederick|"
    "Napoleon|Alexander|Nicholas|Leo|Gregory|Catherine|Mary|Robert|Peter|Ivan|Francis|Victoria|Innocent|Clement|Urban"
)
MONARCH = re.compile(rf"\b({MONARCHS}(?: Paul)?) ([IVX]{{2,6}}|[VX])\b(?!['’]\w)")
ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def verbalize_abbreviations(text: str) -> str:
    """Expand titles, streets, companies, Latin abbreviations, initials and unambiguous Roman numerals."""
    text = ROMAN_COUNT.sub(
        lambda m: f"{m[1]} {verbalize_cardinal(str(parse_roman(m[2].upper())))}" if m[2] else m[0], text
    )
    text = WAR.sub(lambda m: f"{m[1]} {verbalize_cardinal(str(parse_roman(m[2])))}", text)
    text = MONARCH.sub(lambda m: f"{m[1]} the {verbalize_ordinal(str(parse_roman(m[2])))}", text)
    text = NUMBER_ABBREVIATION.sub(lambda m: match_case(BEFORE_NUMBER[m[1].lower()], m[1]) + " ", text)
    text = SUFFIX.sub(expand_suffix, text)
    text = TITLE.sub(lambda m: BEFORE_NAME[m[1]], text)
    text = COMMON.sub(expand_common, text)
    text = INITIALS.sub(spell_initials, text)
    return INITIAL.sub(r"\1", text)


def parse_roman(numeral: str) -> int:
    """Return the value of a Roman numeral: `XIV` -> 14."""
    values = [ROMAN_VALUES[letter] for letter in numeral]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def expand_suffix(match: re.Match[str]) -> str:
    """Expand a suffix: `Main St.` -> Main Street; leave `Dr.` and `St.` before a name, which are titles."""
    text, end = match.string, match.end()
    titled = match[2] in BEFORE_NAME and re.match(r" [A-Z]", text[end : end + 2])
    if titled and match[3]:
        return match[0]
    return f"{match[1]} {AFTER_NAME[match[2]]}" + keep_final_dot(match, match[3])


def expand_common(match: re.Match[str]) -> str:
    """Expand a common abbreviation; keep its dot if it also ends the sentence."""
    word = ANYWHERE[match[1].lower()]
    return match_case(word, match[1]) + keep_final_dot(match, "." if match[1].endswith(".") else "")


def spell_initials(match: re.Match[str]) -> str:
    """Read initials letter by letter: `U.S.` -> U S."""
    return " ".join(match[1].replace(".", "")) + keep_final_dot(match, ".")


def keep_final_dot(match: re.Match[str], dot: str) -> str:
    """Return the dot if it ends both an abbreviation and the text, else an empty string."""
    return dot if dot and not match.string[match.end() : match.end() + 8].strip(" \"')") else ""


def match_case(words: str, like: str) -> str:
    """Capitalize the first letter of the words if the abbreviation is capitalized."""
    return words[0].upper() + words[1:] if like[:1].isupper() else words
