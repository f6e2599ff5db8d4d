"""Expand formulas: chemistry, arithmetic, powers, scientific notation, multiples and short forms such as `1.5M`."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_cardinal
from app.text.normalization.rules import RuleTable, compile_pattern

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
