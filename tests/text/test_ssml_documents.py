"""Examples from the documentation of other services: no markup is spoken, no text is lost, and warnings are known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from app.text.phonetic import remove_phonemes
from tests.tables import check_rows
from tests.text.ssml_reading import check_inner, check_places, read_document

FOLDER = Path(__file__).parent / "ssml_documents"
DOCUMENTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.xml"))}
WARNINGS = json.loads((FOLDER / "warnings.json").read_text(encoding="utf-8"))
LEAST = {"azure": 15, "google": 8, "polly": 8, "w3c": 6, "alexa": 3, "ibm": 3}
NAMES = re.compile(r"[:A-Za-z-]{3,}(?==[\"'])|(?<=<)[:A-Za-z-]{2,}")
DROPPED = ("desc", "meta", "metadata", "lexicon")
SEPARATORS = ("speak", "p", "s", "voice", "break")


def extract_text(element: Element) -> str:
    """Return the text of an element without markup, with spaces at paragraphs, sentences, voices and pauses."""
    name = element.tag.rpartition("}")[2]
    if name in DROPPED:
        return ""
    inside = (element.text or "") + "".join(extract_text(child) + (child.tail or "") for child in element)
    return f" {inside} " if name in SEPARATORS else inside


def extract_document_text(document: str) -> str:
    """Return the text of a document from an XML parser that knows no SSML and requires namespaces for prefixes."""
    declared = document.replace("google:", "google-").replace("amazon:", "amazon-")
    body = re.sub(r"^<\?xml.*?\?>", "", declared)
    return extract_text(fromstring(body))


@check_rows("name", DOCUMENTS)
def test_the_text_of_a_document_is_complete_and_in_place(name: str) -> None:
    read = list(read_document(DOCUMENTS[name]).sentences)
    words = extract_document_text(DOCUMENTS[name]).split()
    assert "".join("".join(sentence.text.split()) for sentence in read) == "".join(words)
    assert all(sentence.text in " ".join(words) for sentence in read)
    check_places(DOCUMENTS[name], read)


@check_rows("name", DOCUMENTS)
def test_no_markup_is_spoken(name: str) -> None:
    parts = [clause for sentence in read_document(DOCUMENTS[name]).sentences for clause in sentence.clauses]
    spoken = remove_phonemes(" ".join(clause.spoken for clause in parts))
    assert not re.search("[<>⟦⟧|]|xmlns|interpret-", spoken)
    written = extract_document_text(DOCUMENTS[name]).lower()
    for markup in NAMES.findall(DOCUMENTS[name]):
        assert markup.lower() not in spoken.lower() or markup.lower() in written


@check_rows("name", DOCUMENTS)
def test_the_inner_markup_of_a_clause_is_read_the_same_on_its_own(name: str) -> None:
    for sentence in read_document(DOCUMENTS[name]).sentences:
        for clause in sentence.clauses:
            check_inner(clause)


@check_rows("name", DOCUMENTS)
def test_a_document_raises_the_expected_warnings(name: str) -> None:
    assert [warning.code for warning in read_document(DOCUMENTS[name]).warnings] == WARNINGS[name]


def test_every_service_has_enough_examples() -> None:
    for service, least in LEAST.items():
        assert sum(name.startswith(f"{service}-") for name in DOCUMENTS) >= least
    assert set(WARNINGS) == set(DOCUMENTS)


@check_rows("name", DOCUMENTS)
def test_a_document_begins_with_the_address_of_its_source(name: str) -> None:
    assert re.match(r"(<\?xml[^>]*\?>\s*)?<!-- https://\S+ -->\n<speak[ >]", DOCUMENTS[name])
