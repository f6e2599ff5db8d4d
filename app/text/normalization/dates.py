"""Replace dates, years, decades and times of day with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import (
    verbalize_cardinal,
    verbalize_decade,
    verbalize_decimal,
    verbalize_ordinal,
    verbalize_year,
)
from app.text.normalization.rules import Rule, RuleTable

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SHORT_MONTHS = {name[:3].lower(): name for name in MONTHS}
MONTH = rf"({'|'.join(MONTHS)}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
DAY = r"(0?[1-9]|[12]\d|3[01])"
YEAR = r"((?:1[1-9]|20|21)\d\d)"

ISO_DATE = re.compile(rf"\b{YEAR}([-/.])(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
ISO_TIME = re.compile(
    r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?(?!\w)", re.IGNORECASE
)
SLASH_DATE = re.compile(rf"(?<![\w./])(\d\d?)([/.])(\d\d?)(?:\2{YEAR}|(?<!\.\d)(?<!\.\d\d)/(\d\d))(?![\w/]|\.\d)")
MONTH_DAY = re.compile(rf"\b{MONTH} {DAY}(?:st|[nr]?d|th)?(?:,? {YEAR})?\b(?![:.]\d)")
DAY_MONTH = re.compile(rf"\b([Tt]he )?{DAY}(?:st|[nr]?d|th)? (?:of )?{MONTH}(?:,? {YEAR}\b)?(?![:.]\d)")
MONTH_YEAR = re.compile(rf"\b{MONTH},? {YEAR}\b")
MONTH_SHORT_YEAR = re.compile(rf"\b{MONTH},? '(\d\d)\b(?!')")
"""`Nov. '21`"""
DECADE = re.compile(r"(?<![\w.,$€£¥])'?((?:1[1-9]|20)\d0|[2-9]0)'?[sS]\b")
NAMED_DATE = re.compile(rf"\b{DAY}[-/.]{MONTH}(?:[-/.](?:{YEAR}|(\d\d)))?(?![\w/-]|\.\d)")
"""`5-Jan-2024`"""
DATE_BY_NAME = re.compile(rf"\b(?:{YEAR}-)?{MONTH}-{DAY}(?:-{YEAR})?(?![\w/-]|\.\d)")
MONTH_DASH_YEAR = re.compile(rf"\b{MONTH}[-/]{YEAR}(?![\w/-])")
ORDINAL_SPAN = re.compile(rf"\b{MONTH} (\d{{1,2}})th to (\d{{1,2}})th\b(?:,? {YEAR}\b)?")
SPAN_OF = re.compile(rf"\b([Tt]he )?(\d{{1,2}})th to (\d{{1,2}})th of {MONTH}(?:,? {YEAR}\b)?")
MONTH_ALONE = re.compile(
    r"\b(in|since|until|till|last|next|by|from|of|early|late|mid|every|each|this|"
    r"through|before|after|during|\w{1,30}['’]s) "
    r"(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b(?!\.? ?\d)(\.?)"
)
MILITARY_TIME = re.compile(
    r"(?<![\w.,:])(?:(0\d)([0-5]\d)|(?:(?<=\bat )|(?<=\bby ))([12]\d)([0-5]\d)) ?(?:hours|hrs|h)\b"
)
SPLIT_TIME = re.compile(r"(?<![\w.,:])(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)\.(\d{1,3})(?![\w:])")
"""The time of a race: `3:43.13`"""
TIME = re.compile(r"\b([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?(?: ?([ap])\.?m\b\.?)?", re.IGNORECASE)
HOUR = re.compile(r"\b(1[0-2]|0?[1-9])(?:\.([0-5]\d))? ?([ap])\.?m\b\.?", re.IGNORECASE)
WORDS_BEFORE_YEAR = "in|since|by|until|from|of|year|before|after|during|circa|to|and|spring|summer|autumn|winter"
NOT_AFTER_YEAR = r"[,.]?\d|%| ?(?:people|men|women|years|days|miles|km|kg|dollars|euros|pounds)"
YEAR_CONTEXT = re.compile(rf"\b({WORDS_BEFORE_YEAR}) ((?:1\d|20|21)\d\d)\b(?!{NOT_AFTER_YEAR})", re.IGNORECASE)
LIFE_DATE = re.compile(r"(?<!\w)(ca?|b|d)\. ?((?:1\d|20)\d\d)\b")
LIFE_DATE_WORDS = {"c": "circa", "ca": "circa", "b": "born", "d": "died"}
YEAR_RANGE = re.compile(rf"\b{YEAR}[-–]((?:1[1-9]|20|21)\d\d|\d\d)\b")


def keep_end(match: re.Match[str], dot: str) -> str:
    """Return the dot of an abbreviation if it also ends the sentence."""
    return dot if not match.string[match.end() : match.end() + 8].strip(" \"')") else ""


def expand_named_date(match: re.Match[str]) -> str:
    """Rewrite a date such as `5-Jan-24` as `5 January 2024`."""
    day, month, year, short = match.groups()
    digits = year or (expand_year(short) if short else "")
    return f"{int(day)} {expand_month(month)} {digits}".strip()


def verbalize_military_time(match: re.Match[str]) -> str:
    """Read a time without a colon: `0630 hours` -> zero six thirty hours."""
    hours, minutes = match[1] or match[3], match[2] or match[4]
    words = verbalize_cardinal(hours)
    if minutes == "00":
        return f"{words} hundred hours"
    return f"{words} {verbalize_cardinal(minutes)} hours"


def verbalize_split_time(match: re.Match[str]) -> str:
    """Read the time of a race: `3:43.13` -> three minutes forty-three point one three seconds."""
    hours, minutes, seconds, rest = match.groups()
    parts = [(hours, "hour")] if hours else []
    words = [
        f"{verbalize_cardinal(str(int(n)))} {unit}{'' if int(n) == 1 else 's'}"
        for n, unit in [*parts, (minutes, "minute")]
    ]
    return " ".join([*words, verbalize_decimal(f"{int(seconds)}.{rest}"), "seconds"])


def expand_month(name: str) -> str:
    """Return the full name of a month: `Sept.` -> September."""
    return SHORT_MONTHS[name[:3].lower()]


def verbalize_year_suffix(digits: str | None) -> str:
    """Return the year after a day, with a leading space; empty if there is no year."""
    return f" {verbalize_year(digits)}" if digits else ""


def verbalize_day(month: int, day: str, digits: str) -> str:
    """Return month, day and year in words."""
    return f"{MONTHS[month - 1]} {verbalize_ordinal(day)} {verbalize_year(digits)}"


def verbalize_slash_date(match: re.Match[str]) -> str:
    """Read a date month first, as in the United States, unless that is no date."""
    first, second, digits = int(match[1]), int(match[3]), match[4] or expand_year(match[5])
    if 1 <= first <= 12 and 1 <= second <= 31:
        return verbalize_day(first, match[3], digits)
    if 1 <= second <= 12 and 1 <= first <= 31:
        return verbalize_day(second, match[1], digits)
    return match[0]


def expand_year(digits: str) -> str:
    """Return a two-digit year with its century: `49` -> 2049, `50` -> 1950."""
    return ("20" if digits < "50" else "19") + digits


def verbalize_year_range(match: re.Match[str]) -> str:
    """Read a range of years: `1914-18` -> nineteen fourteen to eighteen."""
    end = match[2]
    return f"{verbalize_year(match[1])} to {verbalize_year(end) if len(end) == 4 else verbalize_cardinal(end)}"


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


def expand_date_by_name(match: re.Match[str]) -> str:
    """Rewrite a date such as `2024-Jan-05` as `January 5 2024`."""
    year = match[1] or match[4]
    return f"{expand_month(match[2])} {int(match[3])}" + (f" {year}" if year else "")


def verbalize_days_of_month(match: re.Match[str]) -> str:
    """Read days of a month: `May 3th to 5th` -> May third to fifth."""
    return (
        f"{expand_month(match[1])} {verbalize_ordinal(match[2])} to {verbalize_ordinal(match[3])}"
        f"{verbalize_year_suffix(match[4])}"
    )


def verbalize_days_before_month(match: re.Match[str]) -> str:
    """Read days before their month: `3th to 5th of May` -> the third to the fifth of May."""
    days = f"{verbalize_ordinal(match[2])} to {verbalize_ordinal(match[3])}"
    return f"{match[1] or 'the '}{days} of {expand_month(match[4])}{verbalize_year_suffix(match[5])}"


def verbalize_month_day(match: re.Match[str]) -> str:
    """Read a day after its month: `May 3, 2024` -> May third twenty twenty-four."""
    return f"{expand_month(match[1])} {verbalize_ordinal(match[2])}{verbalize_year_suffix(match[3])}"


def verbalize_day_month(match: re.Match[str]) -> str:
    """Read a day before its month: `3 May 2024` -> the third of May twenty twenty-four."""
    day = f"{match[1] or 'the '}{verbalize_ordinal(match[2])}"
    return f"{day} of {expand_month(match[3])}{verbalize_year_suffix(match[4])}"


def verbalize_month_short_year(match: re.Match[str]) -> str:
    """Read a month with a year of two digits: `Nov. '21` -> November twenty-one."""
    return f"{expand_month(match[1])}{' oh' if match[2][0] == '0' else ''} {verbalize_cardinal(str(int(match[2])))}"


MONTH_NAME = re.compile(r"Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec")
NAMED_RULES = RuleTable(
    Rule(NAMED_DATE, expand_named_date, ("-", "/", ".")),
    Rule(DATE_BY_NAME, expand_date_by_name, ("-",)),
    Rule(MONTH_DASH_YEAR, r"\1 \2", ("-", "/")),
    Rule(ORDINAL_SPAN, verbalize_days_of_month, ("th to ",)),
    Rule(SPAN_OF, verbalize_days_before_month, ("th to ",)),
    Rule(MONTH_ALONE, lambda m: f"{m[1]} {expand_month(m[2])}" + keep_end(m, m[3]), digits=False),
    Rule(MONTH_DAY, verbalize_month_day),
    Rule(DAY_MONTH, verbalize_day_month),
    Rule(MONTH_SHORT_YEAR, verbalize_month_short_year, ("'",)),
    Rule(MONTH_YEAR, lambda m: f"{expand_month(m[1])} {verbalize_year(m[2])}"),
)
"""Rules for dates with the name of a month."""
RULES = RuleTable(
    Rule(ISO_TIME, r"\1 at \2", ("t",)),
    Rule(ISO_DATE, lambda m: verbalize_day(int(m[3]), m[4], m[1]), ("-", "/", ".")),
    Rule(SLASH_DATE, verbalize_slash_date, ("/", ".")),
    Rule(YEAR_RANGE, verbalize_year_range, ("-", "–")),
    Rule(DECADE, lambda m: verbalize_decade(m[1]), ("0s", "0's")),
    Rule(LIFE_DATE, lambda m: f"{LIFE_DATE_WORDS[m[1]]} {verbalize_year(m[2])}", (".",)),
    Rule(YEAR_CONTEXT, lambda m: f"{m[1]} {verbalize_year(m[2])}", (" 1", " 2")),
    Rule(MILITARY_TIME, verbalize_military_time, ("h",)),
    Rule(SPLIT_TIME, verbalize_split_time, (":",)),
    Rule(TIME, verbalize_time, (":",)),
    Rule(HOUR, verbalize_hour, ("am", "pm", "a.m", "p.m")),
)
"""Rules for dates of numbers alone, years and times."""


def verbalize_dates(text: str) -> str:
    """Replace dates, years in their usual contexts, decades and times of day with words.

    The order of `05/04/2024` is ambiguous: it is the fourth of May, month first, unless only day first gives a date.
    """
    text = NAMED_RULES.apply(text) if MONTH_NAME.search(text) else text
    return RULES.apply(text)
