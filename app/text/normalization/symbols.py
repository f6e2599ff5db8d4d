"""Replace addresses, ranges, telephone numbers, other numbers and signs with words."""

from __future__ import annotations

import re

from app.text.normalization.numbers import (
    spell_digits,
    verbalize_cardinal,
    verbalize_decimal,
    verbalize_fraction,
    verbalize_ordinal,
    verbalize_year,
)

AMOUNT = r"(\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,6})?|\d{1,9}(?:\.\d{1,6})?)"
RANGE = re.compile(rf"(?<![\w.,:/^-])([$€£¥]?){AMOUNT}(%?)( ?[-–] ?)([$€£¥]?){AMOUNT}(?![\w]*[-–/:]\d|[.,]?\d| ?=)")
YEARS = re.compile(r"(?:1[1-9]|20|21)\d\d")
LOCAL_PHONE = re.compile(r"(?<![\w.-])(?!\d\d0-\d{3}0)\d{3}-\d{4}(?![\w-])")
"""Round numbers such as `500-1000` are a range, not a telephone number."""
TIMES = re.compile(
    r"(?:(?<=\d)|(?<=\d[ap]m)|(?<=\d [ap]m)|(?<=[ap]\.m\.)) ?[-–] ?(?=\d{1,2}(?::\d\d| ?[ap]\.?m\b))", re.IGNORECASE
)


def verbalize_ranges(text: str) -> str:
    """Replace the dash of a range with `to`, but leave ranges of years and telephone numbers to later steps."""
    return RANGE.sub(expand_range, TIMES.sub(" to ", text))


def expand_range(match: re.Match[str]) -> str:
    """Rewrite a range of amounts: `$5-10` -> 5 to $10, `5-10%` -> 5 to 10%."""
    first_symbol, first, percent, dash, second_symbol, second = match.groups()
    plain = not first_symbol and not second_symbol
    if plain and dash in "-–" and (YEARS.fullmatch(first) or LOCAL_PHONE.fullmatch(match[0])):
        return match[0]
    symbol = second_symbol or first_symbol
    both = "." in first and symbol
    return f"{symbol if both else ''}{first}{percent} to {symbol}{second}"


SPOKEN_SIGNS = {".": " dot ", "/": " slash ", "-": " dash ", "_": " underscore ", "@": " at ", ":": " colon "}
SPOKEN_SIGNS |= {"?": " question mark ", "=": " equals ", "&": " and ", "#": " hash ", "%": " percent ", "~": " tilde "}
ADDRESS_SIGN = re.compile(r"[./\-_@:?=&#%~]")
URL = re.compile(r"\b(?:https?://|www\.)[^\s<>\"'()]{1,2000}", re.IGNORECASE)
EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}")
DOMAIN = re.compile(
    r"\b(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|edu|gov|io|co\.uk|uk|de|fr|eu|dev|app|ai)\b(?:/[^\s<>\"'()]{0,500})?"
)
FILE_NAME = re.compile(r"\b([\w-]{1,100})\.(txt|pdf|py|js|csv|json|wav|mp3|png|jpg|zip|docx?|xlsx?|html?|md|exe)\b")
HASHTAG = re.compile(r"(?<!\w)#([A-Za-z_]\w{0,100})")
MENTION = re.compile(r"(?<!\w)@(\w{1,100})")
PHONE = re.compile(r"(?<![\w.])(\+\d{1,3}[ .-]?)?(\(\d{3}\) ?|\d{3}[ .-])(\d{3})[ .-](\d{4})(?!\d)")
INTERNATIONAL = re.compile(r"(?<!\w)\+(\d{1,3}(?:[ -]\d{2,5}){2,5})(?!\d)")
VERSION = re.compile(r"\b(v?)(\d{1,4}(?:\.\d{1,5}){2,4})\b")
ORDINAL = re.compile(r"\b(\d{1,3}(?:,\d{3})+|\d{1,15})(?:st|nd|rd|th)\b", re.IGNORECASE)
MIXED_NUMBER = re.compile(r"(?<![\w./])(?:(\d{1,6}) )?(\d{1,3})/(\d{1,3})(?![\d/])")
SCORE = re.compile(r"(?<![\w.,:-])(\d{1,4})[-–](\d{1,4})(?![\w:-]|[.,]\d)")
NEGATIVE = re.compile(r"(?<![\w.,)-])-(?=\d)")
NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?!\w)|(?<![\w.])(\.\d+)(?!\w)")
ANY_DIGITS = re.compile(r"\d+")
SIGNS = {
    "&": " and ",
    "@": " at ",
    "%": " percent ",
    "+": " plus ",
    "=": " equals ",
    "<": " less than ",
    ">": " greater than ",
    "°": " degrees ",
    "§": " section ",
    "©": " copyright ",
    "®": " registered ",
    "™": " trademark ",
    "№": " number ",
    "$": " dollars ",
    "€": " euros ",
    "£": " pounds ",
    "¥": " yen ",
    "¢": " cents ",
    "~": " about ",
    "≈": " about ",
    "±": " plus or minus ",
    "×": " times ",
    "÷": " divided by ",
    "≤": " at most ",
    "≥": " at least ",
    "≠": " is not ",
    "√": " the root of ",
    "∞": " infinity ",
    "₹": " rupees ",
    "₩": " won ",
    "₽": " rubles ",
    "#": " number ",
    "*": " ",
    "|": " ",
    "\\": " ",
    "^": " ",
    "_": " ",
    "/": " slash ",
}
SIGN = re.compile("[" + re.escape("".join(SIGNS)) + "]")
BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z])/(?=[A-Za-z])")
DASHES = re.compile(r"\s*[–—]+\s*|\s+-{1,3}\s+|--+")


def verbalize_addresses(text: str) -> str:
    """Replace web and mail addresses, file names, hashtags and mentions with words."""
    text = URL.sub(lambda m: verbalize_address(m[0]), text)
    text = EMAIL.sub(lambda m: verbalize_address(m[0]), text)
    text = DOMAIN.sub(lambda m: verbalize_address(m[0]), text)
    text = FILE_NAME.sub(r"\1 dot \2", text)
    return MENTION.sub(r"at \1", HASHTAG.sub(r"hashtag \1", text))


def verbalize_address(address: str) -> str:
    """Read an address: `https://example.com/a` -> example dot com slash a; keep the punctuation mark after it."""
    bare = address.rstrip(".,;:!?/-")
    closing = "" if address.endswith(("/", "-")) else address[len(bare) :]
    bare = bare.split("://", 1)[-1].removeprefix("www.")
    return ADDRESS_SIGN.sub(lambda m: SPOKEN_SIGNS[m[0]], bare).strip() + closing


def verbalize_numbers(text: str) -> str:
    """Replace telephone numbers, versions, ordinals, fractions, ranges and all remaining numbers with words."""
    text = LOCAL_PHONE.sub(lambda m: ", ".join(map(spell_digits, m[0].split("-"))), PHONE.sub(verbalize_phone, text))
    text = INTERNATIONAL.sub(lambda m: "plus " + ", ".join(map(spell_digits, re.split("[ -]", m[1]))), text)
    text = VERSION.sub(
        lambda m: ("version " if m[1] else "") + " point ".join(map(verbalize_cardinal, m[2].split("."))), text
    )
    text = ORDINAL.sub(lambda m: verbalize_ordinal(m[1]), text)
    text = MIXED_NUMBER.sub(verbalize_mixed_number, text)
    text = SCORE.sub(verbalize_number_range, text)
    text = NUMBER.sub(verbalize_number, NEGATIVE.sub("minus ", text))
    return ANY_DIGITS.sub(lambda m: f" {verbalize_integer(m[0])} ", text)


def verbalize_phone(match: re.Match[str]) -> str:
    """Read a telephone number digit by digit, with a comma between groups."""
    groups = [spell_digits(group) for group in match.groups() if group]
    return ("plus " if match[1] else "") + ", ".join(groups)


def verbalize_mixed_number(match: re.Match[str]) -> str:
    """Read a fraction: `2 1/2` -> two and a half.

    The slash is read if the numerator is 0 or the denominator is not within 2 to 100, as in a date.
    """
    whole, numerator, denominator = match.groups()
    if int(denominator) < 2 or int(denominator) > 100 or int(numerator) == 0:
        return match[0].replace("/", " slash ")
    words = verbalize_fraction(numerator, denominator)
    if not whole:
        return words
    if numerator == "1":
        words = "a " + words.removeprefix("one ").removeprefix("a ")
    return f"{verbalize_cardinal(whole)} and {words}"


def verbalize_number_range(match: re.Match[str]) -> str:
    """Read a range: `10-20` -> ten to twenty."""
    return f"{verbalize_integer(match[1])} to {verbalize_integer(match[2])}"


def verbalize_number(match: re.Match[str]) -> str:
    """Read a number by itself; four digits without a comma that look like a year are read as a year."""
    whole, rest, bare = match[1], match[2] or "", match[3]
    if bare:
        return verbalize_decimal(bare)
    return verbalize_decimal(whole + rest) if rest else verbalize_integer(whole)


def verbalize_integer(digits: str) -> str:
    """Read a whole number or a year: `1984` -> nineteen eighty-four, `2,000` -> two thousand."""
    looks_like_year = len(digits) == 4 and 1100 <= int(digits) <= 2099 and int(digits) % 100
    return verbalize_year(digits) if looks_like_year else verbalize_cardinal(digits)


def verbalize_signs(text: str) -> str:
    """Replace the remaining signs with words, or drop them."""
    text = DASHES.sub(", ", BETWEEN_WORDS.sub(" or ", text))
    return SIGN.sub(lambda m: SIGNS[m[0]], text)
