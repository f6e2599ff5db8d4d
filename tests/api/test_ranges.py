"""Range requests for complete responses."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.responses.complete import RangeResponse, select_range
from app.errors import RangeNotSatisfiable

BODY = bytes(range(100))
HEADERS = {"Content-Type": "audio/wav", "Content-Length": "100", "X-Voice": "wren", "ETag": '"abc"'}


def select_body_range(range_header: str | None, if_range: str | None = None) -> RangeResponse:
    return select_range(len(BODY), HEADERS, range_header, if_range)


@pytest.mark.parametrize(
    ("range_header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-1", 0, 1),
        ("bytes=10-19", 10, 19),
        ("bytes=90-", 90, 99),
        ("bytes=0-", 0, 99),
        ("bytes=99-99", 99, 99),
        ("bytes=90-1000", 90, 99),
        ("bytes=0-99999999999999999999999999", 0, 99),
        ("bytes=00000000000000000000000000010-19", 10, 19),
        ("bytes=-1", 99, 99),
        ("bytes=-100", 0, 99),
        ("bytes=-101", 0, 99),
        ("Bytes= 10-19 ", 10, 19),
    ],
)
def test_a_single_range_gets_206_with_its_bytes(range_header: str, first: int, last: int) -> None:
    response = select_body_range(range_header)
    assert (response.status, BODY[response.part]) == (206, BODY[first : last + 1])
    assert response.headers["content-range"] == f"bytes {first}-{last}/100"
    assert response.headers["content-length"] == str(last + 1 - first)
    assert response.headers["accept-ranges"] == "bytes"
    assert (response.headers["content-type"], response.headers["x-voice"]) == ("audio/wav", "wren")


@pytest.mark.parametrize(
    "range_header",
    [
        None,
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "bytes=5-4",
        "bytes=--1",
        "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=1_0-19",
        "bytes=٣-٤",
        "bytes = 0-1",
        "bytes=0-1,5-6",
        "seconds=0-1",
        "items=0-5",
        "bytes=" + "9" * 10_000,
        "bytes=" + "0-1," * 5_000,
    ],
)
def test_without_a_valid_single_range_the_response_is_complete(range_header: str | None) -> None:
    response = select_body_range(range_header)
    assert (response.status, BODY[response.part], response.headers["content-length"]) == (200, BODY, "100")
    assert response.headers["accept-ranges"] == "bytes"
    assert "content-range" not in response.headers


@pytest.mark.parametrize("range_header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=" + "9" * 10_000 + "-"])
def test_a_range_after_the_end_is_not_satisfiable(range_header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        select_body_range(range_header)
    assert caught.value.headers == {"Content-Range": "bytes */100"}


@pytest.mark.parametrize(
    ("if_range", "status"),
    [
        ('"abc"', 206),
        ('"other"', 200),
        ('W/"abc"', 200),
        ("abc", 200),
        ("", 200),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 200),
    ],
)
def test_if_range_gets_a_part_only_for_the_same_strong_etag(if_range: str, status: int) -> None:
    assert select_body_range("bytes=0-9", if_range).status == status


def test_a_weak_or_missing_etag_gets_the_complete_response() -> None:
    weak = {**HEADERS, "ETag": 'W/"abc"'}
    assert select_range(100, weak, "bytes=0-9", 'W/"abc"').status == 200
    assert select_range(100, {"Content-Type": "audio/wav"}, "bytes=0-9", '"abc"').status == 200


def test_an_empty_body_has_no_ranges() -> None:
    assert select_range(0, HEADERS, "bytes=0-9", None).status == 200


@given(st.integers(1, 300), st.lists(st.integers(1, 300), max_size=5))
def test_joined_ranges_are_the_complete_body(size: int, cuts: list[int]) -> None:
    body = bytes(number % 256 for number in range(size))
    edges = sorted({0, size, *(cut for cut in cuts if cut < size)})
    parts = [body[select_range(size, HEADERS, f"bytes={a}-{b - 1}", None).part] for a, b in pairwise(edges)]
    assert b"".join(parts) == body


@given(st.text(max_size=30))
def test_any_range_header_gets_a_part_the_whole_or_416(range_header: str) -> None:
    for header in (range_header, f"bytes={range_header}"):
        with suppress(RangeNotSatisfiable):
            assert select_body_range(header, range_header or None).status in (200, 206)
