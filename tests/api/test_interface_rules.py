"""Rules of the interface that other tests take for granted, over HTTP and with the real voice."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import Any

import httpx
import pytest
import soundfile

from app.text import SSML_TABLE
from tests.serving import analyze

TEXT = "😀 I am so happy, 𝒻ine! It costs 5€ — “really”.\n\n  Dr. Smith left…  How dare you, sir?! \t"
SSML = "application/ssml+xml"
RATES = (8000, 11025, 12000, 12345, 16000, 22050, 24000, 32000, 44100, 48000)
MPEG_RATES = tuple(rate for rate in RATES if rate != 12345)
FORMATS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "wav": ("audio/wav", "speech.wav", RATES),
    "flac": ("audio/flac", "speech.flac", RATES),
    "mp3": ("audio/mpeg", "speech.mp3", MPEG_RATES),
    "aac": ("audio/aac", "speech.aac", MPEG_RATES),
    "m4b": ("audio/mp4", "speech.m4b", MPEG_RATES),
    "opus": ("audio/ogg; codecs=opus", "speech.opus", (8000, 12000, 16000, 24000, 48000)),
    "pcm": ("audio/pcm;rate={}", "speech.pcm", RATES),
    "ulaw": ("audio/basic", "speech.ulaw", (8000,)),
    "alaw": ("audio/pcma;rate={}", "speech.alaw", (8000,)),
}
"""Content type, file name and sample rates."""


def speak(client: httpx.Client, **fields: Any) -> httpx.Response:
    response = client.post("/synthesize", json={"text": "Hello.", "seed": 1, **fields})
    assert response.status_code == 200, response.text
    return response


# Routes


@pytest.mark.parametrize("accept", ["text/html", "image/png", "audio/flac", "application/json"])
def test_analyze_returns_a_plan_for_any_accept_header(client: httpx.Client, accept: str) -> None:
    fields = {"text": TEXT, "stream": True, "format": "opus", "sample_rate": 48_000, "seed": 7}
    response = client.post("/analyze", json=fields, headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.json() == analyze(client, text=TEXT)


@pytest.mark.parametrize(
    "fields", [{"sample_rate": 22_050, "format": "opus"}, {"sample_rate": 16_000, "format": "ulaw"}]
)
def test_analyze_refuses_invalid_audio_fields(client: httpx.Client, fields: dict[str, Any]) -> None:
    response = client.post("/analyze", json={"text": "Hi.", **fields})
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "#/sample_rate")


def test_the_ssml_table_is_served_unchanged(client: httpx.Client) -> None:
    elements = client.get("/ssml").json()["elements"]
    assert [one["name"] for one in elements] == [row.name for row in SSML_TABLE]
    for served, row in zip(elements, SSML_TABLE, strict=True):
        attributes = [{**asdict(one), "values": list(one.values)} for one in row.attributes]
        assert (served["support"], served["note"], served["attributes"]) == (row.support, row.note, attributes)


def test_the_lists_for_openai_and_open_webui_have_the_expected_shapes(client: httpx.Client) -> None:
    models = client.get("/v1/models").json()
    assert (set(models), models["object"]) == ({"object", "data"}, "list")
    assert {"intone", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"} <= {model["id"] for model in models["data"]}
    for model in models["data"]:
        assert set(model) == {"id", "object", "created", "owned_by"}
        assert (model["object"], type(model["created"])) == ("model", int)
        assert client.get(f"/v1/models/{model['id']}").json() == model
    for path, name in (("/v1/audio/models", "models"), ("/v1/audio/voices", "voices")):
        listed = client.get(path).json()
        assert set(listed) == {name}
        assert all(set(one) == {"id", "name"} for one in listed[name])


# Requests


def test_a_byte_order_mark_is_dropped_from_every_kind_of_input(client: httpx.Client) -> None:
    mark, text, document = "\ufeff", "I am so happy! It rains.", "<speak>I am so happy! It rains.</speak>"
    plain, marked = (analyze(client, **{name: value}) for name, value in (("text", text), ("ssml", document)))
    assert analyze(client, text=mark + text) == plain
    assert analyze(client, ssml=mark + document) == marked
    for type, content, plan in (("text/plain", text, plain), (SSML, document, marked)):
        headers = {"Content-Type": type}
        assert client.post("/analyze", content=(mark + content).encode(), headers=headers).json() == plan
    body = f'{mark}{{"text": "{text}"}}'.encode()
    assert client.post("/analyze", content=body, headers={"Content-Type": "application/json"}).json() == plain
    response = client.get("/synthesize", params={"text": mark + text})
    assert response.content == client.get("/synthesize", params={"text": text}).content


def test_a_byte_order_mark_is_dropped_on_the_openai_route(client: httpx.Client) -> None:
    fields = {"model": "tts-1", "response_format": "pcm", "seed": 1}
    one, other = (
        client.post("/v1/audio/speech", json={**fields, "input": text}) for text in ("Hello.", "\ufeffHello.")
    )
    assert one.content == other.content


def test_the_limit_counts_code_points(client: httpx.Client) -> None:
    assert client.post("/analyze", json={"text": "\ufeff" + "🙂" * 20_000}).status_code == 200
    refusal = client.post("/analyze", json={"text": "🙂" * 20_001})
    assert (refusal.status_code, refusal.json()["code"]) == (413, "text_too_long")
    assert "20000" in refusal.json()["detail"]


def test_names_are_case_insensitive_and_returned_in_canonical_spelling(client: httpx.Client) -> None:
    response = speak(client, voice="WREN", emotion="Angry", format="FLAC", timing=True)
    (utterance,) = response.json()["plan"]["utterances"]
    assert (response.headers["x-voice"], response.headers["x-emotions"]) == ("wren", "anger")
    assert (response.json()["format"], utterance["voice"], utterance["emotion"]) == ("flac", "wren", "anger")
    assert analyze(client, text="Hi.", emotion="AUTO") == analyze(client, text="Hi.")
    (blend,) = analyze(client, text="Hi.", voice="Alloy", emotion={"JOY": 3, "Surprised": 1})["utterances"]
    assert (blend["voice"], blend["blend"]) == ("wren", {"joy": 0.75, "surprise": 0.25})
    sent = {"voice": "NOVA", "utterances": [{"text": "Hi.", "emotion": "SAD"}, {"text": "Ho.", "voice": "WREN"}]}
    assert [one["voice"] for one in analyze(client, plan=sent)["utterances"]] == ["wren", "wren"]
    document = "<speak><voice name='ALLOY'><express-as style='SAD'>Hi.</express-as></voice></speak>"
    (marked,) = analyze(client, ssml=document)["utterances"]
    assert (marked["voice"], marked["emotion"]) == ("wren", "sadness")


def test_markup_overrides_the_fields_of_the_request_and_multiplies_its_speed(client: httpx.Client) -> None:
    document = (
        "<speak><prosody rate='fast'>One.</prosody> "
        "<express-as style='sad' styledegree='2'>Two.</express-as> Three.</speak>"
    )
    one, two, three = analyze(client, ssml=document, speed=2, emotion="joy", degree=0.5)["utterances"]
    assert (one["speed"], one["emotion"], one["degree"]) == (pytest.approx(3.1), "joy", 0.5)
    assert (two["speed"], two["emotion"], two["degree"]) == (2, "sadness", 2)
    assert (three["speed"], three["emotion"], three["degree"]) == (2, "joy", 0.5)


# Responses


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_content_type_file_name_and_sample_rates(client: httpx.Client, name: str) -> None:
    content_type, file_name, rates = FORMATS[name]
    for rate in RATES:
        response = client.post("/synthesize", json={"text": ".", "format": name, "sample_rate": rate})
        if rate in rates:
            assert (response.status_code, response.headers["content-type"]) == (200, content_type.format(rate))
            assert response.headers["content-disposition"] == f'inline; filename="{file_name}"'
            assert response.headers["x-warnings"] == "nothing_spoken"
            assert response.headers["x-audio-duration"] == "0.100"
        else:
            assert (response.status_code, response.json()["errors"][0]["pointer"]) == (422, "#/sample_rate")


def test_another_sample_rate_keeps_the_duration(client: httpx.Client) -> None:
    info = soundfile.info(io.BytesIO(speak(client, sample_rate=8000).content))
    own = soundfile.info(io.BytesIO(speak(client).content))
    assert (info.samplerate, own.samplerate) == (8000, 24_000)
    assert info.duration == pytest.approx(own.duration, abs=0.02)


def test_opus_output_is_the_same_for_a_seed_including_the_serial_number(client: httpx.Client) -> None:
    first, second, streamed = (speak(client, format="opus", stream=stream).content for stream in (False, False, True))
    assert first == second == streamed and first.startswith(b"OggS")


def test_every_response_has_a_request_id_and_keeps_a_valid_one_of_the_client(client: httpx.Client) -> None:
    for path, body in (("/synthesize", {"text": "."}), ("/synthesize", {}), ("/v1/audio/speech", {}), ("/nowhere", {})):
        for sent in ("call-1.a_B", "x" * 64):
            assert client.post(path, json=body, headers={"X-Request-Id": sent}).headers["x-request-id"] == sent
        for sent in ("", "a b", "x" * 65, "<script>"):
            request_id = client.post(path, json=body, headers={"X-Request-Id": sent}).headers["x-request-id"]
            assert len(request_id) == 32 and request_id != sent


def test_headers_list_at_most_64_emotions_and_each_warning_once(client: httpx.Client) -> None:
    response = speak(client, text="Hello. " * 70, emotion="joy", timing=True)
    assert len(response.json()["plan"]["utterances"]) == 70
    assert response.headers["x-emotions"] == ",".join(["joy"] * 64)
    document = (
        "<speak><express-as style='chat'>Hello.</express-as> <express-as style='newscast'>Hello.</express-as> "
        "<blink>Hello.</blink></speak>"
    )
    response = speak(client, text=None, ssml=document, timing=True)
    codes = [warning["code"] for warning in response.json()["plan"]["warnings"]]
    assert codes == ["unsupported_style", "unsupported_style", "unsupported_element"]
    assert response.headers["x-warnings"] == "unsupported_style,unsupported_element"


# The plan


def test_spans_are_in_order_and_leave_out_only_white_space(client: httpx.Client) -> None:
    spans = [one["span"] for one in analyze(client, text=TEXT)["utterances"]]
    left_out, place = "", 0
    for start, end in spans:
        assert place <= start < end
        left_out, place = left_out + TEXT[place:start], end
    assert len(spans) > 3 and not (left_out + TEXT[place:]).strip()


def test_spans_of_words_are_correct_after_characters_of_two_utf_16_units(client: httpx.Client) -> None:
    plan = speak(client, text=TEXT, timing=True).json()["plan"]
    assert all(TEXT[slice(*one["span"])] == one["text"] for one in plan["utterances"])
    words = [word for one in plan["utterances"] for word in one["words"]]
    assert all(TEXT[slice(*word["span"])] == word["text"] for word in words)
    assert {"happy", "Smith", "sir"} <= {word["text"] for word in words}


def test_spoken_text_is_written_out_in_words(client: httpx.Client) -> None:
    plan = analyze(client, text="It costs $5.50 on 5 May. We are 3 km away & late.")
    assert [one["spoken"] for one in plan["utterances"]] == [
        "It costs five dollars fifty on the fifth of May.",
        "We are three kilometers away and late.",
    ]


def test_parts_of_a_sentence_share_one_classification(client: httpx.Client) -> None:
    document = (
        "<speak>I am so happy <break time='1s'/> that it is "
        "<prosody rate='slow'>finally</prosody> <prosody volume='soft'>here</prosody>!</speak>"
    )
    parts = analyze(client, ssml=document)["utterances"]
    assert [one["text"] for one in parts] == ["I am so happy", "that it is", "finally", "here!"]
    assert {one["emotion"] for one in parts} == {"joy"}
    assert all(one["probabilities"] == parts[0]["probabilities"] for one in parts)
    assert parts[0]["pause_after"] == 1


def test_the_estimated_duration_is_near_the_actual_one(client: httpx.Client) -> None:
    response = speak(client, text="The harbour was quiet when the ferry came in. " * 5, timing=True).json()
    assert 0.5 < response["plan"]["duration_estimate"] / response["duration"] < 2
    assert set(response["plan"]["classifier"]) == {"name", "version"}


def test_marks_are_returned_only_after_synthesis(client: httpx.Client) -> None:
    document = "<speak>Hello <mark name='here'/>you.</speak>"
    assert "marks" not in analyze(client, ssml=document)
    plan = speak(client, text=None, ssml=document, timing=True).json()["plan"]
    assert [set(mark) for mark in plan["marks"]] == [{"name", "time"}]
    assert plan["utterances"][0]["ssml"] == 'Hello <mark name="here"/>you.'


# Errors


@pytest.mark.parametrize(
    ("method", "path", "fields", "status", "code", "param"),
    [
        ("DELETE", "/v1/audio/speech", {}, 405, "method_not_allowed", None),
        ("GET", "/v1/nothing", {}, 404, "not_found", None),
        ("GET", "/v1/models/whisper-1", {}, 404, "model_not_found", None),
        ("POST", "/v1/audio/speech", {"content": "Hi."}, 415, "unsupported_media_type", None),
        ("POST", "/v1/audio/speech", {"json": []}, 400, "invalid_request", None),
        (
            "POST",
            "/v1/audio/speech",
            {"json": {"model": "tts-1", "input": "word " * 4000, "speed": 0.25}},
            400,
            "audio_too_long",
            "input",
        ),
    ],
)
def test_an_error_below_v1_has_openais_four_fields(
    client: httpx.Client, method: str, path: str, fields: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    response = client.request(method, path, **fields)
    assert (response.status_code, response.headers["content-type"], set(response.json())) == (
        status,
        "application/json",
        {"error"},
    )
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)


def test_speech_that_would_be_too_long_is_refused_before_synthesis(client: httpx.Client) -> None:
    for path in ("/synthesize", "/analyze"):
        response = client.post(path, json={"text": "word " * 4000, "speed": 0.25})
        assert (response.status_code, response.json()["code"]) == (413, "audio_too_long")
        assert "3600" in response.json()["detail"]
