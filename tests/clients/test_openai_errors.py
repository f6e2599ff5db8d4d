"""Errors as OpenAI's Python client reports them: the exception class, the code and the field."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest
from openai import APIError, APIStatusError, AuthenticationError, BadRequestError, NotFoundError, OpenAI, Stream

from tests.clients.openai_clients import BOOK, HELLO, KEY, count_responses, create_client, create_speech
from tests.serving import Server, service_without_models, wait_until

NUMBERS = "It is 7,777,777. Now 7,777,777. Then 7,777,777!"
"""Takes far longer to say than to write, so the limit is reached while it is spoken."""
LARGE = 5 * 1024 * 1024


def pass_extra(**fields: Any) -> dict[str, Any]:
    return {"extra_body": fields}


WRONG: list[tuple[dict[str, Any], type[APIStatusError], str, str | None]] = [
    ({"model": "gpt-5"}, NotFoundError, "model_not_found", None),
    ({"model": "tts-1-112"}, NotFoundError, "model_not_found", None),
    (pass_extra(model=5), BadRequestError, "invalid_request", "model"),
    ({"input": ""}, BadRequestError, "empty_text", "input"),
    ({"input": " \n"}, BadRequestError, "empty_text", "input"),
    ({"input": "a" * 20_001}, BadRequestError, "text_too_long", "input"),
    ({"input": "a" * LARGE}, BadRequestError, "body_too_large", "input"),
    ({"input": ["Hello."]}, BadRequestError, "invalid_request", "input"),
    (pass_extra(input=None), BadRequestError, "invalid_request", "input"),
    ({"input": "<speak>Hello", **pass_extra(ssml=True)}, BadRequestError, "invalid_ssml", "input"),
    ({"input": "Hello.", **pass_extra(ssml=True)}, BadRequestError, "invalid_ssml", "input"),
    (pass_extra(ssml="yes"), BadRequestError, "invalid_request", "ssml"),
    ({"voice": "nobody"}, BadRequestError, "voice_not_found", "voice"),
    ({"voice": {"id": None}}, BadRequestError, "invalid_request", "voice"),
    ({"voice": " "}, BadRequestError, "voice_not_found", "voice"),
    ({"voice": {"id": "nobody"}}, BadRequestError, "voice_not_found", "voice"),
    ({"voice": {"name": "alloy"}}, BadRequestError, "invalid_request", "voice"),
    ({"voice": {"id": 5}}, BadRequestError, "invalid_request", "voice"),
    ({"voice": 5}, BadRequestError, "invalid_request", "voice"),
    ({"speed": 4.5}, BadRequestError, "invalid_request", "speed"),
    ({"speed": 0.2}, BadRequestError, "invalid_request", "speed"),
    ({"speed": "fast"}, BadRequestError, "invalid_request", "speed"),
    ({"response_format": "wma"}, BadRequestError, "invalid_request", "response_format"),
    ({"response_format": " "}, BadRequestError, "invalid_request", "response_format"),
    ({"stream_format": "xml"}, BadRequestError, "invalid_request", "stream_format"),
    ({"stream_format": "sse", **pass_extra(stream=False)}, BadRequestError, "invalid_request", "stream"),
    ({"instructions": 5}, BadRequestError, "invalid_request", "instructions"),
    ({"instructions": "x" * 4097}, BadRequestError, "invalid_request", "instructions"),
    (pass_extra(emotion="hapy"), BadRequestError, "unknown_emotion", "emotion"),
    (pass_extra(emotion="joy:much"), BadRequestError, "invalid_request", "emotion"),
    (pass_extra(emotion={"joy": 0}), BadRequestError, "invalid_request", "emotion"),
    (pass_extra(emotion={"joy": 1, "anger": 1}, voice="tiny"), BadRequestError, "blend_unsupported", "emotion"),
    (pass_extra(degree=3), BadRequestError, "invalid_request", "degree"),
    (pass_extra(seed=-1), BadRequestError, "invalid_request", "seed"),
    (pass_extra(sample_rate=96_000), BadRequestError, "invalid_request", "sample_rate"),
    ({"response_format": "opus", **pass_extra(sample_rate=22_050)}, BadRequestError, "invalid_request", "sample_rate"),
    ({"extra_query": {"speed": "2"}}, BadRequestError, "invalid_request", "speed"),
    ({"extra_headers": {"Content-Type": "text/plain"}}, APIStatusError, "unsupported_media_type", None),
    (
        {"extra_headers": {"Content-Type": "application/json; charset=klingon"}},
        APIStatusError,
        "unsupported_media_type",
        None,
    ),
]


@pytest.mark.parametrize(("fields", "kind", "code", "param"), WRONG)
def test_a_wrong_field_is_named(
    keyed_client: OpenAI, fields: dict[str, Any], kind: type[APIStatusError], code: str, param: str | None
) -> None:
    with pytest.raises(kind) as caught:
        create_speech(keyed_client, **fields)
    error = caught.value
    assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")
    assert isinstance(error.body, dict) and set(error.body) == {"message", "type", "param", "code"}
    assert error.body["message"][-1] in ".?"
    assert error.request_id


def test_an_error_uses_the_field_name_of_the_client(openai_client: OpenAI) -> None:
    with pytest.raises(BadRequestError, match=r"response_format: 'wma' is none of wav, "):
        create_speech(openai_client, response_format="wma")


@pytest.mark.parametrize("body", ['{"model": ', "[]", '"Hello."', "\udcff"])
def test_a_body_that_is_not_a_json_object_is_refused(openai_client: OpenAI, body: str) -> None:
    content = body.encode("utf-8", "surrogateescape")
    with pytest.raises(BadRequestError) as caught:
        openai_client.post("/audio/speech", cast_to=object, content=content)
    assert caught.value.param is None


def test_each_listed_model_can_be_retrieved_and_others_cannot(openai_client: OpenAI) -> None:
    listed = [model.id for model in openai_client.models.list()]
    assert {"intone", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"} <= set(listed)
    for name in listed:
        model = openai_client.models.retrieve(name.upper())
        assert (model.id, model.object, model.owned_by) == (name, "model", "intone")
        assert model.created > 1_700_000_000
    for name in ("whisper-1", "hexgrad/Kokoro-82M", " "):
        with pytest.raises(NotFoundError) as caught:
            openai_client.models.retrieve(name)
        assert caught.value.code == "model_not_found"


def test_an_unknown_route_gets_an_error_in_the_same_format(openai_client: OpenAI) -> None:
    with pytest.raises(NotFoundError) as caught:
        openai_client.audio.transcriptions.create(model="whisper-1", file=b"RIFF")
    assert (caught.value.code, caught.value.param) == ("not_found", None)


def test_speech_requires_the_key_and_models_do_not(keyed_server: Server, keyed_client: OpenAI) -> None:
    assert len(create_speech(keyed_client).content) > 1000
    with create_client(keyed_server.url, KEY[:-1]) as stranger:
        with pytest.raises(AuthenticationError) as caught:
            create_speech(stranger)
        assert (caught.value.code, caught.value.param) == ("invalid_api_key", None)
        assert caught.value.response.headers["www-authenticate"] == "Bearer"
        assert stranger.models.retrieve("tts-1").id == "tts-1"


def test_the_client_retries_twice_if_the_service_is_not_ready() -> None:
    with service_without_models() as client, create_client(str(client.base_url), max_retries=2) as retrying:
        with pytest.raises(openai.InternalServerError) as caught:
            create_speech(retrying)
        error = caught.value
        assert (error.status_code, error.code, error.type) == (503, "not_ready", "server_error")
        assert 1 <= int(error.response.headers["retry-after"]) <= 120
        assert count_responses(str(client.base_url), 503) == 3


def test_a_rate_limited_client_retries_after_the_requested_delay() -> None:
    """Another request is accepted after three seconds, more than a busy machine takes for one."""
    with service_without_models(rate_limit=20) as client:
        url = str(client.base_url)
        with create_client(url) as hasty:
            assert [expect_error(hasty).status_code for _ in range(3)] == [503] * 3
            errors = (expect_error(hasty) for _ in range(100))
            refused = next(error for error in errors if isinstance(error, openai.RateLimitError))
        assert 1 <= int(refused.response.headers["retry-after"]) <= 3
        with create_client(url, max_retries=1) as patient:
            assert expect_error(patient).status_code == 503
        assert count_responses(url, 429) == 2


def expect_error(client: OpenAI) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        create_speech(client)
    return caught.value


def test_the_client_retries_a_busy_service_and_succeeds(narrow_server: Server) -> None:
    url = narrow_server.url
    book = {**HELLO, "input": BOOK, "response_format": "pcm"}
    before = count_responses(url, 503)
    with create_client(url) as reader, create_client(url, max_retries=2) as patient, ThreadPoolExecutor(1) as other:
        with reader.audio.speech.with_streaming_response.create(**book) as response:
            pieces = response.iter_bytes(100)  # kept, as the client disconnects when it is garbage-collected
            next(pieces)
            waiting = other.submit(create_speech, patient)
            wait_until(lambda: count_responses(url, 503) > before, 10)
        assert len(waiting.result().content) > 1000


def test_a_request_over_the_time_budget_is_not_retried(narrow_server: Server) -> None:
    before = count_responses(narrow_server.url, 504)
    with (
        create_client(narrow_server.url, max_retries=2) as client,
        pytest.raises(openai.InternalServerError) as caught,
    ):
        create_speech(client, input=BOOK, extra_body={"stream": False})
    assert (caught.value.status_code, caught.value.code) == (504, "over_time_budget")
    assert count_responses(narrow_server.url, 504) == before + 1


def test_an_error_after_the_first_byte_is_sent_as_an_event(keyed_client: OpenAI) -> None:
    body = {**HELLO, "input": NUMBERS, "stream_format": "sse", "response_format": "pcm"}
    seen: list[Any] = []
    with pytest.raises(APIError) as caught:
        seen.extend(
            keyed_client.post("/audio/speech", cast_to=object, body=body, stream=True, stream_cls=Stream[object])
        )
    assert (caught.value.code, caught.value.param) == ("audio_too_long", "input")
    assert seen


def test_an_error_after_the_first_byte_closes_the_connection(keyed_client: OpenAI) -> None:
    fields = {**HELLO, "input": NUMBERS, "response_format": "pcm"}
    with keyed_client.audio.speech.with_streaming_response.create(**fields) as response:
        pieces = response.iter_bytes(100)
        assert next(pieces)
        with pytest.raises(Exception, match="incomplete chunked read"):
            for _ in pieces:
                pass


def test_an_unsupported_accept_header_is_ignored(openai_client: OpenAI) -> None:
    assert create_speech(openai_client, extra_headers={"Accept": "image/png"}).headers["content-type"] == "audio/mpeg"
