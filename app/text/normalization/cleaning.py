"""Drop characters that are not spoken and replace others by their plain equivalents."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from app.text.languages.table import ENGLISH, get_base_language
from app.text.normalization.chat import drop_emoticons, simplify_letters
from app.text.word_tables import TABLES, list_words

NOT_IN_ARRAY = r"(?!0\])" + "".join(
    rf"(?<!\b{name}\[)(?<!_{name}\[)(?<!\b{name}\[\d\]\[)" for name in ("[A-Za-z]", *list_words("words", "arrays"))
)
"""Assertion that a bracket was opened, but not after the name of an array, where it holds an index."""
_NUMBERS = r"\d{1,3}(?:[,–-] ?\d{1,3}){0,9}"
FOOTNOTE = re.compile(
    rf"\[(?:(?<=[.!?,;:…\"”’)]\[)(?:{_NUMBERS}|[a-z]|note \d{{1,3}})\](?:\[{_NUMBERS}\]){{0,9}}"
    r"|(?<=\S\[)(?:citation|clarification|better source) needed\]"
    rf"|(?<=[^\W\d_]{{3}}\[){NOT_IN_ARRAY}{_NUMBERS}\](?:\[{_NUMBERS}\]){{0,9}}(?=[.!?,;:…](?:\s|$))"
    r"|(?<=[A-Za-z]{4}\[)[abc]\](?=\s))"
    r"|[⁰¹²³⁴-⁹](?<=[.!?…\"”’].)[⁰¹²³⁴-⁹]{0,2}(?!\w)"
)
"""Marks of footnotes after a word's punctuation or before a sentence's (`He left.[12]`, `He left.¹`)."""
EQUIVALENTS = str.maketrans(
    "’‘ʼ`´′″º“”„«»‐‑‒−⁄∕•·\u00a0\u2028\u2029\t\r\n\v\f\x85", "''''''\"°\"\"\"\"\"----//,          ", "⟦⟧"
)
"""`⟦` and `⟧` are dropped: they are the notation for phonemes within a spoken text, which no caller may forge."""
KEPT_SYMBOLS = "°+<=>~|^§©®™№$€£¥¢₹₩₽₿₺₪₫₴₱₦฿%&@#*/\\±×÷≈≤≥≠√∛∞∑∏∫∂∇∈∉∅∀∃∩∪⊂⊆∝∴∠≡¬→←↔⇒⇔⇌↑↓♯♭"
"""Symbols that later normalization steps read."""
FRACTION_SIGN = re.compile("[¼-¾⅐-⅞]")
SUPERSCRIPTS = re.compile("[⁰¹²³⁴-⁹⁺⁻]+")
TAG = re.compile(r"<(/?)([a-z][a-z0-9]{0,9})(\s[^<>=]{0,40}=[^<>]{0,300})?\s?(/?)>", re.IGNORECASE)
"""An HTML tag, or a name in its form; a comparison like `a <b` has no closing bracket and stays."""
KNOWN_ELEMENTS = frozenset(" ".join(TABLES["html_elements"].values()).split())
ORDINAL_SIGN = re.compile(r"(?<=\d)\.?º(?! ?[CF]\b)")
NOT_PLAIN = re.compile("[^ -~]")
SUPERFLUOUS_SPACE = re.compile(r" (?=[,.;:!?](?:\s|$)|\))|(?<=\() ")


def clean(text: str, language: str = ENGLISH) -> str:
    """Return text with plain quotes, dashes, spaces and letters; drop emoji, control, format and private characters.

    In languages other than English, `1º` keeps the letter of an ordinal.
    """
    if "º" in text and get_base_language(language) != ENGLISH:
        text = ORDINAL_SIGN.sub("o", text)
    text = FOOTNOTE.sub("", text if text.isascii() else unicodedata.normalize("NFC", text))
    text = simplify_letters(drop_emoticons(text))
    text = TAG.sub(replace_tag, FRACTION_SIGN.sub(expand_fraction_sign, text.translate(EQUIVALENTS)))
    text = SUPERSCRIPTS.sub(lambda m: "^" + unicodedata.normalize("NFKC", m[0]), text)
    return NOT_PLAIN.sub(lambda m: simplify_character(m[0]), text)


def replace_tag(match: re.Match[str]) -> str:
    """Return a space in place of a tag; with the name in it if that is no element: `Hello <name>` -> Hello name."""
    closing, name, attributes, empty = match.groups()
    is_element = closing or attributes or empty or name.lower() in KNOWN_ELEMENTS
    return " " if is_element else f" {name} "


@lru_cache(4096)
def simplify_character(character: str) -> str:
    """Return what is left of a character that is no plain ASCII."""
    return "".join(map(filter_character, fold_character(character)))


def fold_character(character: str) -> str:
    """Return the plain form of a full-width letter or ligature (NFKC); keep symbols that have a name of their own."""
    if character in KEPT_SYMBOLS or character.isascii():
        return character
    return unicodedata.normalize("NFKC", character).translate(EQUIVALENTS)


def count_expanded(text: str) -> int:
    """Return the length of a text after its letters are expanded: U+FDFA, one code point, is read as eighteen."""
    if text.isascii():
        return len(text)
    return len(text) + sum(count * count_growth(character) for character, count in Counter(text).items())


def count_growth(character: str) -> int:
    """Return how many letters and digits a character expands to, beyond the first."""
    return 0 if character.isascii() else max(0, sum(map(str.isalnum, fold_character(character))) - 1)


def filter_character(character: str) -> str:
    """Return what is left of a character: a space for emoji and unknown symbols, nothing for invisible marks."""
    category = unicodedata.category(character)
    if category in ("So", "Sk", "Sm", "Sc"):
        return character if character in KEPT_SYMBOLS else " "
    invisible = category.startswith("C") or category == "Me" or "\ufe00" <= character <= "\ufe0f"
    return "" if invisible else character


def expand_fraction_sign(match: re.Match[str]) -> str:
    """Expand a fraction sign: `2½` -> `2 1/2`."""
    return " " + unicodedata.normalize("NFKC", match[0]).replace("⁄", "/")


def tidy(text: str) -> str:
    """Leave one space between words and none before a punctuation mark or inside brackets."""
    return SUPERFLUOUS_SPACE.sub("", " ".join(text.split())).strip()
