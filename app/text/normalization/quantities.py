"""Replace money, percentages and measures (numbers with units, feet and inches) with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal, verbalize_decimal

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
AMOUNT = r"(\d{1,3}(?:,\d{3})++(?:\.\d++)?|\d++(?:\.\d++)?)"
SYMBOL = "[" + "".join(CURRENCIES) + "]"
SCALE = r"( ?(?:thousand|million|billion|trillion|mn|bn|tn|[kmb])\b)?"
MONEY_BEFORE = re.compile(rf"(-?)(?:\b(?:US|AU|CA|[AC]))?({SYMBOL}) ?{AMOUNT}(?!,?\d){SCALE}", re.IGNORECASE)
MONEY_AFTER = re.compile(rf"(?<![\d.,]){AMOUNT}{SCALE} ?({SYMBOL}|(?:{'|'.join(CODES)})\b)")
CODE_BEFORE = re.compile(rf"\b({'|'.join(CODES)}) ?(?=\d)")
WHOLE = r"(\d{1,3}(?:\.\d{3}){1,4}|\d{1,9})"
DECIMAL_COMMA = re.compile(rf"(?<![\d.,]){WHOLE},(\d\d)(?= ?€)|(?<=€){WHOLE},(\d\d)(?![\d,])")
"""Amounts such as `1.234,56 €`, as most of Europe writes them."""
NO_WHOLE = re.compile(rf"(?<={SYMBOL})(?=\.\d)")
PER = re.compile(rf"({SYMBOL} ?\d[\d,.]{{0,15}}) ?/ ?(?=[a-z])")
ATTRIBUTIVE_AMOUNT = re.compile(rf"({SYMBOL}){AMOUNT} (?=(?:bills?|notes?|coins?|tickets?|fine|tip)\b)")
CENTS = re.compile(r"(?<![\d.,])(\d+) ?¢")
PERCENT = re.compile(rf"(?<![\d.,])(-?){AMOUNT} ?%")


def verbalize_amounts(text: str) -> str:
    """Replace money and percentages with words."""
    text = NO_WHOLE.sub("0", CODE_BEFORE.sub(lambda m: CODES[m[1]], text))
    text = PER.sub(r"\1 per ", DECIMAL_COMMA.sub(replace_decimal_comma, text))
    text = ATTRIBUTIVE_AMOUNT.sub(lambda m: f"{verbalize_decimal(m[2])} {CURRENCIES[m[1]][0]} ", text)
    text = MONEY_BEFORE.sub(lambda m: verbalize_minus(m[1]) + verbalize_money(m[3], m[4], m[2]), text)
    text = MONEY_AFTER.sub(lambda m: verbalize_money(m[1], m[2], CODES.get(m[3], m[3])), text)
    text = CENTS.sub(lambda m: f"{verbalize_cardinal(m[1])} {'cent' if m[1] == '1' else 'cents'}", text)
    return PERCENT.sub(lambda m: f"{verbalize_minus(m[1])}{verbalize_decimal(m[2])} percent", text)


def replace_decimal_comma(match: re.Match[str]) -> str:
    """Replace a decimal comma with a point: `1.234,56` -> 1234.56."""
    whole, cents = match[1] or match[3], match[2] or match[4]
    return f"{whole.replace('.', '')}.{cents}"


def verbalize_minus(sign: str) -> str:
    """Return the word for a minus sign; empty if there is no sign."""
    return "minus " if sign else ""


def verbalize_money(number: str, scale: str | None, symbol: str) -> str:
    """Read money: `2.50`, `£` -> two pounds fifty; `3.5`, `million`, `$` -> three point five million dollars."""
    one, many, cent, cents = CURRENCIES[symbol]
    if scale:
        scale = scale.strip()
        return f"{verbalize_decimal(number)} {SCALES.get(scale.lower(), scale)} {many}"
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


NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
UNITS = {
    "m/s^2": ("meter per second squared", "meters per second squared"),
    "km^2": ("square kilometer", "square kilometers"),
    "cm^2": ("square centimeter", "square centimeters"),
    "mm^2": ("square millimeter", "square millimeters"),
    "cm^3": ("cubic centimeter", "cubic centimeters"),
    "m^3": ("cubic meter", "cubic meters"),
    "mL": ("milliliter", "milliliters"),
    "cl": ("centiliter", "centiliters"),
    "dl": ("deciliter", "deciliters"),
    "nm": ("nanometer", "nanometers"),
    "μm": ("micrometer", "micrometers"),
    "μg": ("microgram", "micrograms"),
    "μs": ("microsecond", "microseconds"),
    "h": ("hour", "hours"),
    "s": ("second", "seconds"),
    "sec": ("second", "seconds"),
    "secs": ("second", "seconds"),
    "mins": ("minute", "minutes"),
    "dB": ("decibel", "decibels"),
    "hPa": ("hectopascal", "hectopascals"),
    "kPa": ("kilopascal", "kilopascals"),
    "kcal": ("kilocalorie", "kilocalories"),
    "Mbps": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"),
    "MB/s": ("megabyte per second", "megabytes per second"),
    "px": ("pixel", "pixels"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "mAh": ("milliampere hour", "milliampere hours"),
    "mA": ("milliampere", "milliamperes"),
    "MW": ("megawatt", "megawatts"),
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
    "m^2": ("square meter", "square meters"),
    "m": ("meter", "meters"),
    "g": ("gram", "grams"),
    "L": ("liter", "liters"),
    "l": ("liter", "liters"),
    "V": ("volt", "volts"),
    "W": ("watt", "watts"),
}
DOTTED_UNITS = "ft|in|lbs?|oz|hrs?|mins?|secs?|mi|yd"
"""Units often written with a dot, which ends no sentence if a lower-case letter, a digit or a comma follows."""
UNIT_NAMES = "|".join(re.escape(name) for name in sorted(UNITS, key=len, reverse=True))
MEASURE = re.compile(rf"(?<![\w.,'])(-?)(?!\d*0s\b){NUMBER} ?({UNIT_NAMES})(?![\w/^])")
INCHES = re.compile(rf"(?<![\w.,])(?<!ft )(?<!ft\. ){NUMBER} ?in\.(?= [a-z]|,)")
UNIT_DOT = re.compile(rf"(?<=\d)( ?)({DOTTED_UNITS})\.(?= [a-z]| \d|,)")
FEET_AND_INCHES = re.compile(r"(?<![\w.,])(\d{1,2})' ?(\d{1,2})(?:\"|'')")
FEET_THEN_INCHES = re.compile(r"(?<![\w.,])(\d{1,3}) ?ft (\d{1,2}) ?in\b")


def verbalize_measures(text: str) -> str:
    """Replace feet with inches, then every number with a unit after it, with words."""
    text = INCHES.sub(lambda m: f"{verbalize_decimal(m[1])} {'inch' if m[1] == '1' else 'inches'}", text)
    text = FEET_THEN_INCHES.sub(verbalize_feet, FEET_AND_INCHES.sub(verbalize_feet, UNIT_DOT.sub(r"\1\2", text)))
    return MEASURE.sub(verbalize_measure, text)


def verbalize_feet(match: re.Match[str]) -> str:
    """Read feet and inches: `6'2"` -> six foot two."""
    return f"{verbalize_decimal(match[1])} foot {verbalize_decimal(match[2])}"


def verbalize_measure(match: re.Match[str]) -> str:
    """Read a number with its unit: `-3 km` -> minus three kilometers."""
    sign = "minus " if match[1] else ""
    return f"{sign}{verbalize_decimal(match[2])} {UNITS[match[3]][match[2] != '1']}"
