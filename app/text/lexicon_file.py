"""Read the file of a pronunciation lexicon: PLS 1.0 (W3C), a JSON object, or lines of CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.errors import SetupError
from app.text.lexicon import Lexicon, LexiconEntry

MAX_ENTRIES = 20_000
MAX_BYTES = 10_000_000
FORMATS_HINT = 'Write PLS 1.0, a JSON object {"word": "alias or /IPA/"}, or lines such as word,alias.'
LEADING_SPACE = "\ufeff \t\r\n"
"""Characters that may stand before the content."""


def read_lexicon(path: Path) -> Lexicon:
    """Return the lexicon in a file; raise `SetupError` if it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SetupError(f"The lexicon {path} has over {MAX_BYTES} bytes.")
        data = path.read_bytes()
    except OSError as error:
        raise SetupError(f"The lexicon {path} cannot be read: {error.strerror}.") from None
    try:
        return parse_lexicon(data)
    except ValueError as error:
        raise SetupError(f"The lexicon {path} cannot be read: {error}.", hint=FORMATS_HINT) from None


def parse_lexicon(data: bytes) -> Lexicon:
    """Return the lexicon in the content of a file; raise `ValueError` with the reason if it is invalid."""
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        entries = parse_pls(data)
    else:
        try:
            text = data.decode("utf-8").strip(LEADING_SPACE)
        except UnicodeDecodeError as error:
            raise ValueError(f"byte {error.start} is not UTF-8") from None
        entries = parse_json(text) if text.startswith("{") else parse_csv(text)
    listed = list(entries)
    if len(listed) > MAX_ENTRIES:
        raise ValueError(f"it has {len(listed)} entries, the most is {MAX_ENTRIES}")
    return Lexicon(listed)


def parse_json(text: str) -> Iterator[LexiconEntry]:
    """Yield the entries of a JSON object; a name that occurs twice gives two entries."""
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON, at line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    for words, reading in pairs:
        if not isinstance(reading, str):
            raise ValueError(f"the reading of {words:.40} is not a text")
        yield LexiconEntry.parse(words, reading)


def parse_csv(text: str) -> Iterator[LexiconEntry]:
    """Yield the entries of lines of two columns; empty lines are skipped."""
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != 2:
                raise ValueError(f"line {rows.line_num} has {len(row)} columns, not 2; quote a reading with commas")
            yield LexiconEntry.parse(row[0], row[1].strip())
    except csv.Error as error:
        raise ValueError(f"line {rows.line_num}: {error}") from None


def parse_pls(data: bytes) -> Iterator[LexiconEntry]:
    """Yield the entries of a PLS document: for each lexeme its preferred reading, else its first."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise ValueError("a DOCTYPE is not allowed") from None
    except (ParseError, LookupError, ValueError) as error:
        raise ValueError(f"the XML is broken ({error})") from None
    if strip_namespace(root) != "lexicon":
        raise ValueError(f"its root is <{strip_namespace(root):.40}>, not <lexicon>")
    alphabet = root.get("alphabet", "ipa")
    for lexeme in root:
        if strip_namespace(lexeme) == "lexeme":
            yield from parse_lexeme(lexeme, alphabet)


def parse_lexeme(lexeme: Element, alphabet: str) -> Iterator[LexiconEntry]:
    """Yield the entry of each spelling of a lexeme."""
    readings = [one for one in lexeme if strip_namespace(one) in ("phoneme", "alias")]
    readings.sort(key=lambda one: one.get("prefer") != "true")
    spellings = [get_text(one) for one in lexeme if strip_namespace(one) == "grapheme"]
    if not readings or not spellings:
        raise ValueError(f"the lexeme of {', '.join(spellings)[:40] or 'no grapheme'} has no grapheme or no reading")
    chosen = readings[0]
    is_phonemes = strip_namespace(chosen) == "phoneme"
    if is_phonemes and chosen.get("alphabet", alphabet).strip().lower() != "ipa":
        raise ValueError(f"the alphabet of {spellings[0]:.40} is not ipa")
    for words in spellings:
        yield LexiconEntry(words, get_text(chosen), is_phonemes)


def strip_namespace(element: Element) -> str:
    """Return the name of an element without the namespace."""
    return str(element.tag).rpartition("}")[2]


def get_text(element: Element) -> str:
    """Return the text of an element with single blanks."""
    return " ".join("".join(element.itertext()).split())
