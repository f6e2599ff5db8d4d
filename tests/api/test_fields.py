"""Fields parsed from JSON and query parameters: types, ranges, and pointers to errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.api.parsing.body import MAX_BODY_BYTES, MAX_NAMES, MAX_VALUES, read_json
from app.api.parsing.request import read_query, refuse_content, refuse_query
from app.api.schemas.request import SpeechBody, check_fields
from app.errors import FieldError, InvalidRequest, UnreadableBody
from app.planning.edited import MAX_UTTERANCES


def get_error(text: str) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        check_fields(read_json(text))
    return caught.value


def test_null_means_the_default_in_every_field_but_text() -> None:
    names = SpeechBody.model_fields.keys() - {"text"}
    body = check_fields({"text": "Hi", **dict.fromkeys(names)})
    assert body == check_fields({"text": "Hi"})
    assert get_error('{"text": null}').fields[0].pointer == "#/text"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "1"),
        ("text", "true"),
        ("text", "[]"),
        ("text", '"\\ud800"'),
        ("voice", "1"),
        ("voice", '"\\udfff"'),
        ("emotion", "1"),
        ("emotion", '{"joy": -1}'),
        ("degree", "true"),
        ("degree", '"1"'),
        ("degree", "0"),
        ("degree", "2.01"),
        ("degree", "1e400"),
        ("degree", "-1e400"),
        ("degree", "1" * 5000),
        ("speed", "0.24"),
        ("speed", "4.5"),
        ("speed", "[]"),
        ("speed", "9" * 400),
        ("format", "1"),
        ("timing", "1"),
        ("timing", '"true"'),
        ("strict", "0"),
        ("seed", "-1"),
        ("seed", "4294967296"),
        ("seed", "1.5"),
        ("seed", "true"),
        ("seed", '"7"'),
        ("seed", "1" * 5000),
        ("instructions", "1"),
        ("instructions", f'"{"x" * 4097}"'),
    ],
)
def test_a_wrong_value_is_refused_with_a_pointer_to_its_field(field: str, value: str) -> None:
    other = "" if field == "text" else '"text": "Hi", '
    assert [error.pointer for error in get_error(f'{{{other}"{field}": {value}}}').fields] == [f"#/{field}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("degree", 0.01),
        ("degree", 2),
        ("speed", 0.25),
        ("speed", 4),
        ("seed", 0),
        ("seed", 2**32 - 1),
        ("instructions", "x" * 4096),
    ],
)
def test_ranges_include_their_bounds(field: str, value: float | str) -> None:
    assert getattr(check_fields({"text": "Hi", field: value}), field) == value


@pytest.mark.parametrize("field", ["seed", "sample_rate"])
def test_a_whole_number_may_be_written_with_a_decimal_point(field: str) -> None:
    value = getattr(check_fields(read_json(f'{{"text": "Hi", "{field}": 24000.0}}')), field)
    assert (type(value), value) == (int, 24000)
    assert get_error(f'{{"text": "Hi", "{field}": 24000.5}}').fields[0].pointer == f"#/{field}"


def test_unknown_fields_are_named() -> None:
    error = get_error('{"text": "Hi", "loud": true, "a/b~c é": 1}')
    assert [field.pointer for field in error.fields] == ["#/loud", "#/a~1b~0c%20%C3%A9"]
    assert "loud" in error.detail


def test_an_unknown_field_named_by_a_lone_surrogate_is_reported() -> None:
    assert get_error('{"text": "Hi", "\\ud800": 1}').fields[0].pointer.isascii()


def test_a_duplicate_field_is_refused() -> None:
    assert get_error('{"text": "a", "text": "b"}').fields[0].pointer == "#/text"


def test_exactly_one_of_text_ssml_and_plan_is_required() -> None:
    assert get_error("{}").fields[0].pointer == "#/text"
    assert get_error('{"text": "Hi", "ssml": "<speak/>"}').fields[0].pointer == "#/ssml"
    assert get_error('{"text": "Hi", "plan": {"utterances": [{"text": "Hi"}]}}').fields[0].pointer == "#/plan"


def test_fields_that_a_plan_contains_are_refused_alongside_it() -> None:
    error = get_error('{"plan": {"utterances": [{"text": "Hi"}]}, "voice": "wren", "emotion": "joy", "degree": 1}')
    assert [field.pointer for field in error.fields] == ["#/voice", "#/emotion", "#/degree"]


@pytest.mark.parametrize("name", ["text", "ssml"])
def test_text_and_ssml_are_refused_as_parameters_alongside_a_body(name: str) -> None:
    with pytest.raises(InvalidRequest):
        refuse_content({name: "Hi"})


@pytest.mark.parametrize("text", ["[]", '"Hi"', "1", "null", "true"])
def test_a_body_that_is_not_an_object_is_refused(text: str) -> None:
    get_error(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"text": "a"',
        "{'text': 'a'}",
        '{"degree": NaN}',
        '{"degree": -Infinity}',
        "[" * 200_000,
        '{"a":' * 9999,
    ],
)
def test_invalid_json_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableBody):
        read_json(text)


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        (b"voice=wren", "voice", "wren"),
        (b"degree=1.5", "degree", 1.5),
        (b"speed=2", "speed", 2),
        (b"timing=true", "timing", True),
        (b"timing=1", "timing", True),
        (b"strict=false", "strict", False),
        (b"strict=0", "strict", False),
        (b"seed=7", "seed", 7),
        (b"emotion=%6Aoy", "emotion", "joy"),
    ],
)
def test_a_query_parameter_gets_the_type_of_its_field(query: bytes, field: str, value: Any) -> None:
    body = check_fields({**read_query(query), "text": "Hi"})
    assert getattr(body, field) == value


@pytest.mark.parametrize(
    "query",
    [
        b"degree=nan",
        b"degree=inf",
        b"degree=1_0",
        b"degree=",
        b"degree=+1",
        b"seed=1.5",
        b"seed=abc",
        b"timing=yes",
        b"timing=TRUE",
        b"plan={}",
        b"unknown=1",
        b"voice=a&voice=a",
        b"voice=%ff",
        b"v\xffoice=a",
        b"&".join(b"a%d=1" % number for number in range(500)),
    ],
)
def test_a_wrong_repeated_or_unknown_parameter_is_refused(query: bytes) -> None:
    with pytest.raises(InvalidRequest):
        check_fields({**read_query(query), "text": "Hi"})


def test_parameters_alongside_json_are_refused_by_name() -> None:
    refuse_query(b"")
    with pytest.raises(InvalidRequest, match="emotion") as caught:
        refuse_query(b"emotion=joy&x=1")
    assert [field.pointer for field in caught.value.fields] == ["#/emotion", "#/x"]


def test_pointers_are_uri_fragments() -> None:
    assert FieldError.at("", "a/b", 0, "c~d", "e f").pointer == "#/a~1b/0/c~0d/e%20f"


def test_the_detail_for_a_thousand_unknown_fields_is_short() -> None:
    error = get_error('{"text": "Hi", ' + ", ".join(f'"f{number}": 1' for number in range(1000)) + "}")
    assert len(error.detail) < 2000


def test_the_number_of_names_in_an_object_is_limited() -> None:
    most = {f"{number}": 1 for number in range(MAX_NAMES)}
    assert read_json(json.dumps(most)) == most
    error = get_error(json.dumps({"text": "Hi", "deep": [{**most, "one more": 1}]}))
    assert f"{MAX_NAMES + 1} names" in error.detail


def test_the_number_of_values_in_a_body_is_limited() -> None:
    most = "[" + "0," * (MAX_VALUES - 2) + "0]"
    assert len(read_json(most)) == MAX_VALUES - 1
    for one in ("[" + "[]," * MAX_VALUES + "0]", "{" + '"a":0,' * MAX_VALUES + '"b":0}', "[" + "{}," * MAX_VALUES):
        assert "500000 values" in get_error(one).detail


def test_only_the_first_of_many_invalid_utterances_is_reported() -> None:
    # An error takes a kilobyte, so a response holds no more of them than one utterance has fields.
    one = {"text": 1, **{f"unknown{number}": 1 for number in range(22)}}
    error = get_error(json.dumps({"plan": {"utterances": [{"text": "Hi."}] + [one] * 1000}}))
    assert len(error.fields) == 23
    assert {field.pointer.rpartition("/")[0] for field in error.fields} == {"#/plan/utterances/1"}


def test_a_plan_of_the_maximum_body_size_is_accepted() -> None:
    one = {"text": "Oh.", "span": [0, 3], "emotion": "joy", "degree": 1, "speed": 1, "volume": 1, "pitch": 0}
    one |= {"pause_after": 0.1, "source": "pinned", "reason": "", "start": 0, "end": 1, "voice": None, "ssml": None}
    one |= {"spoken": "Oh."}
    text = json.dumps({"plan": {"utterances": [one] * MAX_UTTERANCES}}, separators=(",", ":"))
    assert 0.9 * MAX_BODY_BYTES < len(text) <= MAX_BODY_BYTES
    plan = check_fields(read_json(text)).plan
    assert plan is not None and len(plan.utterances) == MAX_UTTERANCES
