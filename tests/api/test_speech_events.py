"""Streams of events, as lines of JSON and as server-sent events, of the real service."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Annotated, Any, Union

import httpx
import pytest
from pydantic import Field, TypeAdapter

from app.api.schemas import answers
from tests.serving import StartServer

TEXT = "The harbour was quiet when the ferry came in. I am so happy that you are finally here! How dare you!"
SSML = (
    "<speak>The <mark name='harbour'/>harbour was quiet.<break time='700ms'/> "
    "<prosody rate='fast'>I am so happy!</prosody><mark name='end'/> <audio src='bell.wav'>The bell.</audio></speak>"
)
NUMBERS = "It is 7,777,777. Now 7,777,777. Then 7,777,777!"
"""Takes far longer to say than to write, so the limit is reached while it is spoken."""
LINES, EVENTS = "application/x-ndjson", "text/event-stream"
RATE = 24_000

Event = dict[str, Any]


def parse(response: httpx.Response) -> list[Event]:
    """Return the events of a response, whose media type tells how they are written."""
    assert response.status_code == 200, response.text
    if response.headers["content-type"].startswith(LINES):
        assert response.text.endswith("\n")
        return [json.loads(line) for line in response.text.splitlines()]
    *events, rest = response.text.split("\n\n")
    assert rest == "" and all(event.startswith("data: ") for event in events)
    return [json.loads(event.removeprefix("data: ")) for event in events]


def speak(client: httpx.Client, accept: str = "*/*", **fields: Any) -> list[Event]:
    body = {"seed": 5, "stream": True, "timing": True, "format": "pcm", **fields}
    return parse(client.post("/synthesize", json=body, headers={"Accept": accept}))


def select(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == kind]


def join_audio(events: list[Event]) -> bytes:
    return b"".join(base64.b64decode(event["audio"]) for event in select(events, "speech.audio.delta"))


def join_utterances(events: list[Event]) -> list[Event]:
    """Return the utterances as they are in a plan: their starts, completed with their ends."""
    starts, ends = select(events, "speech.utterance"), select(events, "speech.utterance.done")
    utterances = []
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        assert start["index"] == end["index"] == number
        times = {name: end[name] for name in ("end", "pause_after")}
        utterances.append({**start["utterance"], **times, **({"words": end["words"]} if end["words"] else {})})
    return utterances


@pytest.mark.parametrize(
    "content", [{"text": TEXT}, {"ssml": SSML}, {"text": "."}, {"ssml": "<speak>A.<s/>B.</speak>"}]
)
def test_the_joined_events_equal_the_response_with_timing(client: httpx.Client, content: dict[str, str]) -> None:
    whole = client.post("/synthesize", json={"seed": 5, "timing": True, "format": "pcm", **content}).json()
    start, *events, done = speak(client, **content)
    plan = whole["plan"]
    assert base64.b64encode(join_audio(events)).decode() == whole["audio"]
    assert join_utterances(events) == plan["utterances"]
    assert [mark for event in select(events, "speech.utterance.done") for mark in event["marks"]] == plan["marks"]
    assert done["warnings"] == plan["warnings"]
    reported = [warning for event in events for warning in event.get("warnings", [])]
    assert sorted(map(str, reported)) == sorted(map(str, plan["warnings"]))
    assert done["duration"] == whole["duration"]
    assert start == {
        "type": "speech.start",
        "voice": plan["voice"],
        "classifier": plan["classifier"],
        **{name: whole[name] for name in ("format", "content_type", "sample_rate")},
    }


def test_an_utterance_starts_before_its_audio_and_ends_after_it(client: httpx.Client) -> None:
    seconds, starts, ends = 0.0, [], []
    for event in speak(client, text=TEXT):
        if event["type"] == "speech.utterance":
            starts.append(event["utterance"]["start"])
            assert seconds <= starts[-1] + 1 / RATE
            assert event["utterance"]["words"][0]["start"] >= starts[-1]
        elif event["type"] == "speech.audio.delta":
            seconds += len(base64.b64decode(event["audio"])) / 2 / RATE
        elif event["type"] == "speech.utterance.done":
            ends.append(event["end"])
            assert seconds == pytest.approx(ends[-1] + event["pause_after"], abs=2 / RATE)
    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))
    assert len(starts) == len(ends) == 3


def test_only_the_end_of_the_last_word_changes_after_the_start(client: httpx.Client) -> None:
    events = speak(client, text=TEXT)
    for start, end in zip(select(events, "speech.utterance"), select(events, "speech.utterance.done"), strict=True):
        early, final = start["utterance"]["words"], end["words"]
        assert early[:-1] == final[:-1] and len(early) == len(final)
        assert all(one["end"] <= other["start"] for one, other in pairwise(final))
        assert abs(early[-1]["end"] - final[-1]["end"]) < 0.5


@pytest.mark.parametrize("format", ["wav", "mp3", "opus", "alaw"])
def test_both_forms_have_the_same_events_in_every_format(client: httpx.Client, format: str) -> None:
    lines, events = (speak(client, accept, text=TEXT, format=format) for accept in (LINES, EVENTS))
    assert join_utterances(lines) == join_utterances(events)
    assert join_audio(lines) == join_audio(events)
    assert lines[-1] == events[-1] and lines[0] == events[0]


def test_every_event_has_its_schema(client: httpx.Client) -> None:
    union: Any = Union[answers.SPEECH_EVENTS]  # noqa: UP007
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[union, Field(discriminator="type")])
    events = speak(client, ssml=SSML)
    for event in events:
        adapter.validate_json(json.dumps(event), strict=True)
    assert len({event["type"] for event in events}) == len(answers.SPEECH_EVENTS)


@pytest.mark.parametrize(
    ("fields", "accept", "media_type"),
    [
        ({"stream": True, "timing": True}, "*/*", LINES),
        ({}, LINES, LINES),
        ({"timing": True}, EVENTS, EVENTS),
        ({"stream": True}, EVENTS, EVENTS),
    ],
)
def test_accept_and_the_fields_select_the_form(
    client: httpx.Client, fields: dict[str, bool], accept: str, media_type: str
) -> None:
    response = client.post("/synthesize", json={"text": "Hello.", "seed": 1, **fields}, headers={"Accept": accept})
    assert response.headers["content-type"].split(";")[0] == media_type
    assert response.headers["vary"] == "Accept" and "etag" not in response.headers
    assert "content-disposition" not in response.headers and response.headers["x-voice"] == "wren"
    assert parse(response)[-1]["type"] == "speech.audio.done"
    got = client.get("/synthesize", params={"text": "Hello.", **fields}, headers={"Accept": accept})
    assert got.headers["content-type"] == response.headers["content-type"] and "etag" not in got.headers
    assert parse(got)[0]["type"] == "speech.start"


def test_an_error_after_the_first_byte_is_the_last_event(own_server: StartServer) -> None:
    server = own_server("--max-audio-seconds", "6", "--cache-mb", "0")
    with server.create_client() as client:
        for accept in (LINES, EVENTS):
            *events, error = speak(client, accept, text=NUMBERS, seed=None)
            assert join_audio(events)
            assert error["type"] == "error"
            assert (error["error"]["status"], error["error"]["code"]) == (413, "audio_too_long")
            TypeAdapter(answers.SpeechError).validate_json(json.dumps(error), strict=True)
    assert "Traceback" not in server.log_text()
