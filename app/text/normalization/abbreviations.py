"""Expand abbreviations into words if their context makes the reading safe."""

from __future__ import annotations

import re

from app.text.normalization.rules import RuleTable, compile_pattern
from app.text.word_tables import TABLES

BEFORE_NAME = TABLES["titles"]
DOTLESS = frozenset(BEFORE_NAME) - {"Adm", "Maj", "Det", "Amb", "Rep", "Fr", "Insp", "Supt"}
"""Titles that are expanded without a dot, too."""
AFTER_NAME, ANYWHERE, BEFORE_NUMBER = TABLES["name_suffixes"], TABLES["abbreviations"], TABLES["numbered"]
CAPITAL_TITLES = {title.upper(): name for title, name in BEFORE_NAME.items()}
HOUSE_NUMBER = re.compile(r"\d[\w ]*\Z")
"""The number of a house and more of an address, without which `Main Dr Smith` names no street."""
SUFFIX_AFTER_COMMA = frozenset({"Jr", "Sr", "Inc", "Ltd", "Corp", "Esq"})
ROMAN_NUMERAL = compile_pattern(r"(?i)(?=[IVXLC])<ROMAN>\b")
PRONOUN = re.compile(r"I\b(?! ?[,.;:)]|$)")
"""The word `I`, which follows `No.` as a pronoun."""
SCENES = {"INT": "Interior", "EXT": "Exterior"}


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


verbalize_abbreviations = RuleTable(
    "abbreviations", expand_scene, expand_suffix, expand_title, expand_common, spell_initials
)
expand_numbered = RuleTable("numbered", expand_before_number)
