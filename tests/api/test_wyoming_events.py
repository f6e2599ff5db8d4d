"""Events of the Wyoming protocol: lengths are bounded, and what is no event is a typed error."""

from __future__ import annotations

import asyncio
import json

import pytest
from wyoming.event import Event, async_read_event

from app.api.wyoming.events import (
    MAX_DATA_BYTES,
    MAX_HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    encode_event,
    make_error_event,
    read_event,
)
from app.errors import BodyTooLarge, IntoneError, InvalidRequest, InvalidVoice, UnreadableBody

pytestmark = pytest.mark.anyio


def make_reader(*parts: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=MAX_HEADER_BYTES)
    for part in parts:
        reader.feed_data(part)
    reader.feed_eof()
    return reader


def encode_header(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


@pytest.mark.parametrize(
    "event",
    [Event("ping"), Event("synthesize", {"text": "Grüße 😀"}), Event("audio-chunk", {"rate": 24000}, b"\0\1\n" * 9000)],
    ids=lambda event: event.type,
)
async def test_encoded_events_are_those_of_the_package(event: Event) -> None:
    read = await async_read_event(make_reader(encode_event(event)))
    assert read is not None and (read.type, read.data, read.payload) == (event.type, event.data, event.payload)


async def test_data_may_be_in_the_header_and_after_it() -> None:
    header = encode_header(type="synthesize", data={"text": "a", "voice": None}, data_length=12, payload_length=3)
    reader = make_reader(header + b'{"text":"b"}' + b"xyz" + encode_header(type="ping", data=None))
    assert await read_event(reader) == Event("synthesize", {"text": "b", "voice": None})
    assert await read_event(reader) == Event("ping", {})
    assert await read_event(reader) is None


@pytest.mark.parametrize(
    "received",
    [b"", b'{"type": "pi', encode_header(type="a", data_length=5) + b'{"', encode_header(type="a", payload_length=9)],
    ids=["nothing", "half a header", "half of the data", "no payload"],
)
async def test_the_end_within_an_event_is_the_end_of_the_connection(received: bytes) -> None:
    assert await read_event(make_reader(received)) is None


@pytest.mark.parametrize(
    ("received", "kind"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", UnreadableBody),
        (b"\n", UnreadableBody),
        (b"\xff\xfe\n", UnreadableBody),
        (b"[1]\n", UnreadableBody),
        (b'{"type": NaN}\n', UnreadableBody),
        (b"[" * 60_000 + b"\n", UnreadableBody),
        (b'{"data": {}}\n', InvalidRequest),
        (b'{"type": 1}\n', InvalidRequest),
        (b'{"type": "a", "data": "b"}\n', InvalidRequest),
        (encode_header(type="a", data_length="5"), InvalidRequest),
        (encode_header(type="a", data_length=1.5), InvalidRequest),
        (encode_header(type="a", data_length=-1), InvalidRequest),
        (encode_header(type="a", payload_length=[9]), InvalidRequest),
        (encode_header(type="a", data_length=3) + b"[1]", UnreadableBody),
        (encode_header(type="a", data_length=2) + b"{}"[:1] + b"\xff", UnreadableBody),
        (encode_header(type="a", data_length=MAX_DATA_BYTES + 1), BodyTooLarge),
        (encode_header(type="a", payload_length=MAX_PAYLOAD_BYTES + 1), BodyTooLarge),
        (encode_header(type="a", payload_length=10**200), BodyTooLarge),
        (b'{"type": "' + b"a" * MAX_HEADER_BYTES + b'"}\n', BodyTooLarge),
        (b"a" * (2 * MAX_HEADER_BYTES), BodyTooLarge),
    ],
)
async def test_what_is_no_event_is_a_typed_error(received: bytes, kind: type[IntoneError]) -> None:
    with pytest.raises(kind) as error:
        await read_event(make_reader(received))
    assert error.value.detail


async def test_an_error_event_has_text_and_code_but_no_path_of_the_installation() -> None:
    event = make_error_event(BodyTooLarge("Too much.", hint="Send less."))
    assert event == Event("error", {"text": "Too much. Send less.", "code": "body_too_large"})
    assert "/srv" not in make_error_event(InvalidVoice("/srv/voices/a is damaged.")).data["text"]
