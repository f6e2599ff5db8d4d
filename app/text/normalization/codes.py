"""Read telephone numbers, postal codes, account numbers and other codes digit by digit."""

from __future__ import annotations

import re

from app.text.normalization.numbers import DIGITS, spell_digits
from app.text.normalization.rules import Rule, RuleTable
from app.text.word_tables import COUNTED_NOUNS, join_alternatives, list_alternatives

SEPARATOR = re.compile(r"[ ./()-]+")
MIN_PHONE_DIGITS, MAX_PHONE_DIGITS = 7, 15
"""Digits of a telephone number; the maximum is that of ITU-T E.164."""
WORD_IN_CODE = re.compile(r"(?=[A-Z]{0,12}?[AEIOU])[A-Z]{4,12}(?=\d{1,4}$)")
BETWEEN_DIGITS = r"(?: ?\(|\) ?|[ ./-])?"

CODE_WORDS, NUMBERED_WORDS = list_alternatives("code_words"), list_alternatives("numbered_words")
CODE = (
    r"(?=[A-Z-]{0,12}\d)([A-Z0-9]{1,20}(?:-[A-Z0-9]{1,20}| (?=[A-Z]{0,4}\d)[A-Z0-9]{1,8}| [A-Z]{4}(?= \d{4} )){0,8})"
    r"(?!\w|[.,/:]\d|%)"
)
IS = r"(?:,? (?:is|was|reads)\b|:| ?=)?"
CODE_AFTER_WORD = re.compile(
    rf"(\b(?i:(?:{join_alternatives(CODE_WORDS)})(?: (?:code|number|no\.?|id))?){IS} ?#?){CODE}"
)
CODE_AFTER_NUMBERED = re.compile(
    rf"(\b(?:(?i:(?:{join_alternatives(NUMBERED_WORDS)}) ?(?:number|no\.?|num\.?|id|code|#))|ID){IS} ?#?){CODE}"
)
NUMBER_SIGN = re.compile(r"\bn(?:o|um)\.(?=\W*$)", re.IGNORECASE)
CODE_BEFORE_WORD = re.compile(
    r"(?<![\w.,$€£#-])((?:[A-Z]-)?\d{4,8})(?= (?:is|as) (?:your|the|my|our|a) (?:[\w-]{1,20} ){0,4}"
    r"(?:code|PIN|pin|OTP|password|passcode)\b)"
)
LAST_DIGITS = re.compile(
    r"(\b(?:card|account|number|phone|visa|mastercard|amex|iban)(?: [a-z]{1,10}){0,2} (?:ending|ends) (?:in|with) |"
    r"\blast (?:three|four|3|4) digits(?:,? (?:are|is|of|were)|:)? ?)(\d{3,6})\b",
    re.IGNORECASE,
)

EMERGENCY = "911|999|112|988|000|110|118|119|101|111|211|311|411|511|611|811"
CALLS = ("call", "dial", "phone", "text", "contact", "ring", "rang", "rung", "emergency", "number is", "tel")
"""Words of which one stands before every number that is called."""
CALL = r"\b(?:(?:call|dial|phone|text|contact|ring)(?:s|ed|led|ing|ling)?|rang|rung)"
EMERGENCY_CALL = re.compile(
    rf"((?:{CALL}(?: (?:us|me|him|them|on|at|the)){{0,2}}|\bemergency(?: number)?:?(?: is)?|\bnumber is) )"
    rf"((?:{EMERGENCY})(?:(?: or |/)(?:{EMERGENCY})){{0,2}})"
    rf"(?![\w%]|[.,:/-]\d| (?:{COUNTED_NOUNS})\b)",
    re.IGNORECASE,
)
EMERGENCY_NOUN = re.compile(
    r"(?<![\w.,-])(911|999|112|988)(?= (?:calls?|callers?|operators?|dispatch\w{0,5}|emergency)\b)"
)
SHORT_CODE = re.compile(
    rf"(\b(?:dial(?:s|ed|led|ing|ling)? |text(?:s|ed|ing)? \"?\w{{1,20}}\"? to ))(\d{{3,6}}(?: \d{{3}})?)"
    rf"(?![\w%]|[.,:/-]\d| (?:{COUNTED_NOUNS})\b)",
    re.IGNORECASE,
)

TYPE_NUMBER = re.compile(r"\b(Boeing|Porsche|Peugeot) ([1-9])(\d\d)\b(?![.,]\d)")
"""Numbers of three digits that are read as one and two: `Boeing 747`."""
EXTENSION = re.compile(r"(?<=\d{4}),? (?:x|ext\.?|extension) ?(\d{1,6})\b", re.IGNORECASE)
INTERNATIONAL = re.compile(
    rf"(?<![\w+])\+(?!\d{{1,3}}(?: 000){{1,4}}\b)([1-9](?:{BETWEEN_DIGITS}\d){{6,14}})(?!\d|[.,]\d)"
)
CALLED_NUMBER = re.compile(
    rf"((?:{CALL}|\b(?:telephone|tel|mobile|cell|fax|hotline|helpline|whatsapp|phone number))\b[.:]?"
    rf"(?: (?:us|me|him|her|them|number|now|is|at|on|the|toll-free)\b){{0,4}}:? )"
    rf"(\(?\d(?:{BETWEEN_DIGITS}\d){{5,14}})(?!\w|[.,]\d)",
    re.IGNORECASE,
)
DASHED_DATE = r"\d\d[-/.]\d\d[-/.]\d{2,4}(?!\d)"
NATIONAL = re.compile(
    rf"(?<![\w.,/:+-])(?!{DASHED_DATE})"
    rf"(\(?0\d{{1,4}}\)?(?:[ /-]\d{{2,8}}){{1,5}}|0\d(?:\.\d\d){{4}}|[6-9]\d{{4}} \d{{5}})"
    r"(?!\w|[-/.,:]\d)"
)
"""Numbers with the trunk prefix 0, and Indian mobile numbers."""
VANITY = re.compile(r"(?<![\w-])(1-)?(8\d\d|900)-(?=[A-Z0-9-]{0,4}[A-Z])([A-Z0-9]{2,12}(?:-[A-Z0-9]{1,12}){0,2})\b")
AMERICAN = re.compile(r"(?<![\w.])(\+\d{1,3}[ .-]?)?(\(\d{3}\) ?|\d{3}[ .-])(\d{3})[ .-](\d{4})(?!\d)")
LOCAL = re.compile(r"(?<![\w.-])(?!\d\d0-\d{3}0)\d{3}-\d{4}(?![\w-])")
"""Round numbers such as `500-1000` are a range, not a telephone number."""

PREPRINT = re.compile(r"\b(arXiv)[: ] ?(\d{4})\.(\d{4,5})(v\d{1,2}|)(?!\w)", re.IGNORECASE)
FLIGHT = re.compile(r"(\b[Ff]lights? [A-Z]{2}) ?((?:[2-9][1-9]|[3-9]0)\d\d)\b")
"""The number of a flight that could not be a year, as which it would be read best."""
STATES = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|OH|OK|"
    "OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY"
)
SPELLED = tuple(
    (re.compile(rf"(?<![\w.,-]){pattern}(?![\w-])"), signs, digits)
    for pattern, signs, digits in (
        (r"97[89]([ -])\d{1,5}\1\d{1,7}\1\d{1,7}\1\d", ("978", "979"), True),  # ISBN
        (r"[A-Z]{2}\d\d(?: [A-Z0-9]{4}){3,7}(?: [A-Z0-9]{1,3})?", (" ",), True),  # IBAN
        (r"[A-Z]{2}\d\d[A-Z]{0,4}\d{10,26}", (), True),  # IBAN without spaces
        (r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}", (" ", "-"), True),  # bank card
        (r"\d{4}([ -])\d{6}\1\d{5}", (" ", "-"), True),  # bank card of fifteen digits
        (r"\d{3}-\d\d-\d{4}", ("-",), True),  # social security number of the United States
        (rf"(?:{STATES}) \d{{5}}(?:-\d{{4}})?", (" ",), True),
        (r"\d{5}-\d{4}", ("-",), True),  # postal code of the United States, with four more digits
        (r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}", (" ",), True),  # postal code of the United Kingdom
        (r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", (":",), False),  # MAC address
    )
)


def spell_code(code: str) -> str:
    """Spell a code, with a comma between groups: `DE89 3704` -> D E eight nine, three seven zero four."""
    return ", ".join(spell_group(group) for group in SEPARATOR.split(code) if group)


def spell_group(group: str) -> str:
    """Spell a group of a code; keep letters that form a word: `SAVE20` -> SAVE two zero."""
    word = WORD_IN_CODE.match(group)
    letters = word[0] if word else ""
    return " ".join([*([letters] if letters else []), *map(name_sign, group[len(letters) :])])


def name_sign(sign: str) -> str:
    """Return a digit as a word and any other sign as it is."""
    return DIGITS[int(sign)] if sign.isdecimal() else sign.replace(":", ",")


def spell_after_word(match: re.Match[str]) -> str:
    """Spell a code after its word: `PIN 1234` -> PIN one two three four; leave numbers of one or two digits."""
    word, code = match.groups()
    return match[0] if len(code) < 3 else f"{NUMBER_SIGN.sub('number', word).rstrip()} {spell_code(code)}"


def spell_last(match: re.Match[str]) -> str:
    """Spell the number at the end of a match: `call 911 or 112` -> call nine one one or one one two."""
    return str(match[1]) + spell_alternatives(match[2])


def spell_alternatives(numbers: str) -> str:
    """Spell numbers joined by `or` or a slash: `911 or 112` -> nine one one or one one two."""
    return " or ".join(map(spell_digits, re.split(" or |/", numbers)))


def verbalize_preprint(match: re.Match[str]) -> str:
    """Read the number of a preprint: `arXiv:2101.00001v2` -> arXiv two one zero one point … version 2."""
    archive, month, number, version = match.groups()
    words = f"{archive} {spell_digits(month)} point {spell_digits(number)}"
    return f"{words} version {version[1:]}" if version else words


def verbalize_vanity(match: re.Match[str]) -> str:
    """Read a number that holds words: `1-800-FLOWERS` -> one eight hundred flowers."""
    country, prefix, words = match.groups()
    digits = f"{DIGITS[int(prefix[0])]} hundred" if prefix.endswith("00") else spell_digits(prefix)
    return ("one " if country else "") + digits + " " + words.replace("-", " ").lower()


def verbalize_national(match: re.Match[str]) -> str:
    """Read a telephone number with a trunk prefix, if it has enough digits."""
    digits = sum(map(str.isdecimal, match[0]))
    return spell_code(match[0]) if MIN_PHONE_DIGITS <= digits <= MAX_PHONE_DIGITS else match[0]


RULES = RuleTable(
    Rule(PREPRINT, verbalize_preprint, ("arxiv",)),
    Rule(FLIGHT, lambda m: f"{m[1]} {spell_digits(m[2])}", ("flight",)),
    Rule(CODE_AFTER_WORD, spell_after_word, CODE_WORDS),
    Rule(CODE_AFTER_NUMBERED, spell_after_word, ("number", "no", "num", "id", "code", "#")),
    Rule(EXTENSION, lambda m: f", extension {spell_digits(m[1])}", ("x",)),
    Rule(INTERNATIONAL, lambda m: f"plus {spell_code(m[1])}", ("+",)),
    Rule(CODE_BEFORE_WORD, lambda m: spell_code(m[1]), (" is ", " as ")),
    Rule(LAST_DIGITS, spell_last, ("ending", "ends", "last")),
    Rule(EMERGENCY_CALL, spell_last, CALLS),
    Rule(SHORT_CODE, spell_last, ("dial", "text")),
    Rule(TYPE_NUMBER, r"\1 \2 \3", ("boeing", "porsche", "peugeot")),
    Rule(EMERGENCY_NOUN, lambda m: spell_digits(m[1]), ("call", "operator", "dispatch", "emergency")),
    *(Rule(pattern, lambda m: spell_code(m[0]), signs, digits) for pattern, signs, digits in SPELLED),
    Rule(VANITY, verbalize_vanity, ("-",)),
    Rule(CALLED_NUMBER, lambda m: m[1] + spell_code(m[2]), (*CALLS, "mobile", "cell", "fax", "line", "whatsapp")),
    Rule(AMERICAN, lambda m: ("plus " if m[1] else "") + spell_code(m[0].lstrip("+")), ("-", ".", " ", ")")),
    Rule(LOCAL, lambda m: spell_code(m[0]), ("-",)),
    Rule(NATIONAL, verbalize_national, (" ", "/", "-", ".")),
)


def verbalize_codes(text: str) -> str:
    """Replace codes, then telephone numbers, with their digits and letters."""
    return RULES.apply(text)
