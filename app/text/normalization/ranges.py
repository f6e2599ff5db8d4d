"""Replace the signs of ranges, ratios and scores with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import name_month, name_weekday
from app.text.normalization.rules import RuleTable
from app.text.normalization.verses import verbalize_verses

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
