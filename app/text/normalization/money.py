"""Replace money and percentages with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_decimal
from app.text.normalization.rules import RuleTable
from app.text.word_tables import TABLES

CURRENCIES = {sign: [*names.split(", "), "", ""][:4] for sign, names in TABLES["currencies"].items()}
"""Singular and plural of each currency and of its hundredth."""
CODES = TABLES["currency_codes"]
SCALES = TABLES["scales"]


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
    return ("plus " if sign == "+" else ("minus " if sign or inner else "")) + words


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


def verbalize_money_after(match: re.Match[str]) -> str:
    """Read an amount before its sign: `5 €` -> five euros."""
    return verbalize_money(match[1], match[2], CODES.get(match[3], match[3]))


def name_currency(symbol: str) -> str:
    """Return the singular of a currency."""
    return CURRENCIES[symbol][0]


verbalize_amounts = RuleTable(
    "money", verbalize_shillings, name_currency, verbalize_money_before, verbalize_money_after
)
