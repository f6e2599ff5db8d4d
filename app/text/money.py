"""Amounts of money, percentages and measures -> words."""

from __future__ import annotations

import re

from app.text.numbers import cardinal, decimal

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "", ""),
}
CODES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}
SCALES = {"k": "thousand", "m": "million", "mn": "million", "bn": "billion", "b": "billion", "tn": "trillion"}
NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
SCALE = r"( ?(?:thousand|million|billion|trillion|mn|bn|tn|[kmb])\b)?"
MONEY_BEFORE = re.compile(rf"(-?)(?:US|A|C)?([$€£¥]) ?{NUMBER}(?![\d,]*\d){SCALE}", re.IGNORECASE)
MONEY_AFTER = re.compile(rf"(?<![\d.,]){NUMBER}{SCALE} ?([$€£¥]|USD\b|EUR\b|GBP\b|JPY\b)")
CENTS = re.compile(r"(?<![\d.,])(\d+) ?¢")
PERCENT = re.compile(rf"(?<![\d.,])(-?){NUMBER} ?%")
UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"),
    "m/s": ("meter per second", "meters per second"),
    "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"),
    "kg": ("kilogram", "kilograms"),
    "mg": ("milligram", "milligrams"),
    "ml": ("milliliter", "milliliters"),
    "lb": ("pound", "pounds"),
    "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"),
    "ft": ("foot", "feet"),
    "mi": ("mile", "miles"),
    "yd": ("yard", "yards"),
    "GB": ("gigabyte", "gigabytes"),
    "MB": ("megabyte", "megabytes"),
    "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"),
    "TB": ("terabyte", "terabytes"),
    "GHz": ("gigahertz", "gigahertz"),
    "MHz": ("megahertz", "megahertz"),
    "kHz": ("kilohertz", "kilohertz"),
    "Hz": ("hertz", "hertz"),
    "kW": ("kilowatt", "kilowatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"),
    "ms": ("millisecond", "milliseconds"),
    "min": ("minute", "minutes"),
    "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"),
    "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "m": ("meter", "meters"),
    "g": ("gram", "grams"),
    "L": ("liter", "liters"),
    "l": ("liter", "liters"),
    "V": ("volt", "volts"),
    "W": ("watt", "watts"),
}
UNIT_NAMES = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
MEASURE = re.compile(rf"(?<![\w.,])(-?){NUMBER} ?({UNIT_NAMES})(?![\w/²³])")


def say_amounts(text: str) -> str:
    """Read money, percentages and measures."""
    text = MONEY_BEFORE.sub(lambda m: minus(m[1]) + money(m[3], m[4], m[2]), text)
    text = MONEY_AFTER.sub(lambda m: money(m[1], m[2], CODES.get(m[3], m[3])), text)
    text = CENTS.sub(lambda m: f"{cardinal(m[1])} {'cent' if m[1] == '1' else 'cents'}", text)
    text = PERCENT.sub(lambda m: f"{minus(m[1])}{decimal(m[2])} percent", text)
    return MEASURE.sub(lambda m: f"{minus(m[1])}{decimal(m[2])} {UNITS[m[3]][m[2] != '1']}", text)


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
