"""Hold hostile conversations over WebSockets: broken frames, broken messages, odd options."""

from __future__ import annotations

import asyncio
import json
import random
import struct
from functools import partial
from urllib.parse import quote, urlencode

from scripts.attack.attack import Attack, Target, hold_conversations
from scripts.attack.bodies import make_options, write_json
from scripts.attack.hostile import NAMES, SIGNS, make_text, make_value
from scripts.attack.service import Limits
from scripts.soak.wire import converse, parse_answer, write_request

TEXT, CLOSE, INTERNAL = 1, 8, 1011
"""Opcodes of frames, and the close code of a failure inside the service."""
KEY = "AAAAAAAAAAAAAAAAAAAAAA=="
FORMATS = ("pcm_24000", "mp3_44100_128", "opus_48000_64", "ulaw_8000", "pcm_1", "mp3_0", "", "pcm_99999", "PCM_24000")


def frame(data: bytes, opcode: int = TEXT, *, first: int = 0x80, mask: int = 0x80) -> bytes:
    """Return a frame of a client (RFC 6455, 5.2); `first` is the first bits, `mask` the bit before the length."""
    size = len(data)
    if size < 126:
        length = bytes([mask | size])
    else:
        length = struct.pack("!BH", mask | 126, size) if size < 2**16 else struct.pack("!BQ", mask | 127, size)
    return bytes([first | opcode]) + length + (bytes(4) if mask else b"") + data


BROKEN_FRAMES = (
    *(frame(b"\xff\xfe"), frame(b"{}", 2), frame(b"{}", 3), frame(b"{}", first=0xF0), frame(b"{}", mask=0)),
    *(frame(b"x" * 200, 9), frame(b'{"text": "', first=0) + frame(b'a"}', 0), frame(b"a", 0), frame(b"{}", 10)),
    *(b"\x81\xff" + b"\x7f" * 8, frame(b"x" * 200_000), bytes(range(30)), frame(b'{"text":"a"}') * 99),
    *(frame(b'{"text":"","flush":true}') * 500, frame(b"", first=0) + frame(b"", 0, first=0) * 3000),
)
ENDINGS = (
    b"",
    frame(b'{"close_socket": true}'),
    *(frame(struct.pack("!H", code), CLOSE) for code in (1000, 1005, 9999)),
)


def make_frame(chance: random.Random) -> bytes:
    """Return a message, or a broken frame."""
    if chance.random() < 0.3:
        return chance.choice(BROKEN_FRAMES)
    texts = (make_text(chance), " ", "", "Hm. ", chance.choice(SIGNS) * 3000)
    more: dict[str, object] = {
        "context_id": chance.choice(("a", "b", "c", "x" * 129, "\ud800", "", 1)),
        "flush": True,
        "try_trigger_generation": True,
        "close_context": True,
        "voice_settings": chance.choice(({"speed": 1.2}, {"speed": "fast"}, {"speed": 1e999}, {}, [], None)),
        "xi_api_key": chance.choice(("x" * 9000, "\ud800", "")),
        chance.choice(NAMES)[:50]: make_value(chance),
    }
    chosen = {name: more[name] for name in chance.sample(list(more), chance.randrange(4))}
    return frame(write_json(chance, {"text": chance.choice(texts), **chosen}))


def make_handshake(chance: random.Random) -> bytes:
    """Return a request to open a socket, mostly a right one."""
    voice = chance.choice(("wren", "wren", "wren", "alloy", quote(chance.choice(NAMES), safe="")))
    kind = chance.choice(("stream-input", "multi-stream-input"))
    options = {"inactivity_timeout": "1", "output_format": chance.choice(FORMATS[:4])}
    if chance.random() < 0.4:
        options |= {name: str(value)[:500] for name, value in make_options(chance).items()}
        options["output_format"] = chance.choice(FORMATS)
    headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
    headers += [("Sec-WebSocket-Key", chance.choice((*[KEY] * 20, "", "x")))]
    headers += chance.choice(
        ([], [], [("Origin", "http://evil.example")], [("Sec-WebSocket-Extensions", "permessage-deflate")])
    )
    path = f"/v1/text-to-speech/{voice}/{kind}?{urlencode(options, errors='replace')}"
    return write_request("GET", path, b"", headers).replace(b"Content-Length: 0\r\n", b"")


async def _talk(target: Target) -> None:
    chance = target.chance
    data = make_handshake(chance) + b"".join(make_frame(chance) for _ in range(chance.randrange(1, 8)))
    data += chance.choice(ENDINGS)
    leaves = chance.random() < 0.2
    received = await converse(lambda: asyncio.open_connection("127.0.0.1", target.port), data, leaves=leaves)
    target.report.expect(received is not None, "a conversation does not end", data)
    if not received:
        return
    head, _, frames = received.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 101"):
        _judge_frames(target, frames, data)
        return
    answer = parse_answer(received)
    # The libraries refuse handshakes that break RFC 6455, and those of no route, by themselves and without a code.
    is_malformed = answer.status == 400 and answer.body.startswith(b"Failed to open a WebSocket")
    has_no_route = answer.status == 403 and not answer.body
    target.report.judge("handshake", answer, b"HEAD " if is_malformed or has_no_route else data)


def _judge_frames(target: Target, frames: bytes, sent: bytes) -> None:
    while len(frames) >= 2:
        opcode, size, start = frames[0] & 15, frames[1] & 127, 2
        if size > 125:
            start = 4 if size == 126 else 10
            size = int.from_bytes(frames[2:start])
        data, frames = frames[start : start + size], frames[start + size :]
        if opcode == CLOSE:
            code = int.from_bytes(data[:2])
            target.report.statuses[f"closed {code}"] += 1
            target.report.expect(code != INTERNAL, f"closed with {code} {data[2:]!r}", sent)
        elif opcode == TEXT:
            target.report.statuses["messages"] += 1
            is_internal = json.loads(data).get("error") == "internal_error"
            target.report.expect(not is_internal, f"an internal error: {data[:300]!r}", sent)


ATTACK = Attack(partial(hold_conversations, _talk), Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "32"}))
