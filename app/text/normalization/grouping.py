"""Rewrite signs and separators of numbers in the notation that later steps read: `-`, `,` for thousands, `.`."""

from __future__ import annotations

import re

from app.text.normalization.rules import Rule, RuleTable
from app.text.normalization.units import UNIT_NAMES
from app.text.word_tables import COUNTED_NOUNS

CURRENCY_SIGNS = "$€£¥₹₿₺₪₴"
QUANTITY = (
    rf"(?= ?(?:{UNIT_NAMES}|[%‰{CURRENCY_SIGNS}]|x|EUR|USD|GBP|CHF|percent|degrees|thousand|million|billion|trillion|"
    rf"kilos?|grams?|kilograms?|lit(?:er|re)s?|met(?:er|re)s?|kilomet(?:er|re)s?|centimet(?:er|re)s?|{COUNTED_NOUNS})"
    r"(?!\w))"
)
"""A unit, a currency or a counted noun after a number."""

EN_DASH_MINUS = re.compile(r"(?:(?<=^)|(?<=[\s(\[=]))(?<!\d )–(?=[$€£¥]?\.?\d)")
SPACED_MINUS = re.compile(
    r"(?:(?<=[A-Za-z:(,] )|^)[-–] (?=\d{1,4}(?:[.,]\d{1,3})? ?(?:°|degrees\b|C\b|F\b))|"
    r"(?:(?<=\bis )|(?<=\bwas )|(?<=\bto )|(?<=\bof )|(?<= = ))[-–] (?=\d)",
    re.IGNORECASE,
)
SIGNED_RANGE = re.compile(r"(?<=[\dCF°]) ?[-–] ?(?=-\d)")
PLUS_OR_MINUS = re.compile(r"\+ ?/ ?-|\+-(?=\d)")

APOSTROPHES = re.compile(r"(?<![\w.,'])\d{1,3}(?:'\d{3})+(?:[.,]\d{1,6})?(?!\w|'\d)")
DOTS = re.compile(r"(?<![\w.,+:/])\d{1,3}(?:\.\d{3}){2,6}(?:,\d{1,6})?(?![\w:/]|[.,]\d)")
DOTS_AND_COMMA = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3})+,\d{1,6}(?!\w|[.,]\d)")
EUROS_WITH_DOT = re.compile(
    r"(?<=€)( ?)(\d{1,3}\.\d{3})(?![\d.,])|(?<![\w.,])()(\d{1,3}\.\d{3})(?= ?(?:€|EUR\b|euros?\b))"
)
ROUND_WITH_DOT = re.compile(rf"(?<![\w.,$])\d{{1,3}}\.000(?= (?:{COUNTED_NOUNS})\b)")
SPACES = re.compile(
    rf"(?<![\w.,+'])(?<!\d )(?:[1-9]\d? \d{{3}}(?: \d{{3}}){{1,4}}(?:,\d{{1,6}}|\.\d{{1,6}})?(?! ?\d|\w)|"
    rf"[1-9]\d{{0,2}}(?: \d{{3}}){{1,4}}(?:,\d{{1,6}}|\.\d{{1,6}})?(?!\d){QUANTITY})"
)
INDIAN = re.compile(r"(?<![\w.,])\d{1,2}(?:,\d\d){1,4},\d{3}(?![\w,])")
DECIMAL_COMMA = re.compile(
    rf"(?<![\w.,])\d{{1,9}},(?:\d{{1,2}}|\d{{4,9}})(?!\d){QUANTITY}|(?<![\w.,(])0,\d{{1,9}}(?!\w|[.,]\d|\))|"
    rf"(?<=[{CURRENCY_SIGNS}])\d{{1,9}},\d\d(?!\w|,\d|\.\d)"
)
"""A list such as `1,2,3` or `rooms 1,5` has no unit."""
COUNT_LIKE_YEAR = re.compile(
    rf"(?<![\w.,$€£-])(?<!\bin )(?<!\bIn )(?<!\bsince )(?<!\bby )(?<!\bat )(?<!, )"
    rf"(1[1-9]|20)(\d\d)(?= (?:{COUNTED_NOUNS})\b)"
)
NUMBERED = re.compile(
    r"\b(Chapter|Part|Episode|Step|Day|Track|Volume|Lesson|Unit|Page|Section|Season|Level|Scene|Act|Round|Week|Module|"
    r"Exercise|Question|Item|Figure|Table|Book|Verse|Game|Stage|Task|Phase|Slide) 0{1,3}(?=[1-9])",
    re.IGNORECASE,
)

EPISODE = re.compile(r"\bS0?(\d{1,2})E0?(\d{1,3})\b")


def regroup(match: re.Match[str]) -> str:
    """Rewrite a number with foreign grouping: `1.234,5`, `1'234.5`, `1 234,5` -> 1,234.5; leave an IP address."""
    written = match[0]
    if "," not in written and is_ip_address(written):
        return written
    whole, fraction = written, ""
    if "," in written:
        whole, _, fraction = written.rpartition(",")
    elif "." in written and ("'" in written or " " in written):
        whole, _, fraction = written.rpartition(".")
    digits = re.sub(r"[. ']", ",", whole)
    return f"{digits}.{fraction}" if fraction.strip("0") else digits


def is_ip_address(number: str) -> bool:
    """Return whether a number with dots is an address such as `192.168.100.200`."""
    parts = number.split(".")
    return len(parts) == 4 and all(int(part) <= 255 and str(int(part)) == part for part in parts)


RULES = RuleTable(
    Rule(PLUS_OR_MINUS, " ± ", ("+",), digits=False),
    Rule(EN_DASH_MINUS, "-", ("–",)),
    Rule(SPACED_MINUS, "-", ("- ", "– ")),
    Rule(SIGNED_RANGE, " to ", ("-", "–")),
    Rule(DOTS, regroup, (".",)),
    Rule(DOTS_AND_COMMA, regroup, (".",)),
    Rule(APOSTROPHES, regroup, ("'",)),
    Rule(SPACES, regroup, (" ",)),
    Rule(EUROS_WITH_DOT, lambda m: (m[1] or "") + (m[2] or m[4]).replace(".", ","), ("€", "eur")),
    Rule(ROUND_WITH_DOT, lambda m: m[0].replace(".", ","), (".000",)),
    Rule(INDIAN, lambda m: f"{int(m[0].replace(',', '')):,}", (",",)),
    Rule(DECIMAL_COMMA, lambda m: m[0].replace(",", "."), (",",)),
    Rule(COUNT_LIKE_YEAR, lambda m: f"{m[1][0]},{m[1][1]}{m[2]}"),
    Rule(NUMBERED, r"\1 ", (" 0",)),
    Rule(EPISODE, r"season \1 episode \2", ("s",)),
)


def rewrite_numbers(text: str) -> str:
    """Rewrite minus signs, foreign grouping, decimal commas and leading zeros."""
    return RULES.apply(text)
