"""Pronunciation lexicons: which words of a text are found, how they are read, and which files are accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import SetupError
from app.text import read_fragment, read_input, read_ssml
from app.text.lexicon import REQUEST, SERVICE, Lexicon, LexiconEntry
from app.text.lexicon_file import MAX_ENTRIES, parse_lexicon, read_lexicon
from app.text.phonetic import remove_phonemes
from app.types import InputFormat, Sentence
from tests.growth import count_calls, grows_linearly

READINGS = {
    "tide": "tied",
    "Polish": "Pole ish",
    "polish": "shine",
    "New York": "Gotham",
    "New York City": "the city",
    "US": "America",
    ".NET": "dot net",
    "C++": "see plus plus",
    "7": "lucky seven",
    "café": "coffee house",
    "n't": "not",
    "rock 'n' roll": "music",
    "İzmir": "Smyrna",
}
FOUND = {
    "The tide, and Tide, and TIDE.": "The tied, and tied, and tied.",
    "Tidal tides betide.": "Tidal tides betide.",
    "The tide's low; low-tide marks.": "The tied's low; low-tied marks.",
    "We polish Polish POLISH boots.": "We shine Pole ish Pole ish boots.",
    "US or us": "America or us",
    "New York CITY and New York\nand new york": "the city and Gotham and new york",
    "New\u2029York": "New York",
    "Use .NET and ASP.NET": "Use dot net and ASP dot net",
    "C++11": "see plus plus eleven",
    "7 or 7.5 or 17 or 1,7": "lucky seven or seven point five or seventeen or one, seven",
    "CAFÉ cafe\u0301 cafe": "coffee house coffee house cafe",
    "don't": "don't",
    "rock ’n’ roll": "music",
    "İZMİR": "Smyrna",
    "tide_table": "tide table",
    "tide.com and the.tide": "tide dot com and the.tide",
    "on the tide": "on the tied",
}


def make_lexicon(readings: dict[str, str]) -> Lexicon:
    return Lexicon(LexiconEntry.parse(words, reading) for words, reading in readings.items())


def read_sentences(text: str, readings: dict[str, str], input_format: InputFormat = InputFormat.TEXT) -> list[Sentence]:
    return list(read_input(text, input_format, lexicons={REQUEST: make_lexicon(readings)}).sentences)


def read_aloud(text: str, readings: dict[str, str], input_format: InputFormat = InputFormat.TEXT) -> str:
    sentences = read_sentences(text, readings, input_format)
    return " ".join(clause.spoken for sentence in sentences for clause in sentence.clauses)


def read_document(inner: str, **lexicons: dict[str, str]) -> tuple[str, list[str]]:
    """Return what is read of the content of an SSML document, and the codes of its warnings."""
    made = {name: make_lexicon(readings) for name, readings in lexicons.items()}
    document = read_ssml(f"<speak>{inner}</speak>", lambda style: None, lexicons=made)
    spoken = " ".join(clause.spoken for sentence in document.sentences for clause in sentence.clauses)
    return spoken, [warning.code for warning in document.warnings]


@pytest.mark.parametrize(("text", "spoken"), FOUND.items())
def test_whole_words_are_found_the_longest_first(text: str, spoken: str) -> None:
    assert read_aloud(text, READINGS) == spoken


def test_phonemes_are_spoken_and_the_plan_has_the_markup() -> None:
    (sentence,) = read_sentences("Siobhan's <bad> tide & all.", {"Siobhan": "/ʃɪ.ˈvɔːn/", "tide": 'ti"ed'})
    (clause,) = sentence.clauses
    assert clause.spoken.startswith("⟦ʃɪˈvɔːn|Siobhan⟧'s ")
    assert clause.ssml == (
        '<phoneme alphabet="ipa" ph="ʃɪˈvɔːn">Siobhan</phoneme>\'s &lt;bad&gt; '
        "<sub alias='ti\"ed'>tide</sub> &amp; all."
    )
    (again,) = read_fragment(clause.ssml).clauses
    assert (again.text, again.spoken) == (clause.text, clause.spoken)


def test_a_text_without_a_word_of_the_lexicon_is_read_as_without_a_lexicon() -> None:
    text = "One. Two\n\n- 3 km\n+ 4"
    assert read_input(text, InputFormat.TEXT, lexicons={REQUEST: make_lexicon({"tide": "tied"})}).is_plain
    assert read_sentences(text, {"tide": "tied"}) == list(read_input(text, InputFormat.TEXT).sentences)


def test_offsets_count_code_points_of_the_original_and_no_sentence_begins_within_words() -> None:
    text = "It rose. Dr. No came to Mt. St. Helens. Then it fell."
    sentences = read_sentences(text, {"Dr. No": "doctor no", "st. helens": "the mountain"})
    assert [text[one.start : one.end] for one in sentences] == [one.text for one in sentences]
    assert "Dr. No came to Mt. St. Helens." in sentences[1].text


def test_words_in_markdown_and_html_are_read() -> None:
    assert read_aloud("# Tide\n\n*tide* table", {"tide": "tied"}, InputFormat.AUTO) == "tied tied table"
    assert read_aloud("<p>Tide <b>tide</b></p>", {"tide": "tied"}, InputFormat.HTML) == "tied tied"


@pytest.mark.parametrize(
    ("inner", "spoken"),
    [
        ("tide <sub alias='flow'>tide</sub>", "tied flow"),
        ("<say-as interpret-as='characters'>tide</say-as> tide", "T I D E tied"),
        ("<phoneme ph='tiː'>tide</phoneme> tide", "tide tied"),
        ("New <break/>York New York", "New York Gotham"),
        ("<prosody rate='fast'>New</prosody> York", "New York"),
        ("<s>New</s><s>York</s>", "New York"),
        ("<mark name='a'/>New <mark name='b'/>York", "Gotham"),
    ],
)
def test_markup_wins_over_a_lexicon(inner: str, spoken: str) -> None:
    read, codes = read_document(inner, request={"tide": "tied", "New York": "Gotham"})
    assert (remove_phonemes(read), codes) == (spoken, [])


@pytest.mark.parametrize(
    ("inner", "spoken", "codes"),
    [
        ("tide moon", "request luna", []),
        (
            "<lexicon uri='service' xml:id='s'/>tide moon <lookup ref='s'>tide moon</lookup>",
            "request moon service luna",
            [],
        ),
        ("<lexicon uri='service'/>tide moon", "request luna", []),
        (
            "<lexicon uri='service' xml:id='s'/><lexicon uri='request' xml:id='r'/>tide "
            "<lookup ref='s'>tide <lookup ref='r'>tide moon</lookup> moon</lookup>",
            "tide service request luna luna",
            [],
        ),
        (
            "<lexicon uri='http://127.0.0.1/a.pls' xml:id='a'/><lookup ref='a'>tide</lookup>",
            "request",
            ["unknown_lexicon"],
        ),
        ("<lexicon uri='file:///etc/passwd'/><lookup ref='b'>tide</lookup>", "request", ["unknown_lexicon"] * 2),
    ],
)
def test_lookups_choose_between_the_lexicons_and_nothing_else_is_opened(
    inner: str, spoken: str, codes: list[str]
) -> None:
    lexicons = {REQUEST: {"tide": "request"}, SERVICE: {"tide": "service", "moon": "luna"}}
    assert read_document(inner, **lexicons) == (spoken, codes)


# Entries and files


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (("Siobhan", "/ʃɪ3/"), "'3' is not IPA"),
        (("Siobhan", "//"), "need a sound"),
        (("&", "/ænd/"), "need a sound and a word"),
        ((" ", "blank"), "no word"),
        (("tide", ""), "cannot be pronounced"),
        (("tide", "…"), "cannot be pronounced"),
        (("tide", "1" * 90), "too long"),
        (("tide" * 30, "tied"), "over 100 characters"),
    ],
)
def test_an_entry_that_cannot_be_used_is_reported_and_has_no_effect(entry: tuple[str, str], reason: str) -> None:
    lexicon = Lexicon([LexiconEntry.parse(*entry), LexiconEntry("moon", "luna")])
    (warning,) = lexicon.warnings
    assert (warning.code, lexicon.size) == ("lexicon_entry_ignored", 1) and reason in warning.detail


def test_a_second_reading_of_the_same_words_is_reported_and_the_first_is_used() -> None:
    content = b"tide,tied\nTide,Tyde\ntide,tied\n\ntide,flow"
    lexicon = parse_lexicon(content)
    assert [one.code for one in lexicon.warnings] == ["lexicon_conflict"]
    sentences = read_input("tide Tide", InputFormat.TEXT, lexicons={SERVICE: lexicon}).sentences
    assert next(iter(sentences)).clauses[0].spoken == "tied Tyde"


PLS = """<?xml version="1.0" encoding="UTF-8"?>
<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" alphabet="ipa" xml:lang="en-US">
  <meta name="author" content="a"/>
  <lexeme><grapheme>Siobhan</grapheme><grapheme>Chevonne</grapheme><phoneme>/ʃɪˈvɔːn/</phoneme></lexeme>
  <!-- a comment -->
  <lexeme><grapheme>W3C</grapheme><alias>first</alias><alias prefer="true">World Wide Web
    Consortium</alias><example>The W3C.</example></lexeme>
</lexicon>"""


@pytest.mark.parametrize(
    "content",
    [
        PLS.encode(),
        b"\xef\xbb\xbf" + PLS.encode(),
        PLS.replace("UTF-8", "UTF-16").encode("utf-16"),
        PLS.replace(' xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"', "").encode(),
        '{"Siobhan": "/ʃɪˈvɔːn/", "Chevonne": "/ʃɪˈvɔːn/", "W3C": "World Wide Web Consortium"}'.encode(),
        '\ufeffSiobhan,/ʃɪˈvɔːn/\r\n\r\nChevonne, /ʃɪˈvɔːn/ \r\nW3C,"World Wide Web Consortium"\r\n'.encode(),
    ],
)
def test_every_format_of_a_file_is_read(content: bytes) -> None:
    lexicon = parse_lexicon(content)
    assert (lexicon.size, lexicon.warnings) == (3, ())
    text = "Siobhan and Chevonne at the W3C"
    (sentence,) = read_input(text, InputFormat.TEXT, lexicons={SERVICE: lexicon}).sentences
    assert sentence.clauses[0].spoken == ("⟦ʃɪˈvɔːn|Siobhan⟧ and ⟦ʃɪˈvɔːn|Chevonne⟧ at the World Wide Web Consortium")


LAUGHS = "".join(f'<!ENTITY a{number} "{f"&a{number - 1};" * 10}">' for number in range(1, 10))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<lexicon><lexeme>", "XML is broken"),
        ("<speak/>", "root is <speak>"),
        (f'<!DOCTYPE lexicon [<!ENTITY a0 "lol">{LAUGHS}]><lexicon>&a9;</lexicon>', "DOCTYPE"),
        ('<!DOCTYPE lexicon [<!ENTITY a SYSTEM "file:///etc/passwd">]><lexicon>&a;</lexicon>', "DOCTYPE"),
        ('<!DOCTYPE lexicon SYSTEM "http://127.0.0.1:1/a.dtd"><lexicon/>', "DOCTYPE"),
        ("<lexicon>&nbsp;</lexicon>", "XML is broken"),
        ("<lexicon><lexeme><grapheme>a</grapheme></lexeme></lexicon>", "no reading"),
        (
            "<lexicon alphabet='x-sampa'><lexeme><grapheme>a</grapheme><phoneme>a</phoneme></lexeme></lexicon>",
            "not ipa",
        ),
        ('{"a": 1}', "not a text"),
        ('{"a": {"b": "c"}}', "not a text"),
        ('{"a": "b"', "not JSON"),
        ('{"a":' * 5000, "nested too deeply"),
        ("a,b,c", "line 1 has 3 columns"),
        ("a,b\n\nlonely", "line 3 has 1 columns"),
        ("a,b\n" * (MAX_ENTRIES + 1), "entries"),
    ],
)
def test_an_invalid_or_hostile_file_is_refused_with_the_reason(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "lexicon"
    path.write_text(content)
    with pytest.raises(SetupError, match=reason):
        read_lexicon(path)


def test_a_file_that_is_missing_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be read: No such file"):
        read_lexicon(tmp_path / "missing.pls")
    (tmp_path / "latin.csv").write_bytes(b"caf\xe9,coffee")
    with pytest.raises(SetupError, match="byte 3 is not UTF-8"):
        read_lexicon(tmp_path / "latin.csv")


HOSTILE = {
    "nested entries": ({" ".join(["a"] * n): "x" for n in range(1, 50)} | {" ".join(["A"] * 49): "y"}, "a "),
    "almost an entry": ({" ".join(["a"] * 49) + " b": "x"}, "a "),
    "signs": ({"'" * 90 + "a": "x"}, "'"),
    "white space": ({"a b": "x"}, "a" + " " * 50),
    "every word": ({"a": "long " * 19}, "a "),
}

HOSTILE_LENGTH = 4000


@pytest.mark.parametrize(("readings", "unit"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_searched_with_linear_work(readings: dict[str, str], unit: str) -> None:
    lexicon = make_lexicon(readings)

    def count_calls_to_read(length: int) -> int:
        text = (unit * length)[:length]
        return count_calls(lambda: list(read_input(text, InputFormat.TEXT, lexicons={REQUEST: lexicon}).sentences))

    assert grows_linearly(count_calls_to_read, HOSTILE_LENGTH)


@pytest.mark.parametrize(
    "unit", ["<lookup ref='r'>tide</lookup> ", "tide<lookup ref='r'> a</lookup> ", "<sub alias='b'>tide</sub> "]
)
def test_hostile_documents_are_searched_with_linear_work(unit: str) -> None:
    lexicons = {REQUEST: make_lexicon({"tide": "tied", "a": "b"})}

    def count_calls_to_read(repeats: int) -> int:
        document = f"<speak><lexicon uri='request' xml:id='r'/>{unit * repeats}</speak>"
        return count_calls(lambda: list(read_ssml(document, lambda style: None, lexicons=lexicons).sentences))

    assert grows_linearly(count_calls_to_read, 400)
