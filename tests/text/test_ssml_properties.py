"""Properties of any SSML document, well-formed or not."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidSsml
from app.text import SSML_TABLE, SSML_WARNINGS, read_fragment, read_text
from app.text.phonetic import remove_phonemes
from tests.text.ssml_reading import check_inner, check_places, read_document

ROWS = {row.name: row for row in SSML_TABLE}
WORDS = st.sampled_from(
    "Hello. world 5 km Dr. Smith! 10/12/2000 12:35pm $3.50 e.g. etc. ... , ; “Yes?” naïve 你好。 🎉 \u0301 \u00a0 — "
    "a.b & < > ' \" ⟦a|b⟧ Q".split(" ")
)
LITERAL = st.one_of(
    WORDS.map(escape),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")), max_size=8).map(escape),
    st.sampled_from(
        [" ", "\n", "  \t ", "\r\n", "&amp;", "&lt;", "&#8217;", "&#x41;", "&#32;", "&apos;", "<!-- a -->"]
    ),
    st.sampled_from(["<![CDATA[<b> & ]]>", "<![CDATA[&amp;]]>", "<![CDATA[]]>", "<!-- a -->", "<?x y?>"]),
)
ODD_VALUES = st.one_of(
    st.sampled_from(["", "none", "-5", "1e9", "0", "100%", "ipa", "date", "telephone", "x-sampa", "600Hz", "default"]),
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=6),
)
DEEPEST = 4


@st.composite
def content(draw: st.DrawFn, depth: int = 0) -> str:
    """Draw text and elements, some of them nested."""
    kinds = st.sampled_from(["text", "element"] if depth < DEEPEST else ["text"])
    chosen = draw(st.lists(kinds, min_size=1, max_size=6))
    return "".join(draw(LITERAL) if kind == "text" else draw(element(depth + 1)) for kind in chosen)


@st.composite
def element(draw: st.DrawFn, depth: int) -> str:
    """Draw an element of the table with some of its attributes, or an unknown element."""
    name = draw(st.sampled_from([*ROWS, "unknown"]))
    own = {attribute.name: attribute.values for attribute in ROWS[name].attributes} if name in ROWS else {}
    chosen = draw(st.lists(st.sampled_from([*own, *own, "extra", "lang"]), unique=True, max_size=3))
    values = {one: draw(st.one_of(st.sampled_from(own.get(one, ("a",))), ODD_VALUES)) for one in chosen}
    attributes = "".join(f" {one}={quoteattr(value)}" for one, value in values.items())
    return f"<{name}{attributes}>{draw(content(depth))}</{name}>"


CONTENT = content()


@given(CONTENT, st.integers(20, 250))
def test_any_document_is_read_with_correct_places(body: str, limit: int) -> None:
    document = f"<speak>{body}</speak>"
    read = read_document(document, limit)
    sentences = list(read.sentences)
    check_places(document, sentences)
    assert {warning.code for warning in read.warnings} <= set(SSML_WARNINGS)
    text = "".join("".join(sentence.text.split()) for sentence in sentences)
    parts = "".join("".join(clause.text.split()) for sentence in sentences for clause in sentence.clauses)
    assert parts == text
    assert read.characters >= len(text)


@given(CONTENT)
def test_the_markup_inside_any_clause_is_read_the_same_on_its_own(body: str) -> None:
    for sentence in read_document(f"<speak>{body}</speak>").sentences:
        for clause in sentence.clauses:
            check_inner(clause)
            letters = remove_phonemes(clause.spoken)
            assert not re.search(r"[⟦⟧|<>0-9\n\U0001d400-\U0001d7ff]", letters)
            assert clause.spoken == clause.spoken.strip()


@given(CONTENT, st.data())
def test_a_broken_document_is_read_or_refused_with_line_and_column(body: str, data: st.DataObject) -> None:
    document = f"<speak>{body}</speak>"
    a, b = sorted((data.draw(st.integers(0, len(document))), data.draw(st.integers(0, len(document)))))
    for broken in (
        document[:a] + document[b:],
        document[:a],
        document[:a] + data.draw(st.text(max_size=3)) + document[a:],
    ):
        try:
            list(read_document(broken).sentences)
        except InvalidSsml as error:
            line, column = (int(number) for number in re.findall(r"\d+", error.detail)[-2:])
            assert 1 <= line <= broken.count("\n") + broken.count("\r") + 1
            assert 1 <= column <= len(broken) + 1


@given(st.text(max_size=60))
def test_any_inner_markup_is_read_or_refused(ssml: str) -> None:
    refused = None
    try:
        read_fragment(ssml)
    except InvalidSsml as error:
        refused = error.detail
    assert refused is None or "line" in refused


@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=200))
def test_escaped_text_in_a_root_is_read_like_plain_text(text: str) -> None:
    folded = " ".join(text.split())
    plain = list(read_text(folded))
    read = list(read_document(f"<speak>{escape(folded)}</speak>").sentences)
    assert [sentence.text for sentence in read] == [sentence.text for sentence in plain]
    assert [[clause.text for clause in sentence.clauses] for sentence in read] == [
        [clause.text for clause in sentence.clauses] for sentence in plain
    ]
    assert [[clause.spoken for clause in sentence.clauses] for sentence in read] == [
        [clause.spoken for clause in sentence.clauses] for sentence in plain
    ]


@pytest.mark.parametrize("limit", [20, 60, 250])
def test_a_long_text_with_substitutions_is_cut_between_them(limit: int) -> None:
    inside = "the gulls followed <sub alias='the two of us'>us</sub> along the wall, " * 40
    (sentence,) = read_document(f"<speak>{inside}</speak>", limit).sentences
    assert all(len(clause.spoken) <= limit for clause in sentence.clauses)
    assert sum(clause.spoken.count("the two of us") for clause in sentence.clauses) == 40
