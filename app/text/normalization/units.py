"""Units of measure with their symbols."""

from __future__ import annotations

from app.text.normalization.patterns import join_alternatives

SYMBOLS = {
    "nanometer": ("nm",),
    "micrometer": ("μm",),
    "millimeter": ("mm",),
    "centimeter": ("cm",),
    "decimeter": ("dm",),
    "meter": ("m",),
    "kilometer": ("km",),
    "angstrom": ("Å",),
    "mile": ("mi",),
    "yard": ("yd", "yds"),
    "foot": ("ft",),
    "nautical mile": ("nmi",),
    "light-year": ("ly",),
    "square foot": ("sq ft", "sqft", "sq. ft"),
    "square inch": ("sq in", "sq. in"),
    "square mile": ("sq mi", "sq. mi"),
    "square meter": ("sq m", "sqm", "sq. m"),
    "square kilometer": ("sq km", "sq. km"),
    "cubic foot": ("cu ft", "cu. ft"),
    "hectare": ("ha",),
    "cubic centimeter": ("cc",),
    "milliliter": ("mL", "ml"),
    "microliter": ("μL", "μl"),
    "centiliter": ("cL", "cl"),
    "deciliter": ("dL", "dl"),
    "liter": ("L", "l"),
    "hectoliter": ("hL", "hl"),
    "gallon": ("gal",),
    "quart": ("qt",),
    "fluid ounce": ("fl oz", "fl. oz"),
    "teaspoon": ("tsp", "tsps", "Tsp"),
    "tablespoon": ("tbsp", "tbsps", "Tbsp", "Tbsps"),
    "nanogram": ("ng",),
    "microgram": ("μg", "mcg"),
    "milligram": ("mg",),
    "gram": ("g",),
    "kilogram": ("kg", "kgs"),
    "pound": ("lb", "lbs"),
    "ounce": ("oz",),
    "nanosecond": ("ns",),
    "microsecond": ("μs",),
    "millisecond": ("ms", "msec"),
    "second": ("s", "sec", "secs"),
    "minute": ("min", "mins"),
    "hour": ("h", "hr", "hrs"),
    "week": ("wk", "wks"),
    "month": ("mo", "mos"),
    "year": ("yr", "yrs"),
    "hertz": ("Hz",),
    "kilohertz": ("kHz",),
    "megahertz": ("MHz",),
    "gigahertz": ("GHz",),
    "terahertz": ("THz",),
    "pascal": ("Pa",),
    "hectopascal": ("hPa",),
    "kilopascal": ("kPa",),
    "megapascal": ("MPa",),
    "gigapascal": ("GPa",),
    "millibar": ("mbar",),
    "atmosphere": ("atm",),
    "millimeter of mercury": ("mmHg", "mm Hg"),
    "pound per square inch": ("psi",),
    "kilonewton": ("kN",),
    "newton meter": ("Nm", "N·m"),
    "calorie": ("cal",),
    "kilocalorie": ("kcal",),
    "kilojoule": ("kJ",),
    "megajoule": ("MJ",),
    "electronvolt": ("eV",),
    "kiloelectronvolt": ("keV",),
    "megaelectronvolt": ("MeV",),
    "gigaelectronvolt": ("GeV",),
    "teraelectronvolt": ("TeV",),
    "watt": ("W",),
    "milliwatt": ("mW",),
    "kilowatt": ("kW",),
    "megawatt": ("MW",),
    "gigawatt": ("GW",),
    "terawatt": ("TW",),
    "horsepower": ("hp",),
    "watt hour": ("Wh",),
    "kilowatt hour": ("kWh",),
    "megawatt hour": ("MWh",),
    "gigawatt hour": ("GWh",),
    "terawatt hour": ("TWh",),
    "volt": ("V",),
    "millivolt": ("mV",),
    "kilovolt": ("kV",),
    "microampere": ("μA",),
    "milliampere": ("mA",),
    "ampere hour": ("Ah",),
    "milliampere hour": ("mAh",),
    "ohm": ("Ω",),
    "kiloohm": ("kΩ",),
    "megaohm": ("MΩ",),
    "microfarad": ("μF",),
    "nanofarad": ("nF",),
    "picofarad": ("pF",),
    "lumen": ("lm",),
    "lux": ("lx",),
    "decibel": ("dB",),
    "mole": ("mol",),
    "millimole": ("mmol",),
    "micromole": ("μmol",),
    "becquerel": ("Bq",),
    "millisievert": ("mSv",),
    "microsievert": ("μSv",),
    "kilobyte": ("kB", "KB"),
    "megabyte": ("MB",),
    "gigabyte": ("GB",),
    "terabyte": ("TB",),
    "petabyte": ("PB",),
    "mebibyte": ("MiB",),
    "gibibyte": ("GiB",),
    "megabit": ("Mb", "Mbit"),
    "gigabit": ("Gb", "Gbit"),
    "kilobit per second": ("kbps",),
    "megabit per second": ("Mbps",),
    "gigabit per second": ("Gbps",),
    "pixel": ("px",),
    "megapixel": ("MP",),
    "dot per inch": ("dpi",),
    "beat per minute": ("bpm", "BPM"),
    "revolution per minute": ("rpm", "RPM"),
    "mile per hour": ("mph",),
    "kilometer per hour": ("kph", "kmh"),
    "knot": ("kn", "kt", "kts"),
    "mile per gallon": ("mpg",),
    "part per million": ("ppm",),
    "part per billion": ("ppb",),
    "degree Celsius": ("°C",),
    "degree Fahrenheit": ("°F",),
    "degree": ("°",),
}
"""Symbols of each unit, by its name in the singular."""
PLURALS = {
    "foot": "feet",
    "hertz": "hertz",
    "horsepower": "horsepower",
    "inch": "inches",
    "kelvin": "kelvin",
    "lux": "lux",
    "tesla": "tesla",
}
"""Plurals that are not the singular with an `s`."""
UNITS = {symbol: name for name, symbols in SYMBOLS.items() for symbol in symbols}
UNIT_NAMES = join_alternatives(UNITS)
LENGTHS = {name: UNITS[name] for name in ("nm", "μm", "mm", "cm", "dm", "m", "km", "mi", "yd", "ft")} | {"in": "inch"}
"""Units whose symbol may have an exponent."""
LETTER_UNITS = {"A": "ampere", "J": "joule", "K": "kelvin", "N": "newton", "T": "tesla"}
"""Symbols of one letter that are units only after a space and at the end of a phrase."""


def pluralize(name: str) -> str:
    """Return the plural of a unit: `square foot` -> square feet, `mile per hour` -> miles per hour."""
    head, joint, rest = name, "", ""
    for word in (" per ", " of "):
        if word in name:
            head, joint, rest = name.partition(word)
            break
    words = head.split(" ")
    if words[0] == "degree":
        return " ".join(["degrees", *words[1:]])
    *before, last = words
    return " ".join([*before, PLURALS.get(last) or pluralize_prefixed(last)]) + joint + rest


def pluralize_prefixed(word: str) -> str:
    """Return the plural of one word, with any prefix: `kilohertz` -> kilohertz."""
    return word if word.endswith("hertz") else word + "s"
