"""Read ranges, ratios, verses, and slashes: in phrases, as `per`, `over` and `out of`, in dates without a year."""

from __future__ import annotations

import re

from app.text.normalization.numbers import name_month, name_weekday, verbalize_cardinal
from app.text.normalization.rules import RuleTable
from app.text.word_tables import BOOK_NAMES, TABLES


def verbalize_verse(match: re.Match[str]) -> str:
    """Read a verse: `1 Corinthians 13:4-7` -> First Corinthians thirteen, four to seven."""
    number, book, chapter, verse, sign, last = match.groups()
    name = (TABLES["ordinal_words"][number] + " " if number else "") + BOOK_NAMES[book]
    words = f"{name} {verbalize_cardinal(chapter)}"
    if not last:
        # After `twenty-three`, or before a single digit, the verse would sound like a part of the chapter's number.
        clear = len(verse) == 2 and int(chapter) < 20
        return f"{words}{' ' if clear else ':'}{verbalize_cardinal(verse)}"
    return f"{words}, {verbalize_cardinal(verse)} {'and' if sign == ',' else 'to'} {verbalize_cardinal(last)}"


verbalize_verses = RuleTable("verses", verbalize_verse)


CALENDAR_NAME = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)")
SCALE_AFTER = re.compile(r" ?(?:thousand|million|billion|trillion|bn|[kKMB]\b)")
YEARS = re.compile(r"(?:1[1-9]|20|21)\d\d")
RATIO_WORDS = (
    "ratio|ratios|aspect|odds|scale|score|scored|mix|proportion|won|win|lost|lose|beat|victory|defeat|diluted|dilution|"
    "draw"
)
CLOCK = re.compile(r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?")
RACE_TIME = re.compile(r"\d{1,2}:[0-5]\d\.\d{1,3}")
RATIO_BEFORE = re.compile(rf"\b(?:{RATIO_WORDS})\b[\w ']{{0,30}}$", re.IGNORECASE)
RATIO_AFTER = re.compile(
    r" (?:ratio|odds|scale|mix|mixture|aspect|win|victory|lead|defeat|loss|dilution|draw|split|monitor|screen|video)\b"
)
ASPECTS = frozenset({"16:10", "24:10"})


def expand_weekdays(match: re.Match[str]) -> str:
    """Expand two weekdays and the sign between them."""
    sign = match[2].strip()
    first, second = (name_weekday(name) for name in (match[1], match[3]))
    joint = {"-": " to ", "–": " to ", "&": " and ", "/": ", "}.get(sign, match[2])
    return f"{first}{joint}{second}"


def expand_months(match: re.Match[str]) -> str:
    """Expand two months and the sign between them: `Oct-Dec` -> October to December."""
    joint = match[2] if match[2].strip().isalpha() else " or " if "/" in match[2] else " to "
    return f"{name_month(match[1])}{joint}{name_month(match[3])}"


def expand_range(match: re.Match[str]) -> str:
    """Rewrite a range of amounts: `$5-10` -> 5 to $10, `5-10%` -> 5 to 10%."""
    first_symbol, first, percent, dash, second_symbol, second = match.groups()
    if not first_symbol and not second_symbol and dash in "-–" and YEARS.fullmatch(first):
        return match[0]
    symbol = second_symbol or first_symbol
    both = "." in first and symbol and not SCALE_AFTER.match(match.string, match.end())
    return f"{symbol if both else ''}{first}{percent} to {symbol}{second}"


def expand_ratio(match: re.Match[str]) -> str:
    """Read a ratio or a score: `3:2` -> 3 to 2; leave a time of day unless the words beside it name a ratio."""
    before = match.string[max(0, match.start() - 50) : match.start()]
    named = RATIO_BEFORE.search(before) or RATIO_AFTER.match(match.string, match.end())
    if RACE_TIME.fullmatch(match[0]) or (CLOCK.fullmatch(match[0]) and not named and match[0] not in ASPECTS):
        return match[0]
    if match[3] and len(match[2]) == 2 and len(match[3]) == 2 and not named:
        return match[0]
    return " to ".join(part for part in match.groups() if part)


def expand_days_of_month(match: re.Match[str]) -> str:
    """Rewrite days after their month: `May 3-5` -> May 3th to 5th; leave what are no days."""
    return f"{match[1]} {match[2]}th to {match[3]}th" if is_span(match[2], match[3]) else match[0]


def expand_days_before_month(match: re.Match[str]) -> str:
    """Rewrite days before their month: `3-5 May` -> 3th to 5th of May; leave what are no days."""
    return f"{match[1]}th to {match[2]}th of {name_month(match[3])}" if is_span(match[1], match[2]) else match[0]


def is_span(first: str, second: str) -> bool:
    """Return whether two numbers are days of a month, in order."""
    return 1 <= int(first) < int(second) <= 31


CALENDAR = RuleTable("calendar", expand_weekdays, expand_months, expand_days_of_month, expand_days_before_month)
RULES = RuleTable("ranges", expand_ratio, expand_range)


def verbalize_ranges(text: str) -> str:
    """Replace the dash of a range with `to`, but leave ranges of years to a later step."""
    text = verbalize_verses(text)
    return RULES(CALENDAR(text) if CALENDAR_NAME.search(text) else text)


MEASURED_NOUN = re.compile(
    r" (?:hours|minutes|seconds|years|months|weeks|days|nights|miles|acres|gallons|barrels|tons|tonnes|pounds|dollars|"
    r"euros|"
    r"feet|meters|metres|kilometers|pages|points|inches)\b"
)
"""Nouns of which there are fractions: `3/4 miles`."""
SPLIT_NOUN = re.compile(
    r" (?:split|chance|chances|odds|ratio|mix|blend|joint|custody|rule|partner|deal|cut)\b|[ ]?$|[.,!?;]"
)


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


verbalize_slashes = RuleTable("slashes", expand_rating, expand_split, expand_pressure)
verbalize_alternatives = RuleTable("alternatives")
"""Replace the slashes between words: with `or`, with a pause if spaces surround it, or with nothing."""
