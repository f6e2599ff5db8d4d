"""Replace the signs of ranges, ratios and scores with words."""

from __future__ import annotations

import re

from app.text.normalization.dates import MONTH, expand_month
from app.text.normalization.numbers import verbalize_integer
from app.text.normalization.rules import Rule, RuleTable
from app.text.normalization.units import UNIT_NAMES
from app.text.normalization.verses import verbalize_verses
from app.text.word_tables import COUNTED_NOUNS

AMOUNT = r"(\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?|\d{1,9}(?:\.\d{1,6})?)"
RANGE = re.compile(rf"(?<![\w.,:/^-])([$€£¥]?){AMOUNT}(%?)( ?[-–] ?)([$€£¥]?){AMOUNT}(?![\w]*[-–/:]\d|[.,]?\d| ?=)")
SCALE_AFTER = re.compile(r" ?(?:thousand|million|billion|trillion|bn|[kKMB]\b)")
SAME_UNIT = re.compile(
    rf"(?<![\w.,:/-])(-?\d[\d,.]{{0,14}} ?({UNIT_NAMES}|%|[CF])) ?[-–] ?(?=\d[\d,.]{{0,14}} ?\2(?![\w/]))"
)
MONEY_SPAN = re.compile(r"(?<=[\dkKMBn])(?<=[$€£¥\d][\dkKMBn]) ?[-–] ?(?=[$€£¥]\d)")
YEARS = re.compile(r"(?:1[1-9]|20|21)\d\d")
TIMES = re.compile(
    r"(?:(?<=\d)|(?<=\d[ap]m)|(?<=\d [ap]m)|(?<=[ap]\.m\.)) ?[-–] ?(?=\d{1,2}(?::\d\d| ?[ap]\.?m\b))", re.IGNORECASE
)
NOON = re.compile(
    r"(?<=\bnoon)[-–](?=\d)|(?<=\bmidnight)[-–](?=\d)|"
    r"(?:(?<=\d)|(?<=[ap]m)|(?<=[ap]\.m\.)) ?[-–] ?(?=(?:noon|midnight)\b)",
    re.IGNORECASE,
)
UNTIL_NOW = re.compile(r"(?<=\d\d\d\d) ?[-–] ?(?=(?:present|today|now|current)\b)", re.IGNORECASE)
ALPHABET = re.compile(r"(?<!\S)(A|Q[1-4])[-–](Z|Q[1-4])\b")
ORDINALS = re.compile(r"(?<=\d)(st|nd|rd|th) ?[-–] ?(?=\d{1,4}(?:st|nd|rd|th)\b)")

WEEKDAY_NAMES = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
WEEKDAY = r"((?:Mon|Tue|Tues|Wed|Wednes|Thu|Thur|Thurs|Fri|Sat|Satur|Sun)(?:day)?)\b\.?"
WEEKDAYS = re.compile(rf"\b{WEEKDAY}( ?[-–/&] ?|, ?| to | and ){WEEKDAY}")
WEEKDAY_BEFORE_DATE = re.compile(rf"\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.?(?=,? (?:the )?(?:\d|{MONTH})|: ?\d)")
WEEKDAY_WITH_DOT = re.compile(r"\b(Mon|Tues?|Wed|Thurs?|Thu|Fri)\.(?! ?[A-Z]\w)(?=[ ,;)]|$)")
MONTHS = re.compile(rf"\b{MONTH}( ?[-–/] ?| to | and | or ){MONTH}(?!\w)")
TO_MONTH = re.compile(rf"(?<=\d) ?[-–] ?(?={MONTH} \d)")
DAYS_OF_MONTH = re.compile(
    rf"\b{MONTH} (\d{{1,2}})(?:st|nd|rd|th)? ?[-–] ?(\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.%]?\d| ?[ap]\.?m\b)"
)
DAYS_BEFORE_MONTH = re.compile(
    rf"(?<![\w.,-])(\d{{1,2}})(?:st|nd|rd|th)? ?[-–] ?(\d{{1,2}})(?:st|nd|rd|th)? {MONTH}(?!\w)"
)

STORE = re.compile(rf"(?<![\w.,:$€£/-])7-11(?![\w%:/-]|[.,]\d| (?:{COUNTED_NOUNS}|{UNIT_NAMES}|[ap]\.?m)\b)")
SHARES = re.compile(r"(?<![\w.,:$€£/-])(\d\d)-(\d\d)(?![\w%:/-]|[.,]\d)")

COUNT = r"(\d{1,3}(?:,\d{3}){1,3}|\d{1,6}(?:\.\d{1,3})?)"
RATIO_WORDS = (
    "ratio|ratios|aspect|odds|scale|score|scored|mix|proportion|won|win|lost|lose|beat|victory|defeat|diluted|dilution|"
    "draw"
)
RATIO = re.compile(rf"(?<![\w.,:/]){COUNT}:{COUNT}(?::{COUNT})?(?![\w:/]|[.,]\d)")
CLOCK = re.compile(r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?")
RACE_TIME = re.compile(r"\d{1,2}:[0-5]\d\.\d{1,3}")
RATIO_BEFORE = re.compile(rf"\b(?:{RATIO_WORDS})\b[\w ']{{0,30}}$", re.IGNORECASE)
RATIO_AFTER = re.compile(
    r" (?:ratio|odds|scale|mix|mixture|aspect|win|victory|lead|defeat|loss|dilution|draw|split|monitor|screen|video)\b"
)
ASPECTS = frozenset({"16:10", "24:10"})

SCORE = re.compile(r"(?<![\w.,:-])(\d{1,4})[-–](\d{1,4})(?![\w:-]|[.,]\d)")


def verbalize_calendar_ranges(text: str) -> str:
    """Expand weekdays and months in ranges and dates: `Mon-Fri` -> Monday to Friday."""
    for _ in range(2):
        text = WEEKDAYS.sub(expand_weekdays, text)
    text = WEEKDAY_WITH_DOT.sub(expand_weekday, WEEKDAY_BEFORE_DATE.sub(expand_weekday, text))
    text = TO_MONTH.sub(" to ", MONTHS.sub(expand_months, text))
    text = DAYS_OF_MONTH.sub(lambda m: f"{m[1]} {m[2]}th to {m[3]}th" if is_span(m[2], m[3]) else m[0], text)
    return DAYS_BEFORE_MONTH.sub(
        lambda m: f"{m[1]}th to {m[2]}th of {expand_month(m[3])}" if is_span(m[1], m[2]) else m[0], text
    )


def is_span(first: str, second: str) -> bool:
    """Return whether two numbers are days of a month, in order."""
    return 1 <= int(first) < int(second) <= 31


def expand_weekday(match: re.Match[str]) -> str:
    """Return the full name of a weekday."""
    return WEEKDAY_NAMES[match[1][:3].lower()]


def expand_weekdays(match: re.Match[str]) -> str:
    """Expand two weekdays and the sign between them."""
    sign = match[2].strip()
    first, second = (WEEKDAY_NAMES[name[:3].lower()] for name in (match[1], match[3]))
    joint = {"-": " to ", "–": " to ", "&": " and ", "/": ", "}.get(sign, match[2])
    return f"{first}{joint}{second}"


def expand_months(match: re.Match[str]) -> str:
    """Expand two months and the sign between them: `Oct-Dec` -> October to December."""
    joint = match[2] if match[2].strip().isalpha() else " or " if "/" in match[2] else " to "
    return f"{expand_month(match[1])}{joint}{expand_month(match[3])}"


def expand_range(match: re.Match[str]) -> str:
    """Rewrite a range of amounts: `$5-10` -> 5 to $10, `5-10%` -> 5 to 10%."""
    first_symbol, first, percent, dash, second_symbol, second = match.groups()
    if not first_symbol and not second_symbol and dash in "-–" and YEARS.fullmatch(first):
        return match[0]
    symbol = second_symbol or first_symbol
    both = "." in first and symbol and not SCALE_AFTER.match(match.string, match.end())
    return f"{symbol if both else ''}{first}{percent} to {symbol}{second}"


def expand_shares(match: re.Match[str]) -> str:
    """Read two equal shares: `50-50` -> 50 50; leave scores and ranges."""
    return f"{match[1]} {match[2]}" if match[1] == match[2] and int(match[1]) >= 20 else match[0]


def expand_ratio(match: re.Match[str]) -> str:
    """Read a ratio or a score: `3:2` -> 3 to 2; leave a time of day unless the words beside it name a ratio."""
    before = match.string[max(0, match.start() - 50) : match.start()]
    named = RATIO_BEFORE.search(before) or RATIO_AFTER.match(match.string, match.end())
    if RACE_TIME.fullmatch(match[0]) or (CLOCK.fullmatch(match[0]) and not named and match[0] not in ASPECTS):
        return match[0]
    if match[3] and len(match[2]) == 2 and len(match[3]) == 2 and not named:
        return match[0]
    return " to ".join(part for part in match.groups() if part)


def verbalize_score(match: re.Match[str]) -> str:
    """Read what is left of ranges and scores: `10-20` -> ten to twenty."""
    return f"{verbalize_integer(match[1])} to {verbalize_integer(match[2])}"


DASHES = ("-", "–")
RULES = RuleTable(
    Rule(RATIO, expand_ratio, (":",)),
    Rule(SHARES, expand_shares, ("-",)),
    Rule(STORE, "seven eleven", ("-",)),
    Rule(UNTIL_NOW, " to ", DASHES),
    Rule(ALPHABET, r"\1 to \2", DASHES, digits=False),
    Rule(ORDINALS, r"\1 to ", DASHES),
    Rule(TIMES, " to ", DASHES),
    Rule(NOON, " to ", DASHES, digits=False),
    Rule(SAME_UNIT, r"\1 to ", DASHES),
    Rule(RANGE, expand_range, DASHES),
    Rule(MONEY_SPAN, " to ", DASHES),
)
CALENDAR_NAME = re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)")


def verbalize_ranges(text: str) -> str:
    """Replace the dash of a range with `to`, but leave ranges of years to a later step."""
    text = verbalize_verses(text)
    if CALENDAR_NAME.search(text):
        text = verbalize_calendar_ranges(text)
    return RULES.apply(text)
