"""ETags of requests, and the header If-None-Match."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from app.api.parsing.negotiation import ResponseFormat
from app.api.parsing.request import is_known, make_etag
from app.api.schemas.request import check_fields

TEXT = "The kettle sings."
WAV = ResponseFormat("wav", timing=False)
ETAG = '"0123456789abcdef0123456789abcdef"'


def tag(identity: str = "a", answer: ResponseFormat = WAV, **fields: Any) -> str:
    return make_etag(identity, check_fields({"text": TEXT, "seed": 0, **fields}), answer)


def test_the_same_request_gets_the_same_etag() -> None:
    assert tag() == tag() == tag(voice=None)
    assert tag()[0] == tag()[-1] == '"' and len(tag()) == len(ETAG)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "The kettle sings!"},
        {"seed": 1},
        {"voice": "wren"},
        {"emotion": "joy"},
        {"emotion": {"joy": 1, "fear": 1}},
        {"degree": 1.5},
        {"context": "It is late."},
        {"sample_rate": 8000},
        {"strict": True},
        {"identity": "b"},
        {"answer": ResponseFormat("flac", timing=False)},
        {"answer": ResponseFormat("wav", timing=True)},
        {"answer": ResponseFormat("wav", timing=False, stream=True)},
        {"answer": ResponseFormat("wav", timing=True, stream=True)},
    ],
    ids=str,
)
def test_whatever_changes_the_response_changes_the_etag(other: dict[str, Any]) -> None:
    assert tag(**other) != tag()


def test_a_text_is_not_confused_with_ssml_or_a_plan() -> None:
    contents = ({"text": TEXT}, {"ssml": TEXT}, {"plan": {"utterances": [{"text": TEXT}]}})
    assert len({make_etag("a", check_fields(one), WAV) for one in contents}) == 3


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ([], False),
        ([ETAG], True),
        ([f"W/{ETAG}"], True),
        ([f'"other", {ETAG}'], True),
        (['"other"', ETAG], True),
        ([f'"other",W/{ETAG} '], True),
        (["*"], True),
        ([""], False),
        (['"other"'], False),
        ([ETAG.strip('"')], False),
        ([ETAG[:-2] + '"'], False),
        (["," * 10_000], False),
    ],
)
def test_if_none_match_is_compared_weakly(headers: list[str], known: bool) -> None:
    raw = [(b"if-none-match", value.encode()) for value in headers]
    assert is_known(Request({"type": "http", "headers": raw}), ETAG) is known
