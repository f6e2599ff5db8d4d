"""Render the page of readings: examples as the service reads them, and the tables of units and abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from app.emotion import find_word_emotion
from app.text import normalize, read_input
from app.text.languages import load_language
from app.text.normalization.abbreviations import AFTER_NAME, ANYWHERE, BEFORE_NAME, BEFORE_NUMBER
from app.text.normalization.chat import CHAT_LETTERS, CHAT_WORDS, DIGIT_WORDS, LETTERS
from app.text.normalization.codes import read_code
from app.text.normalization.numbers import LETTER_UNITS, SYMBOLS
from app.text.normalization.quantities import CODES, CURRENCIES
from app.text.phonetic import remove_phonemes
from app.text.word_tables import TABLES
from app.types import InputFormat
from scripts.reference.markdown import format_code, format_codes, make_page, make_table

SPELLED = {letters: " ".join(letters.upper()) for letters in sorted(LETTERS | CHAT_LETTERS)}
ABBREVIATIONS = {
    "before a name": BEFORE_NAME,
    "after a name": AFTER_NAME,
    "before a number": BEFORE_NUMBER,
    "anywhere": ANYWHERE,
    "in chats": CHAT_WORDS | DIGIT_WORDS,
    "spelled": SPELLED,
}
"""Abbreviations and their words by where they are read."""
ABOUT = """Numbers, units, dates, signs and abbreviations are read as words. A plan shows the words of each utterance in
`spoken`. SSML's `say-as` and `sub` set another reading."""
EXAMPLES = {
    "Numbers": ("1,234.5", "1.234.567,89", "1'234", "1,5 kg", "007", "1.5M users", "10⁻³", "2½ cups"),
    "Money": ("$3.50", "€1.000", "£1.2bn", "$-5", "HK$100", "25¢", "£2 5s. 6d."),
    "Digits one by one": ("Call 911", "+49 170 1234567", "Your code is 482913.", "ZIP 90210", "1-800-FLOWERS"),
    "Slashes": ("24/7", "4/5 stars", "120/80 mmHg", "$15/hr", "on 7/4", "he/she", "/usr/bin", "3/4"),
    "Ranges, ratios, verses": (
        "10-20",
        "Mon-Fri 9am-5pm",
        "Oct-Dec 2024",
        "3:2",
        "1 Corinthians 13:4-7",
        "60-40 split",
    ),
    "Dates and times": ("05/04/2024", "2024-05-17", "5-Jan-2024", "the 1990s", "3:05 p.m.", "0630 hours", "2h 30m"),
    "Units": ("20 °C", "180C", "5 mg/dL", "50 m2", "6'2\"", 'a 19" screen', "a 5 km run", "40°42'46\"N", "12 A"),
    "Formulas": ("x != y", "5-3=2", "3 * 4 = 12", "CO₂", "Ca²⁺", "2H2 + O2 → 2H2O"),
    "Roman numerals": ("Chapter IV", "Louis XIV", "Super Bowl LVIII", "MCMXCIV", "ii. Second"),
    "Abbreviations": ("Dr. Lee", "5 Elm St.", "Vol. II", "est. 1990", "est. 500 people", "King, Jr.", "INT. KITCHEN"),
    "Games": ("1. e4 e5 2. Nf3 Nc6", "12' Goal", "45+2' Goal"),
    "Addresses": ("https://example.com/a", "me@example.com", "notes.txt", "#happy", ".NET"),
}
"""Written examples of each kind; their readings are computed."""
CODE = ("list[12]", "a == b", "os.path.join(a, b)", "i += 2", "ls -la | grep x", "vector<int>", "0xFF")
"""Code between backticks."""
OTHER_LANGUAGES = """A voice reads text in the language of its `locale`. The tables above are those of English; each of
these languages has its own (`app/text/languages/de.toml`), with regions such as `de-CH`, `es-MX` or `pt-BR`. In the
other languages that num2words knows, whole numbers and decimals are read; in the rest the digits stay, with the
warning `numbers_unread`. Chat words, code and formulas are read as in English or as they stand."""
LANGUAGE_EXAMPLES = {
    "de": ("am 3. Mai 2024", "14:30 Uhr", "19,90 €", "1,5 Mio. Euro", "die 90er-Jahre", "3–5 km/h", "z. B. Nr. 7"),
    "de-CH": ("1'250.50 CHF",),
    "fr": ("le 1er mai 2024", "14h30", "5,50 €", "3 M€", "le XIXe siècle", "06 12 34 56 78", "M. Roux, p. 12"),
    "es": ("el 3/5/2024", "a las 14:30", "5,50 €", "21 páginas", "Alfonso XIII", "el 2.º piso", "EE. UU., p. ej."),
    "es-MX": ("$1,250.50",),
    "it": (
        "il 1° maggio",
        "alle 14:30",
        "5,50 €",
        "3 mln di euro",
        "il XIX secolo",
        "50 mq",
        "il Sig. Rossi, ecc.",
    ),
    "pt": ("3/5/2024", "às 14h30", "5,50 €", "2 mulheres", "D. João VI", "a 2.ª edição", "a Dra. Ana, p. ex."),
    "pt-BR": ("R$ 2,50", "16 km"),
    "nl": ("21 boeken", "3,5 kilo"),
}
TEXTS = Path(__file__).parents[2] / "tests" / "text" / "real_texts"


def render() -> str:
    """Return the page."""
    return make_page(
        "Readings",
        ABOUT,
        make_table(("kind", "written", "read"), make_examples()),
        "## Units",
        "Read after a number; the last ones only after a space and at the end of a phrase.",
        make_table(("symbols", "unit"), make_units()),
        "## Currencies",
        make_table(("sign or code", "unit"), make_currencies()),
        "## Abbreviations",
        make_table(list(ABBREVIATIONS), [tuple(map(list_words, ABBREVIATIONS.values()))]),
        "## Phrases with a slash",
        make_table(
            ("written", "read"), ((format_code(written), read) for written, read in TABLES["slash_phrases"].items())
        ),
        "## Other languages",
        OTHER_LANGUAGES,
        make_table(("language", "written", "read"), make_language_examples()),
        "## What is misread",
        "Sentences of twenty texts as people send them (`tests/text/real_texts`) that are not read as a person would.",
        make_table(("text", "a person reads", "read"), find_misreadings()),
    )


def make_examples() -> Iterable[tuple[str, str, str]]:
    """Yield a row for each example."""
    for kind, examples in EXAMPLES.items():
        for written in examples:
            yield kind, format_code(written), remove_phonemes(normalize(written))
    for written in CODE:
        yield "Code", format_code(written), remove_phonemes(normalize(read_code(written)))


def make_language_examples() -> Iterable[tuple[str, str, str]]:
    """Yield a row for each example of another language."""
    for code, examples in LANGUAGE_EXAMPLES.items():
        for written in examples:
            yield f"{load_language(code).name} `{code}`", format_code(written), normalize(written, code)


def find_misreadings() -> Iterable[tuple[str, str, str]]:
    """Yield a row for each sentence of the texts that is known to be misread."""
    known = [line.split("\t") for line in (TEXTS / "misreadings.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    for name, right in known:
        (text,) = (path for path in TEXTS.glob(f"{name}.*") if path.suffix != ".read")
        found = read_input(text.read_bytes().decode(), InputFormat.AUTO, find_emotion=find_word_emotion)
        spoken = [" ".join(clause.spoken for clause in sentence.clauses) for sentence in found.sentences]
        lines = (TEXTS / f"{name}.read").read_text(encoding="utf-8").splitlines()
        number = [find_words(line) for line in lines].index(find_words(right))
        yield name.replace("_", " "), lines[number], remove_phonemes(spoken[number])


def find_words(line: str) -> list[str]:
    """Return the words of a sentence, without case and marks."""
    return re.findall(r"[^\W_]+", line.lower())


def make_units() -> Iterable[tuple[str, str]]:
    """Yield a row for each unit."""
    for name, symbols in SYMBOLS.items():
        yield format_codes(symbols), name
    for symbol, name in LETTER_UNITS.items():
        yield format_code(symbol), name


def make_currencies() -> Iterable[tuple[str, str]]:
    """Yield a row for each currency."""
    for sign, (one, *_) in CURRENCIES.items():
        yield format_codes(dict.fromkeys((sign, *(code for code, known in CODES.items() if known == sign)))), one


def list_words(table: dict[str, str]) -> str:
    """Return abbreviations with their words."""
    return ", ".join(f"{format_code(short)} {words}" for short, words in table.items())
