"""Hostile SSML is refused, or read with work that grows only with its length, and in bounded memory."""

from __future__ import annotations

import tracemalloc

import pytest

from app.errors import InvalidSsml
from app.text import read_fragment
from tests.growth import count_calls, grows_linearly
from tests.text.ssml_reading import read_document

LARGE = 10_000_000
FLOOD = 40_000
"""Characters of a document that is full of markup."""
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
REFUSED = {
    "billion laughs": f'<!DOCTYPE s [<!ENTITY l0 "ha">{LAUGHS}]><speak>&l9;</speak>',
    "quadratic blow-up": f'<!DOCTYPE s [<!ENTITY a "{"a" * 100_000}">]><speak>{"&a;" * 100_000}</speak>',
    "file": '<!DOCTYPE s [<!ENTITY f SYSTEM "file:///etc/passwd">]><speak>&f;</speak>',
    "parameter": '<!DOCTYPE s [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd">%p;]><speak>a</speak>',
    "dtd": '<!DOCTYPE speak PUBLIC "-//W3C//DTD SYNTHESIS 1.0//EN" "http://127.0.0.1/s.dtd"><speak>a</speak>',
    "empty dtd": "<!DOCTYPE speak><speak>a</speak>",
    "large dtd": f"<!DOCTYPE speak [{'<!-- -->' * (LARGE // 8)}]><speak>a</speak>",
    "unknown entity": "<speak>a&nbsp;b</speak>",
    "undeclared entities": f"<speak>{'&a;' * (LARGE // 3)}</speak>",
    "deep": "<speak>" + "<s>" * (LARGE // 3),
    "deep and closed": "<speak>" + "<p>" * 500_000 + "a" + "</p>" * 500_000 + "</speak>",
    "never closed": "<speak><p " + "a" * LARGE,
    "comment without end": "<speak><!--" + "-a" * (LARGE // 2),
    "twin attributes": "<speak " + "a='' " * (LARGE // 5) + ">a</speak>",
    "two roots": "<speak>a</speak>" * (LARGE // 16),
    "nul": "<speak>" + "\0" * LARGE + "</speak>",
    "surrogates": "<speak>" + "\ud800" * LARGE + "</speak>",
    "spaces alone": " " * LARGE,
    "another root": "<html>" + "a" * LARGE + "</html>",
}


@pytest.mark.parametrize("attack", REFUSED)
def test_an_attack_is_refused_in_a_few_calls_whatever_its_length(attack: str) -> None:
    refusals: list[InvalidSsml] = []

    def refuse() -> None:
        with pytest.raises(InvalidSsml) as refused:
            read_document(REFUSED[attack])
        refusals.append(refused.value)

    assert count_calls(refuse) < 5_000
    assert len(refusals[0].detail) < 200


@pytest.mark.parametrize("attack", ["billion laughs", "quadratic blow-up", "deep", "large dtd", "twin attributes"])
def test_an_attack_takes_no_more_memory_than_a_few_times_its_length(attack: str) -> None:
    document = REFUSED[attack]
    tracemalloc.start()
    try:
        with pytest.raises(InvalidSsml):
            read_document(document)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(document) + 1_000_000


HUGE_PARTS = {
    "alias": ("<sub alias='", "a", "'>b</sub>"),
    "name of an attribute": ("<s ", "a", "='1'>b</s>"),
    "name of an element": ("<", "a", " />b"),
    "voice": ("<voice name='", "a ", "'>b</voice>"),
    "pause": ("<break time='", "9", "s'/>b"),
    "rate": ("<prosody rate='", "9", "%'>b</prosody>"),
    "phonemes": ("<phoneme ph='", "ə", "'>b</phoneme>"),
    "comment": ("<!--", "a", "-->b"),
    "instruction": ("<?a ", "a", "?>b"),
}


@pytest.mark.parametrize("kind", HUGE_PARTS)
def test_one_huge_part_is_read_with_linear_work_and_not_quoted_whole(kind: str) -> None:
    before, unit, after = HUGE_PARTS[kind]

    def count_calls_to_read(length: int) -> int:
        def read() -> None:
            found = read_document(f"<speak>{before}{unit * (length // len(unit))}{after}</speak>")
            assert [sentence.text for sentence in found.sentences] == ["b"]
            assert sum(len(warning.detail) for warning in found.warnings) < 1000

        return count_calls(read)

    assert grows_linearly(count_calls_to_read, LARGE // 10)


FLOODS = {
    "breaks": "<break/>",
    "breaks with strength": "<break strength='none'/>",
    "emphases": "<emphasis>a</emphasis>",
    "prosodies": "<prosody rate='slow'>" * 60 + "a" + "</prosody>" * 60,
    "marks": "<mark name='a'/>",
    "styles": "<express-as style='sad'>a</express-as>",
    "voices": "<voice name='a'>a.</voice>",
    "sentences": "<s>a</s>",
    "unknown": "<x y='z'>a</x>",
    "references": "&amp;",
    "numbers": "&#97;",
    "sections": "<![CDATA[&]]>",
    "lines": "\n",
    "subs": "<sub alias='b'>a</sub> ",
    "phonemes": "<phoneme ph='a'>a</phoneme> ",
    "letters": "<say-as interpret-as='characters'>a</say-as> ",
    "accents": "é <s/>",
}


def make_flood(unit: str, length: int) -> str:
    return f"<speak>{unit * (length // len(unit))} end</speak>"


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_markup_is_read_with_linear_work(flood: str) -> None:
    assert grows_linearly(lambda length: count_calls(lambda: read_document(make_flood(FLOODS[flood], length))), FLOOD)


SENTENCES = {
    "words and breaks": "a<break/>",
    "words and manners": "<prosody rate='fast'>a</prosody> b ",
    "words and marks": "<mark name='a'/>a ",
    "marks alone": "<mark name='a'/>",
    "readings": "<sub alias='b'>a</sub> ",
    "readings that touch": "<sub alias='b'>a</sub>",
    "letters": "<say-as interpret-as='characters'>abcdefghijk lmnop</say-as>",
    "dots and breaks": ".<break/>",
    "dots and manners": "<prosody rate='fast'>.</prosody>,",
    "references": "&lt;",
}


@pytest.mark.parametrize("kind", SENTENCES)
def test_one_sentence_full_of_markup_is_cut_with_linear_work(kind: str) -> None:
    def count_calls_to_cut(length: int) -> int:
        read = read_document(make_flood(SENTENCES[kind], length))
        return count_calls(lambda: list(read.sentences))

    assert grows_linearly(count_calls_to_cut, FLOOD)


def test_the_first_sentence_of_a_book_needs_no_work_for_the_others() -> None:
    def count_calls_until_the_first(sentences: int) -> int:
        read = read_document(f"<speak>{'We walked along the wall, and the gulls followed us. ' * sentences}</speak>")
        return count_calls(lambda: next(iter(read.sentences)))

    assert count_calls_until_the_first(10_000) <= 2 * count_calls_until_the_first(100)


def test_thousands_of_warnings_are_limited_to_fifty_and_a_count() -> None:
    warnings = read_document("<speak>" + "".join(f"<a{n}/>" for n in range(1000)) + "<a0/>a</speak>").warnings
    assert len(warnings) == 51
    assert (warnings[-1].code, warnings[-1].detail) == ("more_warnings", "950 more warnings were left out.")


@pytest.mark.parametrize("inner", ["</speak><speak>", "<!DOCTYPE a>", "<?xml version='1.0'?>", "&a;", "<s>", "]]>"])
def test_hostile_markup_of_one_clause_is_refused_as_well(inner: str) -> None:
    with pytest.raises(InvalidSsml):
        read_fragment(f"a{inner}")
