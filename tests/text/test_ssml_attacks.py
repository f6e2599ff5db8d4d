"""SSML that means harm is refused, or read in time that grows only with its length, and in bounded memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import pytest

from app.errors import InvalidSsml
from app.text import read_inner
from tests.text.ssml_reading import marked

BODY = 4 * 1024 * 1024
"""Bytes of the largest body that a request may have."""
LARGE = 10_000_000
LONGEST = 20.0
"""Seconds of the processor for the largest body."""
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
def test_an_attack_is_refused_at_once(attack: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidSsml) as refused:
        marked(REFUSED[attack])
    assert time.process_time() - began < 1.0
    assert len(refused.value.detail) < 200


@pytest.mark.parametrize("attack", ["billion laughs", "quadratic blow-up", "deep", "large dtd", "twin attributes"])
def test_an_attack_takes_no_more_memory_than_a_few_times_its_length(attack: str) -> None:
    document = REFUSED[attack]
    tracemalloc.start()
    try:
        with pytest.raises(InvalidSsml):
            marked(document)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10 * len(document) + 1_000_000


@pytest.mark.parametrize(
    "document",
    [
        f"<speak><sub alias='{'a' * LARGE}'>b</sub></speak>",
        f"<speak {'a' * LARGE}='1'>b</speak>",
        f"<speak><{'a' * LARGE}>b</{'a' * LARGE}></speak>",
        f"<speak><voice name='{'a ' * (LARGE // 2)}'>b</voice></speak>",
        f"<speak><break time='{'9' * LARGE}s'/>b</speak>",
        f"<speak><prosody rate='{'9' * LARGE}%'>b</prosody></speak>",
        f"<speak><phoneme ph='{'ə' * (LARGE // 2)}'>b</phoneme></speak>",
        f"<speak><!--{'a' * LARGE}-->b</speak>",
        f"<speak><?a {'a' * LARGE}?>b</speak>",
    ],
    ids=lambda document: document[:24],
)
def test_one_huge_part_is_read_in_a_second_and_not_given_back(document: str) -> None:
    began = time.process_time()
    read = marked(document)
    assert [sentence.text for sentence in read.sentences] == ["b"]
    assert time.process_time() - began < 1.0
    assert sum(len(warning.detail) for warning in read.warnings) < 1000


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


def seconds(unit: str, length: int) -> float:
    document = f"<speak>{unit * (length // len(unit))}</speak>"
    began = time.process_time()
    marked(document)
    return time.process_time() - began


def is_linear(measure: Callable[[str, int], float], unit: str, length: int) -> bool:
    """Four times as much costs less than nine times as long, where quadratic time would be sixteen times.

    Below a second the clock's own noise would decide, and what else a machine does may slow one of two measurements:
    one try of three is enough, for quadratic time fails each.
    """
    return any(
        (long := measure(unit, length)) < 1.0 or long < min(LONGEST, 9 * measure(unit, length // 4)) for _ in range(3)
    )


@pytest.mark.parametrize("flood", FLOODS)
def test_four_times_a_flood_costs_less_than_nine_times_the_time(flood: str) -> None:
    assert is_linear(seconds, FLOODS[flood], BODY)


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


def seconds_to_cut(unit: str, length: int) -> float:
    read = marked(f"<speak>{unit * (length // len(unit))} end</speak>")
    began = time.process_time()
    list(read.sentences)
    return time.process_time() - began


@pytest.mark.parametrize("kind", SENTENCES)
def test_one_sentence_full_of_markup_is_cut_in_linear_time(kind: str) -> None:
    assert is_linear(seconds_to_cut, SENTENCES[kind], 200_000)


def test_the_first_sentence_of_a_book_does_not_wait_for_the_others() -> None:
    book = marked(f"<speak>{'We walked along the wall, and the gulls followed us. ' * (BODY // 60)}</speak>")
    began = time.process_time()
    assert next(iter(book.sentences)).text == "We walked along the wall, and the gulls followed us."
    assert time.process_time() - began < 0.5


def test_thousands_of_warnings_become_fifty_and_their_number() -> None:
    warnings = marked("<speak>" + "".join(f"<a{n}/>" for n in range(1000)) + "<a0/>a</speak>").warnings
    assert len(warnings) == 51
    assert (warnings[-1].code, warnings[-1].detail) == ("more_warnings", "950 more warnings were left out.")


@pytest.mark.parametrize("inner", ["</speak><speak>", "<!DOCTYPE a>", "<?xml version='1.0'?>", "&a;", "<s>", "]]>"])
def test_the_markup_of_one_clause_is_guarded_as_well(inner: str) -> None:
    with pytest.raises(InvalidSsml):
        read_inner(f"a{inner}")
