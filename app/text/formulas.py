"""Powers, scientific notation, multiples and large numbers in short -> words and digits that later steps read."""

from __future__ import annotations

import re

POWERS = {"2": "squared", "3": "cubed"}
THINGS = (
    "people|users|followers|subscribers|views|viewers|copies|jobs|homes|tons|tonnes|dollars|euros|pounds|years|"
    "downloads|likes|visitors|customers|parameters|tokens|lines|rows|words"
)
LARGE = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "B": "billion", "bn": "billion"}
FOOTNOTE = re.compile(r"(?:(?<=[A-Za-z]{3})|(?<=[a-z][.,;:!?]))\^\d{1,3}(?!\d)")
POWER = re.compile(r"(?<=[\w)])\^\(?(-?)(\d{1,6})\)?")
SCIENTIFIC = re.compile(r"(?<![\w.,])(\d{1,15}(?:\.\d{1,15})?)[eE]([+-]?)(\d{1,3})(?!\w)")
SPACED_THOUSANDS = re.compile(r"(?<![\d.,] )(?<![\w.,])\d{1,3}(?: 000){1,5}(?![\w.,]?\d)")
BY = re.compile(r"(?<=\d) ?[xX] ?(?=\d)")
TIMES = re.compile(r"(?<![\w.,])(\d{1,9}(?:\.\d{1,9})?)[xX×](?= ?[a-z,.!?)]|$)")
DIFFERENCE = re.compile(r"(?<=\d) - (?=\d[\d.,]{0,15} ?=)")
SHARP = re.compile(r"\b([A-G])#(?!\w)")
SHORT_THING = re.compile(rf"(?<![\w.,])(\d{{1,6}}(?:\.\d{{1,6}})?)([kKmMB]|bn)(?= (?:{THINGS})\b)")
SHORT_NUMBER = re.compile(
    r"(?<![\w.,$€£¥])(\d{1,6}\.\d{1,6}[kKMB]|\d{2,6}[kK]|\d{1,6}M|\d{1,6}bn)(?!\w)"
    r"(?! (?:run|race|gold|TV|video|screen|monitor|resolution))"
)


def say_formulas(text: str) -> str:
    """Prepare what numbers carry around them, before the numbers themselves are read."""
    text = SHARP.sub(r"\1 sharp", POWER.sub(power, FOOTNOTE.sub("", text)))
    text = SCIENTIFIC.sub(scientific, SPACED_THOUSANDS.sub(lambda m: m[0].replace(" ", ","), text))
    text = DIFFERENCE.sub(" minus ", BY.sub(" by ", TIMES.sub(r"\1 times", text)))
    text = SHORT_THING.sub(lambda m: f"{m[1]} {LARGE[m[2]]}", text)
    return SHORT_NUMBER.sub(short_number, text)


def power(match: re.Match[str]) -> str:
    """`^2` -> squared, `^10` -> to the power of 10; a unit keeps its power for its own table."""
    sign, digits = match[1], match[2]
    unit = re.search(r"\d ?(?:m/s|[kcm]?m)$", match.string[max(0, match.start() - 12) : match.start()])
    if unit and digits in POWERS and not sign:
        return match[0]
    words = f"to the power of {'minus ' if sign else ''}{digits}"
    return " " + (words if sign else POWERS.get(digits, words))


def scientific(match: re.Match[str]) -> str:
    """`3.2e-5` -> 3.2 times 10 to the power of minus 5."""
    sign = "minus " if match[2] == "-" else ""
    return f"{match[1]} times 10 to the power of {sign}{int(match[3])}"


def short_number(match: re.Match[str]) -> str:
    """`1.5M` -> 1.5 million."""
    digits = match[0].rstrip("kKMBbn")
    return f"{digits} {LARGE[match[0][len(digits) :]]}"
