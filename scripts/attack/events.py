"""Hold hostile conversations over Wyoming."""

from __future__ import annotations

import asyncio
import json
import random
from functools import partial
from typing import Any

from scripts.attack.attack import Attack, Target, hold_conversations
from scripts.attack.hostile import NAMES, VALUES, make_ssml, make_text, make_value
from scripts.attack.service import Limits
from scripts.soak.wire import converse

END_SECONDS = (0.5, 3.0)
"""Seconds after which a client closes its side."""
KINDS = (
    *("ping", "describe", "synthesize", "synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop"),
    *("audio-chunk", "", "\ud800"),
)
BROKEN = (
    *(b"\n", b"{}\n", b"[" * 9999 + b"\n", b"x" * 70_000, b'{"type":1}\n', b"\xff\n", b"null\n"),
    *(b'{"type":"ping","data":1}\n', b'{"type":"ping","data_length":"5"}\n', b'{"type":"ping","type":"describe"}\n'),
)
LENGTHS: tuple[Any, ...] = (-1, 10**9, 2**64, "5", 0.5, True, None, [], 1)


def make_event(chance: random.Random) -> bytes:
    """Return the bytes of an event, or of what is none."""
    names: tuple[Any, ...] = (
        {"name": "wren"},
        {"name": chance.choice(NAMES)},
        {"language": chance.choice(VALUES)},
        [],
        "x",
    )
    voice = chance.choice((*names, {"speaker": chance.choice(NAMES)}, {"speaker": "joy:0.1," * 20_000}))
    bodies = (
        {"text": make_text(chance)},
        {"text": make_text(chance), "voice": voice},
        {"text": make_ssml(chance), "text_format": "ssml"},
        {"text": make_value(chance)},
        make_value(chance),
    )
    data = chance.choice(bodies)
    written = json.dumps(data).encode()
    header: dict[str, object] = {"type": chance.choice(KINDS), "version": "1.5.3", "data_length": len(written)}
    kind = chance.randrange(12)
    if kind == 0:
        header["data_length"] = chance.choice(LENGTHS)
    if kind == 1:
        header["payload_length"] = chance.choice((*LENGTHS, 5, 2**20))
    if kind == 2:
        return chance.choice(BROKEN)
    if kind == 3:
        return json.dumps({**header, "data_length": 0, "data": data}).encode() + b"\n"
    return json.dumps(header).encode() + b"\n" + written


async def _talk(target: Target) -> None:
    chance = target.chance
    data = b"".join(make_event(chance) for _ in range(chance.randrange(1, 8)))
    leaves = chance.random() < 0.2

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_unix_connection(target.service.wyoming)
        asyncio.get_running_loop().call_later(chance.choice(END_SECONDS), _end_input, writer)
        return reader, writer

    received = await converse(connect, data, leaves=leaves)
    target.report.expect(received is not None, "a conversation does not end", data)
    for line in (received or b"").split(b"\n"):
        if line.startswith(b'{"type": "'):
            target.report.statuses[line[10:].partition(b'"')[0].decode()] += 1
    target.report.expect(b"internal_error" not in (received or b""), f"an internal error: {received!r:.300}", data)


def _end_input(writer: asyncio.StreamWriter) -> None:
    if not writer.transport.is_closing():
        writer.write_eof()


ATTACK = Attack(partial(hold_conversations, _talk), Limits(memory_mib=3072, environment={"INTONE_CACHE_MB": "32"}))
