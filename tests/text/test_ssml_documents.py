"""The examples of other makers' documentation: no markup is spoken, no text is lost, and the warnings are known."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from app.text.clauses import remove_phonemes
from tests.text.ssml_reading import check_inner, check_places, marked

FOLDER = Path(__file__).parent / "ssml_documents"
DOCUMENTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.xml"))}
WARNINGS = json.loads((FOLDER / "warnings.json").read_text(encoding="utf-8"))
LEAST = {"azure": 15, "google": 8, "polly": 8, "w3c": 6, "alexa": 3, "ibm": 3}
NAMES = re.compile(r"[:A-Za-z-]{3,}(?==[\"'])|(?<=<)[:A-Za-z-]{2,}")
DROPPED = ("desc", "meta", "metadata", "lexicon")
PARTING = ("speak", "p", "s", "voice", "break")


def text_of(element: Element) -> str:
    """The text of an element without markup, parted where paragraphs, sentences, voices and pauses are."""
    name = element.tag.rpartition("}")[2]
    if name in DROPPED:
        return ""
    inside = (element.text or "") + "".join(text_of(child) + (child.tail or "") for child in element)
    return f" {inside} " if name in PARTING else inside


def plain_text(document: str) -> str:
    """The text of a document, read by an XML reader that knows no SSML; a prefix needs a namespace there."""
    declared = document.replace("google:", "google-").replace("amazon:", "amazon-")
    body = re.sub(r"^<\?xml.*?\?>", "", declared)
    return text_of(fromstring(body))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_documents_text_is_complete_and_in_place(name: str) -> None:
    read = list(marked(DOCUMENTS[name]).sentences)
    words = plain_text(DOCUMENTS[name]).split()
    assert "".join("".join(sentence.text.split()) for sentence in read) == "".join(words)
    assert all(sentence.text in " ".join(words) for sentence in read)
    check_places(DOCUMENTS[name], read)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_markup_is_spoken(name: str) -> None:
    parts = [clause for sentence in marked(DOCUMENTS[name]).sentences for clause in sentence.clauses]
    spoken = remove_phonemes(" ".join(clause.spoken for clause in parts))
    assert not re.search("[<>⟦⟧|]|xmlns|interpret-", spoken)
    written = plain_text(DOCUMENTS[name]).lower()
    for markup in NAMES.findall(DOCUMENTS[name]):
        assert markup.lower() not in spoken.lower() or markup.lower() in written


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_marked_up_within_a_clause_is_read_the_same_by_itself(name: str) -> None:
    for sentence in marked(DOCUMENTS[name]).sentences:
        for clause in sentence.clauses:
            check_inner(clause)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_warns_of_what_is_not_done(name: str) -> None:
    assert [warning.code for warning in marked(DOCUMENTS[name]).warnings] == WARNINGS[name]


def test_every_maker_is_there() -> None:
    for maker, least in LEAST.items():
        assert sum(name.startswith(f"{maker}-") for name in DOCUMENTS) >= least
    assert set(WARNINGS) == set(DOCUMENTS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_names_its_page_first(name: str) -> None:
    assert re.match(r"(<\?xml[^>]*\?>\s*)?<!-- https://\S+ -->\n<speak[ >]", DOCUMENTS[name])
