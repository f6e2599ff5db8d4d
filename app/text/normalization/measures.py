"""Replace numbers with a unit after them, durations, angles, feet and inches with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import verbalize_decimal, verbalize_mixed_number, verbalize_ordinal
from app.text.normalization.rules import Rule, RuleTable
from app.text.normalization.units import LENGTHS, LETTER_UNITS, UNIT_NAMES, UNITS, pluralize
from app.text.word_tables import join_alternatives

NUMBER = r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
DOTTED_UNITS = "ft|in|lbs?|oz|hrs?|mins?|secs?|mi|yd|gal|tsp|tbsp|yrs?|kg|km|cm|mm"
"""Units often written with a dot, which ends no sentence if a lower-case letter, a digit or a comma follows."""
UNIT_DOT = re.compile(rf"(?<=\d)( ?)({DOTTED_UNITS})\.(?= [a-z]| \d|,)")
DEGREE_SPACES = re.compile(r"(?<=\d) ?° ?(?=[CF]\b)")
DEGREE_WORDS = re.compile(rf"(?<![\w.,]){NUMBER} ?deg(?:rees?|\.)? ?([CF])\b")
POWER = rf"(?:{join_alternatives(LENGTHS)})(?:\^?[23])"
UNIT = rf"(?:m/s\^?2|{POWER}|{UNIT_NAMES})"
PER = rf"((?:/(?:{POWER}|{UNIT_NAMES}|day|d)){{0,2}})"
END = r"(?![\w/^]|'\w)"
MEASURE = re.compile(rf"(?<![\w.,'])(-?)(?!\d*0s\b){NUMBER} ?({UNIT}){PER}{END}")
HYPHENATED = re.compile(rf"(?<![\w.,/'-]){NUMBER}-((?![A-Zhlgs]\b){UNIT_NAMES}|in){END}(?!-)")
FRACTION = re.compile(rf"(?<![\w./])((?:\d{{1,4}} )?\d{{1,3}}/\d{{1,3}}) ?({UNIT_NAMES}|in(?=[ .,;]|$)|\"){END}")
RATE_ALONE = re.compile(
    r"(?<![\w/])(km|mi|m|ft|mg|g|kg|mmol|μg|MB|GB|Mb|Gb|kWh|W)/(h|s|dL|dl|L|l|min|m2|m3|m\^2|m\^3|cm3|cm\^3|kg|mol)(?![\w/])"
)
TINY = re.compile(r"(?<![\w.,])(-?)" + NUMBER + r" ?‰")
INCHES = re.compile(
    rf"(?<![\w.,])(?<!ft )(?<!ft\. ){NUMBER}(?: ?in\.(?= [a-z]|,)|in\b(?!-)|"
    r" in(?=$|[;!?)]| (?:x|by|wide|long|tall|high|deep|thick)\b))"
)

FEET_AND_INCHES = re.compile(r"(?<![\w.,])(\d{1,2})' ?(\d{1,2})(?:\"|''|(?:(?<='\d)|(?<='\d\d))(?![\w.,']))")
FEET_THEN_INCHES = re.compile(r"(?<![\w.,])(\d{1,3}) ?ft (\d{1,2}) ?in\b")
MATCH_MINUTE = re.compile(r"(?<![\w.,'+])(\d{1,3})\+(\d{1,2})'(?!\w)|^(\d{1,3})'[:.]?(?= [A-Z])")
"""A minute of a football match: `45+2'`, or `12'` at the beginning of a report's line."""
FEET_MARK = re.compile(r"(?<![\w.,'])(\d{1,5})'(?![\w'])")
INCH_MARK = re.compile(r"(?<![\w.,/])(\d{1,4}(?:\.\d{1,3})?)\"(?!\w)")
NOT_ATTRIBUTIVE = re.compile(
    r" (?!(?:long|wide|tall|high|deep|thick|big|of|x|by|and|or|to|in|across|from|above|below|is|was|at|on|"
    r"off|away|with|for)\b)"
    r"[a-z]"
)
"""A noun right after a length, which makes the unit singular: `a 19" screen`."""
ARTICLE = re.compile(r"\b[Aa]n? $")
QUOTE_CONTEXT = 300
"""Code points before a mark in which an opened quotation is looked for."""
OPENED_QUOTE = re.compile(r"(?:^|[\s(])'")

COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}
ANGLE = re.compile(
    r"(?<![\w.,])(-?)(\d{1,3}) ?° ?(\d{1,2}(?:\.\d{1,4})?)' ?(?:(\d{1,2}(?:\.\d{1,4})?)(?:\"|'') ?)?([NSEW]\b)?"
)
BEARING = re.compile(r"(?<=\d) ?° ?([NSEW])\b")

DURATION = re.compile(
    r"(?<![\w.,:])(?:(\d{1,4}) ?d(?:ays?)? ?)?(\d{1,4}) ?h(?:rs?)? ?"
    r"(?=\d{1,2} ?m|(?<=h)\d\d(?!\w))(\d{1,2}) ?(?:mins?|m)?(?: ?(\d{1,2}) ?s(?:ec)?)?(?!\w|[.:]\d)"
)
MINUTES = re.compile(r"(?<![\w.,:])(\d{1,4}) ?m(?:in)? ?(\d{1,2}) ?s(?:ec)?(?!\w)")
DAYS = re.compile(r"(?<![\w.,:])(\d{1,4}) ?d (\d{1,2}) ?h(?!\w)")
MINUTES_AGO = re.compile(r"(?<![\w.,])(\d{1,3}) ?m (ago|left|remaining|later)\b")

NOMINAL = re.compile(
    r"\b(?:apt|apartment|room|flat|unit|suite|seat|row|gate|section|block|building|bus|route|line|exit|platform|fig|figure|"
    r"table|appendix|class|grade|type|size|level|form|page|part|question|exhibit|box|no|number|flight|hall|house|floor|"
    r"bay|chapter|terminal|pier|group|team|track|stage|zone|lot|model|ward|lane|hangar)\.? #?$",
    re.IGNORECASE,
)
"""Words whose number is a name, such as `Room 12 A`."""
LETTER_MEASURE = re.compile(
    rf"(?<![\w.,#])(-?){NUMBER} ([{''.join(LETTER_UNITS)}])"
    r"(?=$|[.;!?)](?![A-Z])|,(?! [A-Z]| \d)| (?:of|at|and|or|to|is|was|fuse|circuit|breaker|current|charger|"
    r"scanner|MRI|magnet|per)\b)"
)
SCALE_NAMES = {"C": "Celsius", "F": "Fahrenheit"}
TEMPERATURE = re.compile(
    r"(?<![\w.,#/])(?:(-)(?=\d)(\d{1,3}(?:\.\d)?) ?|(\d{2,4}(?:\.\d)?)|"
    r"(\d{2,4}(?:\.\d)?) (?=\w(?:$|[.,;!?)/]| (?:for|oven|and|or|"
    r"in|at|outside|today|until)\b)))([CF])(?![\w'+#]|-\w)"
)


def verbalize_quantity(number: str, unit: str) -> str:
    """Read a number with the name of a unit: `2`, `foot` -> two feet."""
    return f"{verbalize_decimal(number)} {unit if number == '1' else pluralize(unit)}"


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


def name_unit(symbol: str) -> str:
    """Return the name of a unit, also one with an exponent: `cm3` -> cubic centimeter."""
    if symbol[-1] in "23":
        return ("square " if symbol[-1] == "2" else "cubic ") + LENGTHS[symbol[:-1].rstrip("^")]
    return UNITS.get(symbol) or {"d": "day"}.get(symbol, symbol)


def verbalize_hyphenated(match: re.Match[str]) -> str:
    """Read a number joined to a unit: `a 10-kg bag` -> a ten-kilogram bag."""
    name = "inch" if match[2] == "in" else UNITS[match[2]]
    return f"{verbalize_decimal(match[1])}-{name}"


def verbalize_fraction_measure(match: re.Match[str]) -> str:
    """Read a fraction of a unit: `3/8"` -> three eighths inch, `2 1/2 lbs` -> two and a half pounds."""
    name = "inch" if match[2] in ("in", '"') else UNITS[match[2]]
    return f"{verbalize_mixed_number(match[1])} {pluralize(name) if ' ' in match[1] else name}"


def verbalize_feet(match: re.Match[str]) -> str:
    """Read feet and inches: `6'2"` -> six foot two."""
    return f"{verbalize_decimal(match[1])} foot {verbalize_decimal(match[2])}"


def verbalize_feet_mark(match: re.Match[str]) -> str:
    """Read feet: `5'` -> five feet; leave the mark that closes a quotation."""
    before = match.string[max(0, match.start() - QUOTE_CONTEXT) : match.start()]
    return match[0] if OPENED_QUOTE.search(before) else verbalize_length(match, "foot")


def verbalize_match_minute(match: re.Match[str]) -> str:
    """Read a minute of a match: `12' Goal` -> twelfth minute: Goal, `45+2'` -> forty-five plus two minutes."""
    if match[3]:
        return f"{verbalize_ordinal(match[3])} minute:"
    return f"{verbalize_decimal(match[1])} plus {verbalize_quantity(match[2], 'minute')}"


def verbalize_inch_mark(match: re.Match[str]) -> str:
    """Read inches: `19"` -> nineteen inches; leave the mark that closes a quotation."""
    before = match.string[max(0, match.start() - QUOTE_CONTEXT) : match.start()]
    return match[0] if before.count('"') % 2 else verbalize_length(match, "inch")


def verbalize_length(match: re.Match[str], unit: str) -> str:
    """Read a length, in the singular if a noun follows: `a 19" screen` -> a nineteen inch screen."""
    single = match[1] == "1" or NOT_ATTRIBUTIVE.match(match.string, match.end())
    return f"{verbalize_decimal(match[1])} {unit if single else pluralize(unit)}"


def verbalize_angle(match: re.Match[str]) -> str:
    """Read an angle: `40°42'46"N` -> forty degrees forty-two minutes forty-six seconds north."""
    sign, *parts, direction = match.groups()
    units = zip(parts, ("degree", "minute", "second"), strict=True)
    words = [verbalize_quantity(strip_zeros(number), unit) for number, unit in units if number]
    return ("minus " if sign else "") + " ".join([*words, COMPASS[direction]] if direction else words)


def strip_zeros(number: str) -> str:
    """Return a number without leading zeros."""
    return number.lstrip("0") or "0" if "." not in number else number


def verbalize_duration(match: re.Match[str]) -> str:
    """Read a duration such as `2h 30m`; `m` is a minute beside hours or seconds."""
    return name_times(("day", match[1]), ("hour", match[2]), ("minute", match[3]), ("second", match[4]))


def name_times(*parts: tuple[str, str | None]) -> str:
    """Return the words for the parts of a duration."""
    return " ".join(verbalize_quantity(str(int(number)), unit) for unit, number in parts if number)


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


RULES = RuleTable(
    Rule(UNIT_DOT, r"\1\2", (".",)),
    Rule(DEGREE_SPACES, "°", ("°",)),
    Rule(DEGREE_WORDS, r"\1 °\2", ("deg",)),
    Rule(ANGLE, verbalize_angle, ("°",)),
    Rule(BEARING, lambda m: f" degrees {COMPASS[m[1]]}", ("°",)),
    Rule(DAYS, lambda m: name_times(("day", m[1]), ("hour", m[2])), ("d",)),
    Rule(DURATION, verbalize_duration, ("h",)),
    Rule(MINUTES, lambda m: name_times(("minute", m[1]), ("second", m[2])), ("m",)),
    Rule(MINUTES_AGO, lambda m: f"{verbalize_quantity(m[1], 'minute')} {m[2]}", ("m ",)),
    Rule(INCHES, lambda m: verbalize_quantity(m[1], "inch"), ("in",)),
    Rule(FEET_AND_INCHES, verbalize_feet, ("'",)),
    Rule(FEET_THEN_INCHES, verbalize_feet, ("ft",)),
    Rule(FRACTION, verbalize_fraction_measure, ("/",)),
    Rule(MATCH_MINUTE, verbalize_match_minute, ("'",)),
    Rule(INCH_MARK, verbalize_inch_mark, ('"',)),
    Rule(FEET_MARK, verbalize_feet_mark, ("'",)),
    Rule(HYPHENATED, verbalize_hyphenated, ("-",)),
    Rule(MEASURE, verbalize_measure),
    Rule(TINY, lambda m: f"{'minus ' if m[1] else ''}{verbalize_decimal(m[2])} per mille", ("‰",)),
    Rule(RATE_ALONE, lambda m: name_rate(m[1], m[2], "2"), ("/",), digits=False),
    Rule(TEMPERATURE, verbalize_temperature, ("c", "f")),
    Rule(LETTER_MEASURE, verbalize_letter_measure, tuple(f" {letter.lower()}" for letter in LETTER_UNITS)),
)


def verbalize_measures(text: str) -> str:
    """Replace durations, angles, lengths in feet and inches, then every number with a unit after it, with words."""
    return RULES.apply(text)
