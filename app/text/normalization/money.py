"""Replace money and percentages with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_decimal
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import TABLES, join_alternatives

CURRENCIES = {sign: [*names.split(", "), "", ""][:4] for sign, names in TABLES["currencies"].items()}
"""Singular and plural of each currency and of its hundredth."""
CODES = TABLES["currency_codes"]
PLAIN_DOLLARS = "US|AU|CA|[AC]"
"""Letters before a dollar sign that are not read."""
SCALES = TABLES["scales"]
AMOUNT = r"(\d{1,3}(?:,\d{3})++(?:\.\d++)?|\d++(?:\.\d++)?)"
SIGN = "[" + "".join(symbol for symbol in CURRENCIES if len(symbol) == 1) + "]"
SYMBOL = rf"(?:(?<![A-Za-z])(?:{join_alternatives(symbol for symbol in CURRENCIES if len(symbol) > 1)})|{SIGN})"
SCALE = r"((?: ?|-)(?:thousand|million|billion|trillion|mn|bn|tn|[kmbt])\b)?"
CODE_AFTER = rf"(?: ?({'|'.join(CODES)})\b)?"
MONEY_BEFORE = re.compile(
    rf"((?<![\w)])[-+])?(?:\b(?:{PLAIN_DOLLARS})(?=\$))?({SYMBOL}) ?(-?){AMOUNT}(?!,?\d){SCALE}{CODE_AFTER}",
    re.IGNORECASE,
)
MONEY_AFTER = re.compile(rf"(?<![\d.,]){AMOUNT}{SCALE} ?({SIGN}|zł|(?:{'|'.join(CODES)})\b)")
RUPEES = re.compile(r"\bRs\.? ?(?=\d)")
CODE_BEFORE = re.compile(rf"\b({'|'.join(CODES)}) ?(?=\d)")
SHILLINGS = re.compile(r"(?<![\w.,])(?:£(\d{1,4}),? )?(\d{1,2})s\b\.?(?:,? ?(\d{1,2})d\b\.?)?")
NO_WHOLE = re.compile(rf"(?<={SIGN})(?=\.\d)")
ATTRIBUTIVE_AMOUNT = re.compile(rf"({SIGN}){AMOUNT} (?=(?:bills?|notes?|coins?|tickets?|fine|tip)\b)")
CENTS = re.compile(r"(?<![\d.,])(\d+(?:\.\d+)?) ?¢")
PENCE = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+)p\b")
"""The price of a share in London; smaller numbers may be resolutions or pages, and are read with the letter."""
PERCENT = re.compile(rf"(?<![\d.,])(-?){AMOUNT} ?%")


def verbalize_shillings(match: re.Match[str]) -> str:
    """Read old British money: `£2 5s. 6d.` -> two pounds five shillings and sixpence; leave seconds and decades."""
    pounds, shillings, pence = match.groups()
    if not pounds and not pence:
        return match[0]
    words = [verbalize_money(pounds, None, "£")] if pounds else []
    words.append(f"{verbalize_cardinal(shillings)} shilling{'' if shillings == '1' else 's'}")
    if pence:
        # Sixpence is one word, as are the others of less than a shilling.
        words.append("and a penny" if pence == "1" else f"and {verbalize_cardinal(pence)}pence")
    ends = match[0].endswith(".") and not match.string[match.end() :].strip(" \"')")
    return " ".join(words) + ("." if ends else "")


def verbalize_money_before(match: re.Match[str]) -> str:
    """Read an amount after its sign: `-$5` and `$-5` -> minus five dollars, `$5 CAD` -> five Canadian dollars."""
    sign, symbol, inner, number, scale, code = match.groups()
    symbol = next(known for known in CURRENCIES if known.lower() == symbol.lower())
    if code and symbol == "$":
        symbol = CODES[code.upper()]
    words = verbalize_money(number, scale, symbol)
    return ("plus " if sign == "+" else verbalize_minus(sign or inner)) + words


def verbalize_minus(sign: str | None) -> str:
    """Return the word for a minus sign; empty if there is no sign."""
    return "minus " if sign else ""


def verbalize_money(number: str, scale: str | None, symbol: str) -> str:
    """Read money: `2.50`, `£` -> two pounds fifty; `3.5`, `million`, `$` -> three point five million dollars."""
    one, many, cent, cents = CURRENCIES[symbol]
    if scale:
        word = scale.strip(" -")
        unit = one if scale.startswith("-") else many
        return f"{verbalize_decimal(number)} {SCALES.get(word.lower(), word)} {unit}"
    whole, _, fraction = number.partition(".")
    if fraction and (len(fraction) != 2 or not cent):
        return f"{verbalize_decimal(number)} {many}"
    words = f"{verbalize_cardinal(whole)} {one if whole == '1' else many}"
    if not fraction or fraction == "00":
        return words
    small = verbalize_cardinal(str(int(fraction)))
    if whole == "0":
        return f"{small} {cent if fraction == '01' else cents}"
    return f"{words} {small}" if int(fraction) >= 10 else f"{words} and {small} {cent if fraction == '01' else cents}"


SIGNS = tuple(sign.lower() for sign in (*CURRENCIES, *CODES))
"""What stands beside every amount of money."""
RULES = RuleTable(
    Rule(SHILLINGS, verbalize_shillings, ("s",)),
    Rule(CODE_BEFORE, lambda m: CODES[m[1]], tuple(map(str.lower, CODES))),
    Rule(RUPEES, "₹", ("rs",)),
    Rule(NO_WHOLE, "0", (".",)),
    Rule(ATTRIBUTIVE_AMOUNT, lambda m: f"{verbalize_decimal(m[2])} {CURRENCIES[m[1]][0]} ", SIGNS),
    Rule(MONEY_BEFORE, verbalize_money_before, SIGNS),
    Rule(MONEY_AFTER, lambda m: verbalize_money(m[1], m[2], CODES.get(m[3], m[3])), SIGNS),
    Rule(CENTS, lambda m: f"{verbalize_decimal(m[1])} {'cent' if m[1] == '1' else 'cents'}", ("¢",)),
    Rule(PENCE, lambda m: f"{verbalize_cardinal(m[1].replace(',', ''))} pence", ("p",)),
    Rule(PERCENT, lambda m: f"{verbalize_minus(m[1])}{verbalize_decimal(m[2])} percent", ("%",)),
)


def verbalize_amounts(text: str) -> str:
    """Replace money and percentages with words."""
    return RULES.apply(text)
