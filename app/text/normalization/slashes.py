"""Read a slash: in fixed phrases, as `per`, `over`, `out of`, in dates without a year, between words."""

from __future__ import annotations

import re

from app.text.normalization.dates import MONTHS
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import COUNTED_NOUNS, TABLES, join_alternatives, list_alternatives

PHRASES = TABLES["slash_phrases"]
PHRASE = re.compile(
    rf"(?<![\w./-])({join_alternatives(set(PHRASES) - {'w/'})})(?![\w/]|[.-]\d)|(?<![\w./])(w/)(?!o\b|in\b|[a-z]\b)",
    re.IGNORECASE,
)
SLASHED_UNITS = "|".join(list_alternatives("slashed_units"))
SHORT_UNITS = TABLES["slashed_units"]
COUNT_PER = re.compile(
    rf"(\d[\d,.]{{0,15}}[kKMB%]?(?: ?[€£¥₹])?(?: [A-Za-z-]{{1,20}}){{0,2}}) ?/ ?({SLASHED_UNITS})\b(?!/)"
)
PLURAL_PER = re.compile(rf"\b([A-Za-z]{{2,20}}s) ?/ ?({SLASHED_UNITS})\b(?!/)")
"""`words/minute`; `days/weeks` are alternatives."""

CONTEXT = 20
"""Characters before a number that decide how it is read."""
RATING_NOUNS = "stars?|points?|marks|rating|ratings|would|correct|right|on the|for effort"
RATED = "|".join(list_alternatives("rated"))
AMOUNT = r"(\d{1,4}(?:\.\d{1,2})?)"
NO_MORE = r"(?![\d/]|[.,]\d)"
RATING = re.compile(rf"(?<![\w./]){AMOUNT}/(5|10|20|100){NO_MORE}")
RATED_BEFORE = re.compile(rf"\b(?:{RATED}) \Z", re.IGNORECASE)
RATING_AFTER = re.compile(rf"(?<![\w./-]){AMOUNT}/(\d{{1,4}})(?=(?: (?:{RATING_NOUNS}|{COUNTED_NOUNS})\b))")
MEASURED_NOUN = re.compile(
    r" (?:hours|minutes|seconds|years|months|weeks|days|nights|miles|acres|gallons|barrels|tons|tonnes|pounds|dollars|"
    r"euros|"
    r"feet|meters|metres|kilometers|pages|points|inches)\b"
)
"""Nouns of which there are fractions: `3/4 miles`."""
DECIMAL_RATING = re.compile(rf"(?<![\w./])(\d{{1,3}}\.\d{{1,2}})/(\d{{1,3}}){NO_MORE}")
FULL_MARKS = re.compile(rf"(?<![\w./-])(0|\d{{1,3}})/(5|10|20|100){NO_MORE}")
PART_OF = re.compile(
    rf"\b(page|part|step|day|slide|episode|round|lap|chapter|stage|quarter|tweet|volume) "
    rf"(\d{{1,4}})/(\d{{1,4}}){NO_MORE}",
    re.IGNORECASE,
)
PRESSURE = re.compile(rf"(?<![\w./])(\d{{2,3}})/(\d{{2,3}}){NO_MORE}")
VISION = re.compile(r"(?<![\w./])20/(1[056]|20|25|[3-9]0|[124]00)(?![\d/%]|[.,]\d)")
"""A visual acuity: `20/40`"""
METER = re.compile(r"(?<![\w./])(\d{1,2})/([248]|16)(?= (?:time|meter|metre|signature|beat|bar|rhythm|waltz)\b)")
SPLIT = re.compile(rf"(?<![\w.,/$€£-])(\d\d)([/-])(\d\d){NO_MORE}(?![%-])")
SPLIT_NOUN = re.compile(
    r" (?:split|chance|chances|odds|ratio|mix|blend|joint|custody|rule|partner|deal|cut)\b|[ ]?$|[.,!?;]"
)
SEASON = re.compile(r"(?<![\w./])((?:19|20)\d\d)/((?:19|20)?\d\d)(?![\w/])")
EXPIRY = re.compile(
    r"(\b(?:exp|expires|expiry|expiration|valid thru|valid until)\b(?: date)?[.:]? ?)(0[1-9]|1[0-2])/(\d\d)\b",
    re.IGNORECASE,
)
WEEKDAYS = "Mon|Tues?|Wed|Thu|Thurs|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
MONTH_DAY = r"(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?![\w/]|[.,]\d| of\b| cup| inch)"
SHORT_DATE = re.compile(MONTH_DAY)
DATE_BEFORE = re.compile(
    rf"\b(?:on|due|until|till|dated|since|deadline|deadline:|date:|born|(?:{WEEKDAYS})\.?,?) \Z", re.IGNORECASE
)
SECOND_DATE = re.compile(
    rf"((?:\b(?:{'|'.join(MONTHS)}) \d{{1,2}}|\b\d{{1,2}}/\d{{1,2}}/(?:\d\d|\d{{4}}))"
    rf" ?(?:and|or|to|until|through|[-–]) ?){MONTH_DAY}"
)
"""A date right after another one, which shows that it is no fraction."""
DIVISION = re.compile(r"(?<=\d) / (?=\d)|(?<=[\d)])/(?=\d{1,9} ?=)")
CAPITALS = re.compile(r"\b([A-Z]{1,5}s?)/(?=[A-Z]{1,5}s?\b)")
"""Abbreviations joined by a slash, which is not spoken: `A/B testing`, `HIV/AIDS`."""
BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z.])/(?=[A-Za-z]|\d{1,3}(?:st|nd|rd|th)\b)")
SPACED = re.compile(r"(?<=[A-Za-z,.!?;]) / (?=[A-Za-z])")


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


def expand_full_marks(match: re.Match[str]) -> str:
    """Read full or no marks: `10/10` -> 10 out of 10."""
    return f"{match[1]} out of {match[2]}" if match[1] in ("0", match[2]) else match[0]


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
    return name_month_day(match[1], match[2]) if DATE_BEFORE.search(before) else match[0]


def name_month_day(month: str, day: str) -> str:
    """Return the name of a month with a day."""
    return f"{MONTHS[int(month) - 1]} {int(day)}"


def expand_per(match: re.Match[str]) -> str:
    """Read a rate: `$15/hr` -> $15 per hour."""
    return f"{match[1]} per {SHORT_UNITS.get(match[2], match[2])}"


RULES = RuleTable(
    Rule(PHRASE, lambda m: PHRASES[m[0].lower()] + (" " if m[2] else ""), ("/", "-"), digits=False),
    Rule(SHORT_DATE, expand_short_date, ("/",)),
    Rule(SECOND_DATE, lambda m: m[1] + name_month_day(m[2], m[3]), ("/",)),
    Rule(EXPIRY, lambda m: f"{m[1]}{int(m[2])} {m[3]}", ("/",)),
    Rule(VISION, r"20 \1", ("/",)),
    Rule(METER, r"\1 \2", ("/",)),
    Rule(SEASON, r"\1 \2", ("/",)),
    Rule(RATING, expand_rating_after_word, ("/",)),
    Rule(PART_OF, r"\1 \2 of \3", ("/",)),
    Rule(RATING_AFTER, expand_rating, ("/",)),
    Rule(DECIMAL_RATING, r"\1 out of \2", ("/",)),
    Rule(FULL_MARKS, expand_full_marks, ("/",)),
    Rule(SPLIT, expand_split, ("/", "-")),
    Rule(PRESSURE, expand_pressure, ("/",)),
    Rule(COUNT_PER, expand_per, ("/",)),
    Rule(PLURAL_PER, expand_per, ("/",), digits=False),
    Rule(DIVISION, " divided by ", ("/",)),
)


def verbalize_slashes(text: str) -> str:
    """Replace slashes with words, except those of fractions and of dates with a year."""
    return RULES.apply(text)


def verbalize_alternatives(text: str) -> str:
    """Replace the slashes between words: with `or`, with a pause if spaces surround it, or with nothing."""
    return BETWEEN_WORDS.sub(" or ", SPACED.sub(", ", CAPITALS.sub(r"\1 ", text))) if "/" in text else text
