"""Rewrite a text of any language with a table as it is read aloud, in steps that are linear in time.

Each step replaces what it recognizes with words; a number that none recognizes is read as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial

from app.text.languages.dates import DateReader
from app.text.languages.numbers import QuantityReader, read_cardinal, read_number, read_ordinal, read_year, spell_digits
from app.text.languages.table import (
    AFTER,
    BEFORE,
    FINAL,
    ROMAN,
    Language,
    join,
    load_language,
    make_number,
    make_words,
    parse_roman,
)

DIGIT = re.compile(r"\d")
WORD_AFTER = 44
"""Code points after a number in which its noun is looked for."""
ADDRESS = re.compile(
    r"(?<![\w.@/-])(?:(?:https?://|www\.)[^\s<>\"'()]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
    r"|(?:[A-Za-z0-9-]{1,63}\.){1,4}(?:com|org|net|edu|gov|io|de|at|ch|fr|be|es|mx|ar|it|pt|br|eu|info|tv|app|dev)\b"
    r"(?:/[^\s<>\"'()]{0,500})?)"
)
ADDRESS_END = re.compile(r"[.,;:!?]+\Z")
PHONE = re.compile(r"(?<![\w.,/-])(?:\+ ?\d{1,3}[ /-]?)?\(?\d{1,5}\)?(?:[ ./-]{1,3}\d{2,9}){1,6}(?![\w/]|[.,-]\d)")
PHONE_DIGITS = range(7, 17)
DATE = re.compile(r"\d\d([./-])\d\d\1\d{4}")
CODE = re.compile(r"\d++(?:[.,]\d++)++")
"""Numbers with dots or commas that are no number of the language: a version, or another language's decimals."""
TIMES_SIGN = re.compile(r"(?<=\d) ?[xX×] ?(?=\d)")
DIGIT_BEFORE = re.compile(r"\d ?\Z")
DIGITS = re.compile(r"\d++")
DASHES = re.compile(r"(?<!\s)\s*+[–—]+\s*|[–—]+\s*|(?<!\s)\s++-{1,3}\s+|--+")
Step = Callable[[str], str]


class Normalizer:
    """The steps of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        number = make_number(language)
        self.number = re.compile(rf"{BEFORE}{number}{AFTER}")
        self.negative = re.compile(r"(?<![^\s(\[\"'])-(?=[\d€$£])")
        self.noun = re.compile(f" ({language.noun})(?![^\\W_])")
        self.feminine = re.compile(language.feminine or r"(?!)")
        self.no_noun = re.compile(language.no_nouns or r"(?!)", re.IGNORECASE)
        self.short_words = drop_blanks(language.abbreviations)
        self.short = drop_blanks(language.before_numbers)
        self.short_names = drop_blanks(language.before_names)
        self.abbreviations = make_words(language.abbreviations)
        self.numbered = re.compile(rf"(?<![^\W_])({join(language.before_numbers)}) ?(?=\d|[IVXLC]+\b(?![.'])|§)")
        self.named = re.compile(rf"(?<![^\W_])({join(language.before_names)}) ?(?=[^\W\d_a-zß-öø-ÿ])")
        self.range = re.compile(
            rf"{BEFORE}((?:\d{{1,2}}[:h.]\d\d(?!\d)|{number})(?: ?[%€$£]| ?°C?)?)[–-]"
            rf"(?=[€$£]?(?:\d{{1,2}}[:h.]\d\d(?!\d)|{number})(?!\w*[–-]\d))"
        )
        self.score = re.compile(r"(?<![\w:.,/-])(\d{1,3}):(\d{1,6})(?![\w:/-]|[.,:]\d)")
        self.ordinal = re.compile(rf"(?<![^\W_])(\d{{1,4}})\.?[°-]?({join(language.ordinals)})(?![^\W_])")
        self.dotted = re.compile(r"(?<![^\W_])(?<!\d[.,])(\d{1,4})\.(?= [^\W\d_]|, ?\d{1,3}\.)")
        self.glued = re.compile(rf"(?<![\w.,-])(\d{{1,4}})-?({language.glued or '(?!)'})(?![^\W_])")
        self.fraction = re.compile(r"(?<![\w/.,-])(?:(\d{1,4}) )?(\d{1,3})/(\d{1,3})(?![\w/]|[.,]\d)")
        self.roman = [(re.compile(pattern.replace("<R>", ROMAN)), reading) for pattern, reading in language.roman]
        self.phone_words = re.compile(rf"(?i)(?<![^\W_])(?:{language.phone_words or '(?!)'}) \Z")
        self.spelled = make_words(language.spelled.split())
        self.signs = str.maketrans({sign: f" {word} " if word else " " for sign, word in language.signs.items()})
        self.rewrites = [(re.compile(pattern), reading) for pattern, reading in language.rewrites]
        self.dates, self.quantities = DateReader(language), QuantityReader(language, number)
        self.steps: tuple[Step, ...] = (
            self.read_addresses,
            self.rewrite,
            self.read_roman,
            self.read_phones,
            self.dates.read_dates,
            self.expand_abbreviations,
            self.read_ranges,
            self.dates.read_times,
            self.read_scores,
            self.read_negatives,
            self.quantities.read_money,
            self.quantities.read_units,
            self.read_fractions,
            self.read_ordinals,
            self.read_numbers,
            self.read_signs,
        )

    def normalize(self, text: str) -> str:
        """Return what is read of a text that `clean` returned."""
        if not self.language.complete:
            return self.read_numbers(DASHES.sub(", ", text)) if self.language.reads_numbers else text
        for step in self.steps:
            text = step(text)
        return text

    def rewrite(self, text: str) -> str:
        """Replace what the language writes in a way of its own."""
        for pattern, reading in self.rewrites:
            text = pattern.sub(reading, text)
        return TIMES_SIGN.sub(f" {self.language.signs.get('×', '')} ", text)

    def read_addresses(self, text: str) -> str:
        """Read web and e-mail addresses."""
        signs = self.language.signs

        def read(match: re.Match[str]) -> str:
            address, end = match[0], ADDRESS_END.search(match[0])
            address, rest = (address[: end.start()], end[0]) if end else (address, "")
            address = re.sub(r"^https?://", "", address)
            names = {".": self.language.dot, "/": signs.get("/", ""), "@": signs.get("@", ""), "-": signs.get("-", "")}
            return re.sub(r"[^\w]|_", lambda sign: f" {names.get(sign[0], '')} ", address).strip() + rest

        return ADDRESS.sub(read, text) if "." in text else text

    def read_roman(self, text: str) -> str:
        """Replace Roman numerals by digits if the words beside them show that they are numerals."""
        for pattern, reading in self.roman:
            text = pattern.sub(partial(fill_value, reading), text)
        return text

    def read_phones(self, text: str) -> str:
        """Read telephone numbers by digits or pairs, with a comma between groups."""

        def read(match: re.Match[str]) -> str:
            written, digits = match[0], sum(map(str.isdigit, match[0]))
            before = match.string[max(0, match.start() - WORD_AFTER) : match.start()]
            has_zero = written.lstrip("(")[0] == "0" and written[:2] != "0 "
            is_marked = has_zero or written[0] == "+" or self.phone_words.search(before)
            if not is_marked or digits not in PHONE_DIGITS or DATE.fullmatch(written):
                return written
            groups = re.findall(r"\d+", written)
            if self.language.pairs_in_phones and max(map(len, groups)) <= 3:
                words = [self.read_pairs(group) for group in groups]
            else:
                words = [spell_digits(group, self.language) for group in groups]
            plus = f"{self.language.signs.get('+', '')} " if written[0] == "+" else ""
            return plus + ", ".join(words)

        return PHONE.sub(read, text)

    def read_pairs(self, group: str) -> str:
        """Read a group of a telephone number as a number, its leading zeros as digits."""
        bare = group.lstrip("0")
        parts = [*"0" * (len(group) - len(bare)), *([bare] if bare else [])]
        return " ".join(read_cardinal(part, self.language) for part in parts)

    def expand_abbreviations(self, text: str) -> str:
        """Expand abbreviations; one at the end of the text keeps its full stop."""
        text = self.numbered.sub(lambda match: self.short[match[1].replace(" ", "")] + " ", text)
        text = self.named.sub(lambda match: self.short_names[match[1].replace(" ", "")] + " ", text)

        def expand(match: re.Match[str]) -> str:
            start = match.start()
            if match[0] in self.quantities.units and DIGIT_BEFORE.search(text, max(0, start - 2), start):
                return match[0]
            ends = match[0].endswith(".") and FINAL.match(text, match.end())
            return self.short_words[match[0].replace(" ", "")] + ("." if ends else "")

        return self.abbreviations.sub(expand, text)

    def read_ranges(self, text: str) -> str:
        """Replace the dash between two numbers."""
        return self.range.sub(rf"\1 {self.language.to} ", text) if self.language.to and DIGIT.search(text) else text

    def read_scores(self, text: str) -> str:
        """Read ratios and scores that are no time of day."""
        return self.score.sub(rf"\1 {self.language.ratio} \2", text)

    def read_negatives(self, text: str) -> str:
        """Replace the minus sign before a number."""
        return self.negative.sub(f"{self.language.minus} ", text)

    def read_fractions(self, text: str) -> str:
        """Read fractions."""
        language = self.language

        def read(match: re.Match[str]) -> str:
            whole, above, below = match.groups()
            if whole and (above, below) == ("1", "2") and language.half:
                return language.half.format(n=read_cardinal(whole, language))
            singular, _, plural = language.fractions.get(below, "").partition("|")
            gender, _, singular = singular.rpartition(" ") if singular[1:2] == " " else ("", "", singular)
            if not singular:
                words = f"{read_cardinal(above, language)} {language.over} {read_cardinal(below, language)}"
            else:
                name = singular if above == "1" else plural
                words = f"{read_cardinal(above, language, gender or 'm')} {name}"
            joint = f" {language.signs.get('&', '')} " if whole else ""
            return (read_cardinal(whole, language) + joint if whole else "") + words

        return self.fraction.sub(read, text) if "/" in text else text

    def read_ordinals(self, text: str) -> str:
        """Read numbers with the letters of an ordinal, and with a full stop if that makes them one."""
        language = self.language
        text = self.ordinal.sub(lambda match: read_ordinal(match[1], language, language.ordinals[match[2]]), text)
        if language.ordinal_dot and "." in text:
            text = self.dotted.sub(self.read_dotted, text)
        return text

    def read_dotted(self, match: re.Match[str]) -> str:
        """Read an ordinal with a full stop, in the form that the words around it take."""
        return read_ordinal(match[1], self.language, self.dates.find_ending(match.string, match.start(), match.end()))

    def read_numbers(self, text: str) -> str:
        """Read the numbers that are left; a number before a noun agrees with it."""
        language = self.language
        if not DIGIT.search(text):
            return text

        def read(match: re.Match[str]) -> str:
            gender = self.find_gender(match.string, match.end())
            return read_number(match[0], language, gender, may_be_year=True)

        def read_code(match: re.Match[str]) -> str:
            joint = f" {language.dot} " if language.dot else " "
            parts = (read_cardinal(part, language) for part in re.split(r"[.,]", match[0]))
            return f" {joint.join(parts)} "

        text = self.glued.sub(lambda match: read_year(match[1], language) + match[2], text)
        text = self.number.sub(read, text)
        if not DIGIT.search(text):
            return text
        text = CODE.sub(read_code, text)
        return DIGITS.sub(lambda match: f" {read_cardinal(match[0], language)} ", text)

    def find_gender(self, text: str, place: int) -> str:
        """Return the gender of the noun that follows a number; empty if none does."""
        noun = self.noun.match(text, place, place + WORD_AFTER)
        if not noun or self.no_noun.fullmatch(noun[1]):
            return ""
        return "f" if self.feminine.fullmatch(noun[1]) else "m"

    def read_signs(self, text: str) -> str:
        """Replace the signs that are left with words, or drop them, and separate letters that are read one by one."""
        text = DASHES.sub(", ", text).translate(self.signs)
        return self.spelled.sub(lambda match: " ".join(match[0]), text)


def drop_blanks(table: Mapping[str, str]) -> dict[str, str]:
    """Return a table whose abbreviations have no blanks, which may be missing in a text."""
    return {written.replace(" ", ""): words for written, words in table.items()}


def fill_value(reading: str, match: re.Match[str]) -> str:
    """Return a reading with the groups of a match and the value of its last one, a Roman numeral."""
    *groups, numeral = match.groups()
    return reading.format(*groups, n=parse_roman(numeral))


@lru_cache(64)
def get_normalizer(code: str) -> Normalizer:
    """Return the normalizer of a language."""
    return Normalizer(load_language(code))
