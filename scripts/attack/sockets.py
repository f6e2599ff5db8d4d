"""Hold hostile conversations over WebSockets, with broken frames and messages, and over Wyoming."""

from __future__ import annotations

import asyncio
import json
import os
import random
import struct
from collections.abc import Callable
from itertools import cycle
from urllib.parse import quote, urlencode

from scripts.attack.attack import Attack, Target
from scripts.attack.bodies import make_options, write_json
from scripts.attack.hostile import NAMES, SIGNS, VALUES, make_ssml, make_text, make_value
from scripts.attack.service import Limits
from scripts.attack.wire import parse_answer, write_request

CONVERSATIONS = 3000
CLIENTS = 16
SECONDS = 60.0
"""Seconds after which a conversation that is still open hangs; sockets close after one second without a message."""
TEXT, CLOSE, INTERNAL = 1, 8, 1011
"""Opcodes of frames, and the close code of a failure inside the service."""
KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
FORMATS = ("pcm_24000", "mp3_44100_128", "opus_48000_64", "ulaw_8000", "pcm_1", "mp3_0", "", "pcm_99999", "PCM_24000")


async def run(target: Target) -> None:
    """Hold all conversations."""
    turns = iter(range(target.scaled(CONVERSATIONS)))
    makers = cycle((_talk_in_frames, _talk_in_events))

    async def talk() -> None:
        for _ in turns:
            await next(makers)(target)

    await asyncio.gather(*(talk() for _ in range(CLIENTS)))


async def _converse(target: Target, opening: Callable[[], object], data: bytes, kind: str, *, leaves: bool) -> bytes:
    """Send bytes, and return what comes until the service closes the connection; nothing if the client `leaves`."""
    received = b""
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await opening()  # type: ignore[misc]
            try:
                writer.write(data)
                if leaves:
                    await reader.read(1)
                    return b""
                while part := await reader.read(2**20):
                    received += part
            finally:
                writer.transport.abort()
    except ConnectionError:
        pass
    except TimeoutError:
        target.report.add_fault(f"{kind}: still open after {SECONDS:g} s", data)
    return received


def frame(data: bytes, opcode: int = TEXT, *, first: int = 0x80, mask: int = 0x80) -> bytes:
    """Return a frame of a client (RFC 6455); `first` are the bits beside the opcode, `mask` is the bit before the length."""
    size = len(data)
    length = (
        bytes([mask | size])
        if size < 126
        else struct.pack("!BH", mask | 126, size)
        if size < 2**16
        else struct.pack("!BQ", mask | 127, size)
    )
    return bytes([first | opcode]) + length + (bytes(4) if mask else b"") + data


def _make_frame(chance: random.Random) -> bytes:
    kind = chance.randrange(24)
    if kind < 16:
        return frame(write_json(chance, _make_message(chance)))
    broken = (
        frame(b"\xff\xfe"), frame(b"{}", opcode=2), frame(b"{}", opcode=3), frame(b"{}", first=0xF0), frame(b"{}", mask=0),
        frame(b"x" * 200, opcode=9), frame(b'{"text": "', first=0) + frame(b'a"}', opcode=0), frame(b"a", opcode=0),
        b"\x81\xff" + b"\x7f" * 8, frame(b"x" * 200_000), frame(b"{}", opcode=10), os.urandom(30), frame(b'{"text":"a"}') * 99,
        frame(b'{"text":"","flush":true}') * 500,
    )  # fmt: skip
    return chance.choice(broken)


def _make_message(chance: random.Random) -> dict[str, object]:
    message: dict[str, object] = {
        "text": chance.choice((make_text(chance), " ", "", "Hm. ", chance.choice(SIGNS) * 3000))
    }
    more = {
        "context_id": chance.choice(("a", "b", "c", "x" * 129, "\ud800", "", 1)),
        "flush": True,
        "try_trigger_generation": True,
        "close_context": True,
        "voice_settings": chance.choice(({"speed": 1.2}, {"speed": "fast"}, {"speed": 1e999}, {}, [], None)),
        "xi_api_key": chance.choice(("x" * 9000, "\ud800", "")),
        chance.choice(NAMES)[:50]: make_value(chance),
    }
    return message | {name: more[name] for name in chance.sample(list(more), chance.randrange(4))}


async def _talk_in_frames(target: Target) -> None:
    chance = target.chance
    voice = chance.choice(("wren", "wren", "wren", "alloy", quote(chance.choice(NAMES), safe="")))
    kind = chance.choice(("stream-input", "multi-stream-input"))
    options = {"inactivity_timeout": 1, "output_format": chance.choice(FORMATS[:4])}
    if chance.random() < 0.4:
        options |= {name: str(value)[:500] for name, value in make_options(chance).items()} | {
            "output_format": chance.choice(FORMATS)
        }
    query = urlencode(options, errors="replace")
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    headers += [("Sec-WebSocket-Key", chance.choice((*[KEY] * 20, "", "x")))]
    headers += chance.choice(
        ([], [], [], [("Origin", "http://evil.example")], [("Sec-WebSocket-Extensions", "permessage-deflate")])
    )
    data = write_request("GET", f"/v1/text-to-speech/{voice}/{kind}?{query}", b"", headers).replace(
        b"Content-Length: 0\r\n", b""
    )
    data += b"".join(_make_frame(chance) for _ in range(chance.randrange(1, 8)))
    data += chance.choice(
        (b"", frame(b'{"close_socket": true}'), frame(struct.pack("!H", chance.choice((1000, 1005, 9999))), CLOSE))
    )
    received = await _converse(
        target, lambda: asyncio.open_connection("127.0.0.1", target.port), data, "socket", leaves=chance.random() < 0.2
    )
    if received:
        _judge_frames(target, received, data)


def _judge_frames(target: Target, received: bytes, sent: bytes) -> None:
    head, _, frames = received.partition(b"\r\n\r\n")
    answer = parse_answer(received)
    if not head.startswith(b"HTTP/1.1 101"):
        # The library refuses handshakes that break RFC 6455 by itself.
        is_malformed = answer.status == 400 and answer.body.startswith(b"Failed to open a WebSocket")
        target.report.expect(is_malformed or answer.code is not None, f"handshake: {answer}", sent)
        target.report.judge("handshake", answer, sent if not is_malformed else b"HEAD ")
        return
    while len(frames) >= 2:
        opcode, size, start = frames[0] & 15, frames[1] & 127, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(frames[2:start])
        data, frames = frames[start : start + size], frames[start + size :]
        if opcode == CLOSE:
            code = int.from_bytes(data[:2]) if data else 0
            target.report.statuses[f"closed {code}"] += 1
            target.report.expect(code != INTERNAL, f"socket: closed with {code} {data[2:]!r}", sent)
        elif opcode == TEXT:
            message = json.loads(data)
            target.report.statuses["messages"] += 1
            target.report.expect(message.get("error") != "internal_error", f"socket: {data[:300]!r}", sent)


def _make_event(chance: random.Random) -> bytes:
    voice = chance.choice(
        (
            {"name": "wren"},
            {"name": chance.choice(NAMES)},
            {"language": chance.choice(VALUES)},
            {"speaker": chance.choice(NAMES)},
            [],
            "x",
        )
    )
    ssml = {"text": make_ssml(chance), "text_format": "ssml"}
    kinds = (
        "ping",
        "describe",
        "synthesize",
        "synthesize",
        "synthesize-start",
        "synthesize-chunk",
        "synthesize-stop",
        "audio-chunk",
        "",
        "\ud800",
    )
    data = chance.choice(
        (
            {"text": make_text(chance)},
            {"text": make_text(chance), "voice": voice},
            ssml,
            {"text": make_value(chance)},
            {},
            make_value(chance),
        )
    )
    written = json.dumps(data).encode()
    header = {"type": chance.choice(kinds), "version": "1.5.3", "data_length": len(written)}
    kind = chance.randrange(12)
    if kind == 0:
        header["data_length"] = chance.choice((-1, 10**9, 2**64, "5", 0.5, True, None, [], len(written) - 1))
    if kind == 1:
        header["payload_length"] = chance.choice((-1, 10**9, 5, 2**20))
    if kind == 2:
        return chance.choice(
            (
                b"\n",
                b"{}\n",
                b"[" * 9999 + b"\n",
                b"x" * 70_000,
                b'{"type":1}\n',
                b"\xff\n",
                b"null\n",
                b'{"type":"ping","data":1}\n',
            )
        )
    if kind == 3:
        return json.dumps({**header, "data_length": 0, "data": data}).encode() + b"\n"
    return json.dumps(header).encode() + b"\n" + written


async def _talk_in_events(target: Target) -> None:
    chance = target.chance
    data = b"".join(_make_event(chance) for _ in range(chance.randrange(1, 8)))

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_unix_connection(target.service.wyoming, limit=2**24)
        if chance.random() < 0.8:
            asyncio.get_running_loop().call_later(0.5 if chance.random() < 0.5 else 3, _end_input, writer)
        else:
            asyncio.get_running_loop().call_later(5, writer.transport.abort)
        return reader, writer

    received = await _converse(target, connect, data, "Wyoming", leaves=chance.random() < 0.2)
    for line in received.split(b"\n"):
        if line.startswith(b'{"type": "'):
            kind = line[10:].partition(b'"')[0].decode()
            target.report.statuses[kind] += 1
            target.report.expect(b"internal_error" not in received, f"Wyoming: {received[-300:]!r}", data)


def _end_input(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        writer.write_eof()


ATTACK = Attack(run, Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "32"}))
