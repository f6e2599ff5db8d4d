"""Expand formulas: chemistry, arithmetic, powers, scientific notation, multiples and short forms such as `1.5M`."""

from __future__ import annotations

import re

from app.text.footnotes import RAISED_NUMBER
from app.text.normalization.numbers import verbalize_cardinal
from app.text.normalization.rules import Rule, RuleTable
from app.text.normalization.units import LENGTHS
from app.text.word_tables import COUNTED_NOUNS

ELEMENTS = frozenset(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb "
    "Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au "
    "Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm".split()
)
COMPOUNDS = {"NaCl": "Na C L", "HCl": "H C L", "KCl": "K C L", "NaOH": "Na O H", "HBr": "H B R", "pH": "P H"}
"""Formulas without a number."""
COMPOUND = re.compile(rf"\b(?:{'|'.join(COMPOUNDS)})\b")
SYMBOL = r"(?:[A-Z][a-z]?\d{0,3}|\((?:[A-Z][a-z]?\d{0,2}){1,4}\)\d{1,2})"
MOLECULE = re.compile(rf"(?<![\w.'-])(\d{{0,3}})(?=[A-Za-z()]{{1,12}}\d)({SYMBOL}{{1,12}})(?![\w(]|-\w)")
MOLECULE_PART = re.compile(r"[A-Z][a-z]?|\d+")
ION = re.compile(
    r"(?<![\w.])((?:[A-Z][a-z]?\d{0,2}){1,4})\^(\d?)([+-])(?!\w)|(?<![\w.])([A-Z][a-z]?)(\d)([+-])(?![\w+-])"
)
CHARGE = re.compile(r"(?<=\w)\^([+-])(?!\w)")
ARROW = r" ?(?:→|-{1,2}>|⇌|<=>) ?"
REACTION = re.compile(
    rf"(?<=[\w)]){ARROW}(?=\d{{0,2}} ?[A-Z][A-Za-z]?\d|\d[A-Z])|(?<=[A-Za-z)]\d){ARROW}(?=\d{{0,2}} ?[A-Z])"
)
"""An arrow beside a molecule."""

POWERS = {"2": "squared", "3": "cubed"}
LARGE = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "B": "billion", "bn": "billion"}
POWER = re.compile(r"(?<=[\w)])\^\(?(-?)(\d{1,6})\)?")
LETTER_POWER = re.compile(r"(?<=[\w)])\^\(?(-?)([a-z])\)?(?![a-z])")
UNIT_BEFORE = re.compile(
    rf"(?:\d ?|(?<![A-Za-z])(?=[a-zμ]{{1,5}}/))"
    rf"(?:[A-Za-zμ]{{1,5}}/)?(?:m/s|{'|'.join(sorted(LENGTHS, key=len, reverse=True))})$"
)
SCIENTIFIC = re.compile(r"(?<![\w.,])(\d{1,15}(?:\.\d{1,15})?)[eE]([+-]?)(\d{1,3})(?!\w)")
SPACED_THOUSANDS = re.compile(r"(?<![\d.,] )(?<![\w.,])\d{1,3}(?: 000){1,5}(?![\w.,]?\d)")
BY = re.compile(r"(?<=\d) ?[xX] ?(?=\d)|(?<=[a-z\"']) [xX×] (?=\d)|(?<=['\"])[xX×](?=\d)")
TIMES = re.compile(r"(?<![\w.,])(\d{1,9}(?:\.\d{1,9})?)[xX×](?= ?[a-z,.!?)]|$)")
STAR = re.compile(r"(?<=\d) ?\* ?(?=\d)")
STAR_POWER = re.compile(r"(?:(?<=\d) ?\*\* ?|(?<=\w)\*\*)(?=\d{1,6}(?!\d|\*))")
SHARP = re.compile(r"\b([A-G])[#♯](?!\w)")
FLAT = re.compile(r"\b([A-G])♭")
SHORT_THING = re.compile(rf"(?<![\w.,])(\d{{1,6}}(?:\.\d{{1,6}})?)([kKmMB]|bn)(?= (?:{COUNTED_NOUNS})\b)")
SHORT_NUMBER = re.compile(
    r"(?<![\w.,$€£¥])(\d{1,6}\.\d{1,6}[kKMB]|\d{2,6}[kK]|\d{1,6}M|\d{1,6}bn)(?!\w)"
    r"(?! (?:run|race|gold|TV|video|screen|monitor|resolution))"
)

OPERAND = r"\(?-?(?:\d{1,15}(?:[.,]\d{1,15})?[a-z]?|[A-Za-z])(?:\^-?\d{1,3})?\)?"
OPERATOR = r"(?:==|!=|<=|>=|\*\*|[-–+*/×÷=<>±]| [xX](?= ?\d))"
EQUATION = re.compile(rf"(?<![\w.,/$€£:)-]){OPERAND}(?: ?{OPERATOR} ?{OPERAND}){{1,20}}(?![\w(]|[.,/:-]\d)")
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


def expand_scientific(match: re.Match[str]) -> str:
    """Expand scientific notation: `3.2e-5` -> 3.2 times 10 to the power of minus 5."""
    sign = "minus " if match[2] == "-" else ""
    return f"{match[1]} times 10 to the power of {sign}{int(match[3])}"


def expand_short_number(match: re.Match[str]) -> str:
    """Expand a short form: `1.5M` -> 1.5 million."""
    digits = match[0].rstrip("kKMBbn")
    return f"{digits} {LARGE[match[0][len(digits) :]]}"


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


RULES = RuleTable(
    Rule(SHARP, r"\1 sharp", ("#", "♯"), digits=False),
    Rule(FLAT, r"\1 flat", ("♭",), digits=False),
    Rule(ION, expand_ion, ("+", "-", "^")),
    Rule(CHARGE, lambda m: " plus" if m[1] == "+" else " minus", ("^",), digits=False),
    Rule(STAR_POWER, "^", ("**",)),
    Rule(RAISED_NUMBER, "", ("^",)),
    Rule(POWER, verbalize_power, ("^",)),
    Rule(LETTER_POWER, lambda m: f" to the power of {'minus ' if m[1] else ''}{m[2]}", ("^",), digits=False),
    Rule(SPACED_THOUSANDS, lambda m: m[0].replace(" ", ","), (" 000",)),
    Rule(SCIENTIFIC, expand_scientific, ("e",)),
    Rule(REACTION, " gives ", ("→", "->", "⇌", "<=>")),
    Rule(EQUATION, expand_equation, ("=",), digits=False),
    Rule(MOLECULE, expand_molecule),
    Rule(COMPOUND, lambda m: COMPOUNDS[m[0]], tuple(map(str.lower, COMPOUNDS)), digits=False),
    Rule(STAR, " times ", ("*",)),
    Rule(TIMES, r"\1 times", ("x", "×")),
    Rule(BY, " by ", ("x", "×")),
    Rule(SHORT_THING, lambda m: f"{m[1]} {LARGE[m[2]]}"),
    Rule(SHORT_NUMBER, expand_short_number),
)


def expand_formulas(text: str) -> str:
    """Expand the notation around numbers before the numbers themselves are read."""
    return RULES.apply(text)
