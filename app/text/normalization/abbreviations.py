"""Expand abbreviations into words if their context makes the reading safe."""

from __future__ import annotations

import re

from app.text.normalization.roman import ROMAN
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import COUNTED_NOUNS, TABLES, join_alternatives

BEFORE_NAME = TABLES["titles"]
DOTLESS = frozenset(BEFORE_NAME) - {"Adm", "Maj", "Det", "Amb", "Rep", "Fr", "Insp", "Supt"}
"""Titles that are expanded without a dot, too."""
AFTER_NAME, ANYWHERE = TABLES["name_suffixes"], TABLES["abbreviations"]
BEFORE_NUMBER, DOTLESS_NUMBERED = TABLES["numbered"], TABLES["numbered_without_dot"]
CAPITAL_TITLES = {title.upper(): name for title, name in BEFORE_NAME.items()}
TITLE = re.compile(r"\b([A-Z][A-Za-z]{1,6})(\.?)(?= [A-Z])")
"""A word that may be a title before a name."""
SUFFIX = re.compile(rf"(?<=[A-Z])([\w']{{0,40}})(,?) ({join_alternatives(AFTER_NAME)})\b(\.?)")
NUMBERED_STREET = re.compile(r"(?<=\d(?:st|nd|rd|th)) (St|Rd|Ave|Blvd|Ln|Pl|Sq|Ct)\b(\.?)")
"""A street with a number as its name: `3rd Ave.`"""
HOUSE_NUMBER = re.compile(r"\d[\w ]*\Z")
"""The number of a house and more of an address, without which `Main Dr Smith` names no street."""
SUFFIX_AFTER_COMMA = frozenset({"Jr", "Sr", "Inc", "Ltd", "Corp", "Esq"})
COMMON = re.compile(r"(?<![\w.])(?!EST)([A-Za-z]{1,7}(?:\.[A-Za-z]){0,2}\.|[Vv][Ss]|[Ww]/[Oo]|[24][Ww][Dd])(?!\w)")
"""A word with a dot, or another that may be in `ANYWHERE`."""
NUMBER_ABBREVIATION = re.compile(
    r"(?<![\w'.-])([A-Za-z]{1,6}(?:\. no)?)\. ?"
    rf"(?=[(#]?\d|(?=[IVXLCivxlc])(?i:{ROMAN})\b(?!')|[A-HJ-Z]\b(?![.']))"
)
"""A word that may be in `BEFORE_NUMBER`."""
NUMBER_ADJACENT = re.compile(rf"(?<![\w'.-])({join_alternatives(DOTLESS_NUMBERED)}) (?=#?\d)")
ROMAN_NUMERAL = re.compile(rf"(?=[IVXLC]){ROMAN}\b", re.IGNORECASE)
PRONOUN = re.compile(r"I\b(?! ?[,.;:)]|$)")
"""The word `I`, which follows `No.` as a pronoun."""
ESTIMATED = re.compile(
    rf"\b(est)\. (?=\d{{1,3}}(?:,\d{{3}})+\b|\d{{1,9}}(?:\.\d{{1,3}})?(?: ?[kKMB]\b| (?:{COUNTED_NOUNS}|[mb]illion)\b)|"
    r"(?:[a-z-]{2,12} ){1,12}(?:dollars|euros|pounds|percent)\b)",
    re.IGNORECASE,
)
VERSUS = re.compile(r"(?<=[a-z]) v\.? (?=[A-Z][a-z])")
SCENES = {"INT": "Interior", "EXT": "Exterior"}
SCENE = re.compile(r"(?<![\w.])(INT|EXT)\.(?:/(INT|EXT)\.)?(?= [A-Z])")
"""The place of a scene in a screenplay: `INT. KITCHEN`."""
INITIALS = re.compile(r"\b((?:[A-Z]\.){2,})(?!\w)")
INITIAL = re.compile(r"\b([B-HJ-Z])\.(?= [A-Z])")


def expand_scene(match: re.Match[str]) -> str:
    """Read the place of a scene: `INT. KITCHEN` -> Interior: KITCHEN."""
    other = f" or {SCENES[match[2]].lower()}" if match[2] else ""
    return f"{SCENES[match[1]]}{other}:"


def expand_title(match: re.Match[str]) -> str:
    """Expand a title: `Dr. Lee`, `Dr Lee` and `DR. LEE` -> Doctor; leave any other word."""
    word, dot = match.groups()
    if word in (BEFORE_NAME if dot else DOTLESS):
        return BEFORE_NAME[word]
    return CAPITAL_TITLES.get(word, match[0]) if dot else match[0]


def expand_before_number(match: re.Match[str]) -> str:
    """Expand an abbreviation before a number: `Vol. 3` -> Volume 3; leave `No. I will` and `Lee, P. (1992)`."""
    words = BEFORE_NUMBER.get(match[1].lower())
    following = match.string[match.end() : match.end() + 3]
    if not words:
        return match[0]
    if match[1] == "P" and following[:1] == "(":
        return match[0]
    if match[1].islower() and following[:1].isalpha() and not ROMAN_NUMERAL.match(match.string, match.end()):
        return match[0]
    if not following[:1].isdecimal() and (match[1].lower() in ("no", "p", "pp") or PRONOUN.match(following)):
        if following[:1] not in "(#" or match[1].lower() == "no":
            return match[0]
    return match_case(words, match[1]) + " "


def expand_estimated(match: re.Match[str]) -> str:
    """Read `est.` before an amount as `estimated`; before a year it means `established`."""
    return match_case("estimated", match[1]) + " "


def expand_suffix(match: re.Match[str]) -> str:
    """Expand a suffix: `Main St.` -> Main Street; leave `Dr.` and `St.` before a name, which are titles."""
    text, end = match.string, match.end()
    word, comma, suffix, dot = match.groups()
    titled = suffix in BEFORE_NAME and re.match(r" [A-Z]", text[end : end + 2])
    if titled and suffix == "Dr" and not HOUSE_NUMBER.search(text[max(0, match.start() - 24) : match.start()]):
        return match[0]
    if (titled and dot) or (comma and suffix not in SUFFIX_AFTER_COMMA):
        return match[0]
    return f"{word}{comma} {AFTER_NAME[suffix]}" + keep_final_dot(match, dot)


def expand_common(match: re.Match[str]) -> str:
    """Expand a common abbreviation; keep its dot if it also ends the sentence.

    `Max.` at the end of a sentence is a name.
    """
    word = ANYWHERE.get(match[1].lower())
    dot = keep_final_dot(match, "." if match[1].endswith(".") else "")
    if not word or (match[1] == "Max." and dot and match.string[: match.start()].strip(" \"'(")):
        return match[0]
    return match_case(word, match[1]) + dot


def spell_initials(match: re.Match[str]) -> str:
    """Read initials letter by letter: `U.S.` -> U S."""
    return " ".join(match[1].replace(".", "")) + keep_final_dot(match, ".")


def keep_final_dot(match: re.Match[str], dot: str) -> str:
    """Return the dot if it ends both an abbreviation and the text, else an empty string."""
    return dot if dot and not match.string[match.end() : match.end() + 8].strip(" \"')") else ""


def match_case(words: str, like: str) -> str:
    """Capitalize the first letter of the words if the abbreviation is capitalized."""
    return words[0].upper() + words[1:] if like[:1].isupper() else words


RULES = RuleTable(
    Rule(ESTIMATED, expand_estimated, ("est.",), digits=False),
    Rule(SCENE, expand_scene, ("int.", "ext."), digits=False),
    Rule(SUFFIX, expand_suffix, tuple(f" {suffix.lower()}" for suffix in AFTER_NAME), digits=False),
    Rule(NUMBERED_STREET, lambda m: f" {AFTER_NAME[m[1]]}{keep_final_dot(m, m[2])}"),
    Rule(TITLE, expand_title, digits=False),
    Rule(COMMON, expand_common, (".", "vs", "w/o", "wd"), digits=False),
    Rule(VERSUS, " versus ", (" v",), digits=False),
    Rule(INITIALS, spell_initials, (".",), digits=False),
    Rule(INITIAL, r"\1", (".",), digits=False),
)


def verbalize_abbreviations(text: str) -> str:
    """Expand titles, streets, companies, Latin abbreviations, scenes and initials."""
    return RULES.apply(text)


NUMBERED_RULES = RuleTable(
    Rule(NUMBER_ABBREVIATION, expand_before_number, (".",), digits=False),
    Rule(NUMBER_ADJACENT, lambda m: f"{DOTLESS_NUMBERED[m[1]]} "),
)


def expand_numbered(text: str) -> str:
    """Expand words before a number, which later steps replace with words: `Vol. 3` -> Volume 3."""
    return NUMBERED_RULES.apply(text)
