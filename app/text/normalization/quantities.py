"""Read money, numbers with a unit after them, and formulas: chemistry, arithmetic, powers."""

from __future__ import annotations

import re

from app.text.normalization.numbers import (
    LETTER_UNITS,
    name_unit,
    pluralize,
    verbalize_cardinal,
    verbalize_decimal,
    verbalize_mixed_number,
    verbalize_quantity,
)
from app.text.normalization.rules import RuleTable, compile_pattern
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


NOT_ATTRIBUTIVE = re.compile(
    r" (?!(?:long|wide|tall|high|deep|thick|big|of|x|by|and|or|to|in|across|from|above|below|is|was|at|on|off|away|with"
    r"|for)\b)[a-z]"
)
"""A noun right after a length, which makes the unit singular: `a 19" screen`."""
ARTICLE = re.compile(r"\b[Aa]n? $")
QUOTE_CONTEXT = 300
"""Code points before a mark in which an opened quotation is looked for."""
QUOTATION_MARK = re.compile(r'(?<!\d)"')
OPENED_QUOTE = re.compile(r"(?:^|[\s(])'")
NOMINAL = compile_pattern(r"(?i)\b(?:<named_by_number>)\.? #?$")
"""Words whose number is a name, such as `Room 12 A`."""
SCALE_NAMES = {"C": "Celsius", "F": "Fahrenheit"}


def verbalize_measure(match: re.Match[str]) -> str:
    """Read a number with its unit: `-3 km` -> minus three kilometers, `a 5 km run` -> a five kilometer run."""
    sign, number, unit, per = match.groups()
    text, start, end = match.string, match.start(), match.end()
    is_single = ARTICLE.search(text, max(0, start - 3), start) and NOT_ATTRIBUTIVE.match(text, end)
    return f"{'minus ' if sign else ''}{verbalize_decimal(number)} {name_rate(unit, per, '1' if is_single else number)}"


def name_rate(unit: str, per: str, number: str) -> str:
    """Return the words for a unit, and for those after its slashes, after a number."""
    if unit.startswith("m/s") and unit != "m/s":
        return ("meter" if number == "1" else "meters") + " per second squared"
    name = name_unit(unit)
    words = name if number == "1" else pluralize(name)
    return " per ".join([words, *map(name_unit, per.strip("/").split("/"))]) if per else words


def verbalize_fraction_measure(match: re.Match[str]) -> str:
    """Read a fraction of a unit: `3/8"` -> three eighths inch, `2 1/2 lbs` -> two and a half pounds."""
    name = name_unit(match[2])
    return f"{verbalize_mixed_number(match[1])} {pluralize(name) if ' ' in match[1] else name}"


def verbalize_feet_mark(match: re.Match[str]) -> str:
    """Read feet: `5'` -> five feet; leave the mark that closes a quotation."""
    before = match.string[max(0, match.start() - QUOTE_CONTEXT) : match.start()]
    return match[0] if OPENED_QUOTE.search(before) else verbalize_length(match, "foot")


def verbalize_inch_mark(match: re.Match[str]) -> str:
    """Read inches: `19"` -> nineteen inches; leave the mark that closes a quotation."""
    before = match.string[max(0, match.start() - QUOTE_CONTEXT) : match.start()]
    return match[0] if len(QUOTATION_MARK.findall(before)) % 2 else verbalize_length(match, "inch")


def verbalize_length(match: re.Match[str], unit: str) -> str:
    """Read a length, in the singular if a noun follows: `a 19" screen` -> a nineteen inch screen."""
    single = match[1] == "1" or NOT_ATTRIBUTIVE.match(match.string, match.end())
    return f"{verbalize_decimal(match[1])} {unit if single else pluralize(unit)}"


def verbalize_angle(match: re.Match[str]) -> str:
    """Read an angle: `40°42'46"N` -> forty degrees forty-two minutes forty-six seconds north."""
    sign, *parts, direction = match.groups()
    units = zip(parts, ("degree", "minute", "second"), strict=True)
    words = [verbalize_quantity(strip_zeros(number), unit) for number, unit in units if number]
    return ("minus " if sign else "") + " ".join([*words, TABLES["compass"][direction]] if direction else words)


def strip_zeros(number: str) -> str:
    """Return a number without leading zeros."""
    return number.lstrip("0") or "0" if "." not in number else number


def verbalize_letter_measure(match: re.Match[str]) -> str:
    """Read a unit of one letter: `12 A` -> twelve amperes; leave a name such as `Room 12 A`."""
    if is_nominal(match):
        return match[0]
    return ("minus " if match[1] else "") + verbalize_quantity(match[2], LETTER_UNITS[match[3]])


def verbalize_temperature(match: re.Match[str]) -> str:
    """Read a temperature without a degree sign: `180C` -> one hundred and eighty degrees Celsius."""
    sign, below, joined, spaced, scale = match.groups()
    if is_nominal(match):
        return match[0]
    number = below or joined or spaced
    degrees = "degree" if number == "1" else "degrees"
    return f"{'minus ' if sign else ''}{verbalize_decimal(number)} {degrees} {SCALE_NAMES[scale]}"


def is_nominal(match: re.Match[str]) -> bool:
    """Return whether a number follows a word that makes it a name."""
    return NOMINAL.search(match.string[max(0, match.start() - 16) : match.start()]) is not None


def verbalize_rate_alone(match: re.Match[str]) -> str:
    """Read a rate without a number: `km/h` -> kilometers per hour."""
    return name_rate(match[1], match[2], "2")


verbalize_measures = RuleTable(
    "measures",
    verbalize_angle,
    verbalize_fraction_measure,
    verbalize_inch_mark,
    verbalize_feet_mark,
    name_unit,
    verbalize_measure,
    verbalize_rate_alone,
    verbalize_temperature,
    verbalize_letter_measure,
)


ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm".split()
)
MOLECULE_PART = re.compile(r"[A-Z][a-z]?|\d+")
POWERS = {"2": "squared", "3": "cubed"}
UNIT_BEFORE = compile_pattern(r"(?:\d ?|(?<![A-Za-z])(?=[a-zμ]{1,5}/))(?:[A-Za-zμ]{1,5}/)?(?:m/s|<LENGTHS>)$")
OPERATION = re.compile(r"(?<=[\w)]) ?(-|–|\*|×|/|÷| [xX]) ?(?=[\w(.-])")
OPERATIONS = {"-": "minus", "–": "minus", "*": "times", "×": "times", "x": "times", "/": "over", "÷": "divided by"}
"""Words for the signs of arithmetic; a slash between numbers is read as `divided by`."""
PROPER_FRACTION = re.compile(r"(?<![\w.])(\d{1,3}) ?/ ?(\d{1,3})(?![\w.])")


def expand_molecule(match: re.Match[str]) -> str:
    """Separate the symbols and numbers of a molecule: `CO2` -> C O two; leave anything but chemical elements."""
    parts = MOLECULE_PART.findall(match[2])
    symbols = [part for part in parts if not part.isdecimal()]
    if (len(symbols) < 2 and not match[1]) or not ELEMENTS.issuperset(symbols):
        return match[0]
    numbered = [match[1], *parts] if match[1] else parts
    return " ".join(verbalize_cardinal(part) if part.isdecimal() else part for part in numbered)


def expand_ion(match: re.Match[str]) -> str:
    """Expand an ion: `Ca^2+` -> Ca 2 plus."""
    symbols, charge, sign = (match[1], match[2], match[3]) if match[1] else (match[4], match[5], match[6])
    parts = MOLECULE_PART.findall(symbols)
    if not ELEMENTS.issuperset(part for part in parts if not part.isdecimal()):
        return match[0]
    return " ".join(part for part in (*parts, charge, "plus" if sign == "+" else "minus") if part)


def verbalize_power(match: re.Match[str]) -> str:
    """Read an exponent: `^2` -> squared, `^10` -> to the power of 10; a unit keeps its exponent for `UNITS`."""
    sign, digits = match[1], match[2]
    if digits in POWERS and not sign and UNIT_BEFORE.search(match.string[max(0, match.start() - 12) : match.start()]):
        return match[0]
    words = f"to the power of {'minus ' if sign else ''}{digits}"
    return " " + (words if sign else POWERS.get(digits, words))


def expand_equation(match: re.Match[str]) -> str:
    """Read the signs of an equation: `5-3=2` -> 5 minus 3=2; leave terms without an equals sign."""
    written = match[0]
    if "=" not in written:
        return written
    held = PROPER_FRACTION.sub(lambda m: f"{m[1]}⁄{m[2]}" if int(m[1]) < int(m[2]) else m[0], written)
    return OPERATION.sub(expand_operation, held).replace("⁄", "/")


def expand_operation(match: re.Match[str]) -> str:
    """Read one sign of arithmetic."""
    sign = match[1].strip().lower()
    numbers = match.string[match.start() - 1].isdecimal() and match.string[match.end()].isdecimal()
    return f" {'divided by' if sign == '/' and numbers else OPERATIONS[sign]} "


expand_formulas = RuleTable("formulas", expand_ion, verbalize_power, expand_equation, expand_molecule)
