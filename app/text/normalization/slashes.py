"""Read a slash: in fixed phrases, as `per`, `over`, `out of`, in dates without a year, between words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import name_month
from app.text.normalization.rules import RuleTable, compile_pattern

CONTEXT = 20
"""Characters before a number that decide how it is read."""
RATED_BEFORE = compile_pattern(r"(?i)\b(?:<rated>) \Z")
MEASURED_NOUN = re.compile(
    r" (?:hours|minutes|seconds|years|months|weeks|days|nights|miles|acres|gallons|barrels|tons|tonnes|pounds|dollars|"
    r"euros|"
    r"feet|meters|metres|kilometers|pages|points|inches)\b"
)
"""Nouns of which there are fractions: `3/4 miles`."""
SPLIT_NOUN = re.compile(
    r" (?:split|chance|chances|odds|ratio|mix|blend|joint|custody|rule|partner|deal|cut)\b|[ ]?$|[.,!?;]"
)
WEEKDAYS = "Mon|Tues?|Wed|Thu|Thurs|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
DATE_BEFORE = re.compile(
    rf"\b(?:on|due|until|till|dated|since|deadline|deadline:|date:|born|(?:{WEEKDAYS})\.?,?) \Z", re.IGNORECASE
)


def expand_rating_after_word(match: re.Match[str]) -> str:
    """Read a rating after a word that names it: `rated 9/10` -> rated 9 out of 10."""
    before = match.string[max(0, match.start() - CONTEXT) : match.start()]
    return f"{match[1]} out of {match[2]}" if RATED_BEFORE.search(before) else match[0]


def expand_rating(match: re.Match[str]) -> str:
    """Read a share of counted things: `4/5 stars` -> 4 out of 5; leave a mixed number such as `2 1/2 hours`."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    small = "." not in match[1] and before[:1].isdecimal()
    measure = "." not in match[1] and MEASURED_NOUN.match(match.string, match.end()) is not None
    return match[0] if small or measure else f"{match[1]} out of {match[2]}"


def expand_pressure(match: re.Match[str]) -> str:
    """Read a blood pressure, which is no fraction: `120/80` -> 120 over 80."""
    return f"{match[1]} over {match[2]}" if int(match[1]) > int(match[2]) > 12 else match[0]


def expand_split(match: re.Match[str]) -> str:
    """Read shares of a hundred: `50/50` -> 50 50; leave ranges such as `40-60`."""
    first, sign, second = int(match[1]), match[2], int(match[3])
    if first + second != 100 or (sign == "-" and not is_split(match)):
        return match[0]
    return f"{first} {second}"


def is_split(match: re.Match[str]) -> bool:
    """Return whether two numbers joined by a hyphen are shares and no range or score."""
    first, second = int(match[1]), int(match[3])
    if first > second and first % 10 == 0:
        return True
    noun = SPLIT_NOUN.match(match.string, match.end(), match.end() + 12)
    return first == second or (first > second and noun is not None and noun[0][:1] == " " and noun[0].strip() != "")


def expand_short_date(match: re.Match[str]) -> str:
    """Read a date without a year after a word that names it: `on 7/4` -> on July 4."""
    before = match.string[max(0, match.start() - CONTEXT) : match.start()]
    return f"{name_month(match[1])} {int(match[2])}" if DATE_BEFORE.search(before) else match[0]


verbalize_slashes = RuleTable(
    "slashes", expand_short_date, expand_rating_after_word, expand_rating, expand_split, expand_pressure
)
verbalize_alternatives = RuleTable("alternatives")
"""Replace the slashes between words: with `or`, with a pause if spaces surround it, or with nothing."""
