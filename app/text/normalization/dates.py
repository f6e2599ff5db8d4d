"""Replace dates, years, decades and times of day with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import name_month, verbalize_cardinal, verbalize_ordinal, verbalize_year
from app.text.normalization.rules import RuleTable

MONTH_NAME = re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")


def verbalize_slash_date(match: re.Match[str]) -> str:
    """Read a date month first, as in the United States, unless that is no date."""
    first, second, digits = int(match[1]), int(match[3]), match[4] or expand_year(match[5])
    if 1 <= first <= 12 and 1 <= second <= 31:
        return f"{name_month(match[1])} {verbalize_ordinal(match[3])} {verbalize_year(digits)}"
    if 1 <= second <= 12 and 1 <= first <= 31:
        return f"{name_month(match[3])} {verbalize_ordinal(match[1])} {verbalize_year(digits)}"
    return match[0]


def expand_year(digits: str) -> str:
    """Return a two-digit year with its century: `49` -> 2049, `50` -> 1950."""
    return ("20" if digits < "50" else "19") + digits


def verbalize_time(match: re.Match[str]) -> str:
    """Read a time of day: `3:05 pm` -> three oh five P M.

    Full hours end with `o'clock`, or with `hundred hours` if a twelve-hour clock does not have them.
    """
    hours, minutes, seconds, half = match[1], match[2], match[3], match[4]
    words = verbalize_cardinal(str(int(hours)))
    if minutes != "00":
        words += f" oh {verbalize_cardinal(minutes[1])}" if minutes[0] == "0" else f" {verbalize_cardinal(minutes)}"
    elif not half:
        words += " o'clock" if 1 <= int(hours) <= 12 else " hundred hours"
    if seconds and seconds != "00":
        words += f" and {verbalize_cardinal(str(int(seconds)))} seconds"
    return words + verbalize_day_half(match, half)


def verbalize_hour(match: re.Match[str]) -> str:
    """Read a time of the twelve-hour clock: `3pm` -> three P M."""
    minutes = f" {verbalize_cardinal(match[2])}" if match[2] and match[2] != "00" else ""
    return verbalize_cardinal(str(int(match[1]))) + minutes + verbalize_day_half(match, match[3])


def verbalize_day_half(match: re.Match[str], half: str | None) -> str:
    """Return A M or P M; keep the dot of `p.m.` if it also ends the sentence."""
    if not half:
        return ""
    ends = match[0].endswith(".") and not match.string[match.end() :].strip(" \"')")
    return f" {half.upper()} M" + ("." if ends else "")


def name_minutes(minutes: str) -> str:
    """Return the minutes of a time without a colon."""
    return "hundred" if minutes == "00" else verbalize_cardinal(minutes)


NAMED_RULES = RuleTable("named dates", expand_year)
RULES = RuleTable("dates", verbalize_slash_date, name_minutes, verbalize_time, verbalize_hour)


def verbalize_dates(text: str) -> str:
    """Replace dates, years in their usual contexts, decades and times of day with words.

    The order of `05/04/2024` is ambiguous: it is the fourth of May, month first, unless only day first gives a date.
    """
    return RULES(NAMED_RULES(text) if MONTH_NAME.search(text) else text)
