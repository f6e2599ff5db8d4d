"""Amounts of money and percentages -> words."""

from __future__ import annotations

import re

from app.text.numbers import cardinal, decimal

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "", ""),
    "₩": ("won", "won", "", ""),
    "₽": ("ruble", "rubles", "", ""),
}
CODES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
NUMBER = r"(\d{1,3}(?:,\d{3})++(?:\.\d++)?|\d++(?:\.\d++)?)"
SYMBOL = "[" + "".join(CURRENCIES) + "]"
SCALE = r"( ?(?:thousand|million|billion|trillion|mn|bn|tn|[kmb])\b)?"
MONEY_BEFORE = re.compile(rf"(-?)(?:\b(?:US|AU|CA|[AC]))?({SYMBOL}) ?{NUMBER}(?!,?\d){SCALE}", re.IGNORECASE)
MONEY_AFTER = re.compile(rf"(?<![\d.,]){NUMBER}{SCALE} ?({SYMBOL}|(?:{'|'.join(CODES)})\b)")
CODE_BEFORE = re.compile(rf"\b({'|'.join(CODES)}) ?(?=\d)")
WHOLE = r"(\d{1,3}(?:\.\d{3}){1,4}|\d{1,9})"
DECIMAL_COMMA = re.compile(rf"(?<![\d.,]){WHOLE},(\d\d)(?= ?€)|(?<=€){WHOLE},(\d\d)(?![\d,])")
"""`1.234,56 €`, as most of Europe writes it."""
NO_WHOLE = re.compile(rf"(?<={SYMBOL})(?=\.\d)")
PER = re.compile(rf"({SYMBOL} ?\d[\d,.]{{0,15}}) ?/ ?(?=[a-z])")
ONE_THING = re.compile(rf"({SYMBOL}){NUMBER} (?=(?:bills?|notes?|coins?|tickets?|fine|tip)\b)")
CENTS = re.compile(r"(?<![\d.,])(\d+) ?¢")
PERCENT = re.compile(rf"(?<![\d.,])(-?){NUMBER} ?%")


def say_amounts(text: str) -> str:
    """Read money and percentages."""
    text = NO_WHOLE.sub("0", CODE_BEFORE.sub(lambda m: CODES[m[1]], text))
    text = PER.sub(r"\1 per ", DECIMAL_COMMA.sub(decimal_point, text))
    text = ONE_THING.sub(lambda m: f"{decimal(m[2])} {CURRENCIES[m[1]][0]} ", text)
    text = MONEY_BEFORE.sub(lambda m: minus(m[1]) + money(m[3], m[4], m[2]), text)
    text = MONEY_AFTER.sub(lambda m: money(m[1], m[2], CODES.get(m[3], m[3])), text)
    text = CENTS.sub(lambda m: f"{cardinal(m[1])} {'cent' if m[1] == '1' else 'cents'}", text)
    return PERCENT.sub(lambda m: f"{minus(m[1])}{decimal(m[2])} percent", text)


def decimal_point(match: re.Match[str]) -> str:
    """`1.234,56` -> 1234.56."""
    whole, cents = match[1] or match[3], match[2] or match[4]
    return f"{whole.replace('.', '')}.{cents}"


def minus(sign: str) -> str:
    """The word for a sign."""
    return "minus " if sign else ""


def money(number: str, scale: str | None, symbol: str) -> str:
    """`2.50`, `£` -> two pounds fifty; `3.5`, `million`, `$` -> three point five million dollars."""
    one, many, cent, cents = CURRENCIES[symbol]
    if scale:
        scale = scale.strip()
        return f"{decimal(number)} {SCALES.get(scale.lower(), scale)} {many}"
    whole, _, fraction = number.partition(".")
    if fraction and (len(fraction) != 2 or not cent):
        return f"{decimal(number)} {many}"
    words = f"{cardinal(whole)} {one if whole == '1' else many}"
    if not fraction or fraction == "00":
        return words
    small = cardinal(str(int(fraction)))
    if whole == "0":
        return f"{small} {cent if fraction == '01' else cents}"
    return f"{words} {small}" if int(fraction) >= 10 else f"{words} and {small} {cent if fraction == '01' else cents}"
