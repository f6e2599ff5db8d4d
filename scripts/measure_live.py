"""Measure live sockets: first audio alone and under load, audio that comes too late, and interruptions.

    python -m scripts.measure_live --sockets 12 --minutes 10

Each socket receives the tokens of a language model (a word or a mark each), speaks them, and begins the next text after
a random pause of at most `--pause` seconds. Without pauses, sockets that wait for the same workers fall in step: all
texts begin within a fifth of a second, as those of independent callers do not. The first audio counts from the token
with which the first sentence is certain: the one after its final mark.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import math
import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect

from app.audio.writers import BYTES_PER_SAMPLE
from app.bench.measures import SENTENCES, TOKENS_PER_SECOND, StreamTrace, join_sentences
from app.bench.peers import INTONE, find_peer, run_server

SAMPLE_RATE = 22_050
"""Hertz; that of the default voice, so that nothing is resampled."""
ALONE = 25
"""Texts that are spoken one after the other on an idle service, and interruptions."""
TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])")
"""Word or mark, with the white space before it."""
BASE64_BYTES = 3 / 4
"""Bytes in a character of base64."""


def open_socket(port: int, route: str) -> connect:
    """Return a connection that is to be opened."""
    address = f"ws://127.0.0.1:{port}/v1/text-to-speech/wren/{route}?output_format=pcm_{SAMPLE_RATE}"
    return connect(address, compression=None, max_size=None, proxy=None)


def count_seconds(message: dict[str, Any]) -> float:
    """Return the seconds of audio in a message."""
    return len(message.get("audio") or "") * BASE64_BYTES / BYTES_PER_SAMPLE / SAMPLE_RATE


async def send(socket: ClientConnection, **message: object) -> None:
    """Send a message."""
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """Receive a message; raise RuntimeError if it is an error."""
    message: dict[str, Any] = json.loads(await socket.recv())
    if "error" in message:
        raise RuntimeError(message["message"])
    return message


async def listen(socket: ClientConnection) -> list[tuple[float, float]]:
    """Return when each piece of audio arrived, by `time.perf_counter`, and its seconds."""
    arrivals = []
    while not (message := await receive(socket)).get("isFinal"):
        if seconds := count_seconds(message):
            arrivals.append((time.perf_counter(), seconds))
    return arrivals


async def speak(port: int, first: int, sentences: int, rate: float) -> StreamTrace:
    """Send tokens at a rate (1/s), and return when the audio arrived after the first sentence was certain."""
    certain, certain_at = len(TOKEN.findall(join_sentences(first, 1))), 0.0
    async with open_socket(port, "stream-input") as socket:
        listening = asyncio.create_task(listen(socket))
        for number, token in enumerate(TOKEN.findall(join_sentences(first, sentences))):
            if number == certain:
                certain_at = time.perf_counter()
            await send(socket, text=token)
            if rate < math.inf:
                await asyncio.sleep(1 / rate)
        await send(socket, text="")
        return StreamTrace(tuple((at - certain_at, seconds) for at, seconds in await listening))


async def speak_repeatedly(port: int, client: int, rate: float, until: float, pause: float) -> list[StreamTrace]:
    """Speak texts until a time, with random pauses of up to `pause` seconds before them, and return their traces."""
    pauses = random.Random(client)
    traces = []
    for first in itertools.count(client):
        await asyncio.sleep(pauses.uniform(0, pause))
        if time.perf_counter() > until:
            break
        traces.append(await speak(port, first, 4, rate))
    return traces


async def interrupt(port: int, first: int) -> tuple[int, float]:
    """Close a context that speaks, and have another one speak.

    Return how many pieces of audio of the closed one still came, and the seconds until the first audio of the other.
    """
    async with open_socket(port, "multi-stream-input") as socket:
        await send(socket, text=join_sentences(first, len(SENTENCES)), context_id="a")
        while not count_seconds(await receive(socket)):
            pass
        await send(socket, context_id="a", close_context=True)
        began, pieces = time.perf_counter(), 0
        await send(socket, text=join_sentences(first, 2), context_id="b", flush=True)
        while (message := await receive(socket)).get("contextId") == "a" or not count_seconds(message):
            pieces += bool(count_seconds(message))
        return pieces, time.perf_counter() - began


def summarize(traces: Sequence[StreamTrace]) -> tuple[float, float]:
    """Return the median and the 95th percentile of the first audio in milliseconds."""
    first = sorted(1000 * trace.first_audio for trace in traces)
    return statistics.median(first), first[round(0.95 * (len(first) - 1))]


async def measure(port: int, sockets: int, rate: float, minutes: float, pause: float) -> Table:
    """Take all measures on a service, and return their table."""
    # Also makes the models of mixed emotions, which are made on first use.
    await speak(port, 0, len(SENTENCES), math.inf)
    table = Table("", "median", "95 %", box=None)

    def add(name: str, values: tuple[float, float]) -> None:
        table.add_row(name, *(f"{value:.1f}" for value in values))

    at_once = summarize([await speak(port, first, 2, math.inf) for first in range(ALONE)])
    alone = summarize([await speak(port, first, 2, rate) for first in range(ALONE)])
    cuts = [await interrupt(port, first) for first in range(ALONE)]
    until = time.perf_counter() + 60 * minutes
    crowd = await asyncio.gather(*(speak_repeatedly(port, client, rate, until, pause) for client in range(sockets)))
    traces = [trace for one in crowd for trace in one]
    loaded = summarize(traces)
    add("first audio, text at once, ms", at_once)
    add(f"first audio, {rate:g} tokens a second, ms", alone)
    add(f"the same, {sockets} sockets, ms", loaded)
    add("with the sockets / text at once", (loaded[0] / at_once[0], loaded[1] / at_once[0]))
    table.add_row(f"late pieces in {minutes:g} minutes", str(sum(len(trace.waits) for trace in traces)))
    table.add_row("shortest buffer of a player, ms", f"{1000 * min(trace.slack for trace in traces):.0f}")
    spoken = sum(seconds for trace in traces for _, seconds in trace.arrivals)
    table.add_row("seconds of speech in a second", f"{spoken / 60 / minutes:.1f}")
    table.add_row("pieces after an interruption, most", str(max(pieces for pieces, _ in cuts)))
    table.add_row("first audio after an interruption, ms", f"{1000 * statistics.median(wait for _, wait in cuts):.1f}")
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a service, measure it, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=12)
    parser.add_argument("--rate", type=float, default=TOKENS_PER_SECOND, help="tokens a second")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--pause", type=float, default=1, help="seconds before each text, at most")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="of the checkout, by default this one")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as name:
        peer = find_peer(INTONE, Path(name))
        unlimited = {**peer.environment, "INTONE_SOCKET_CHARS_PER_MINUTE": "0"}
        peer = replace(peer, folder=options.folder, environment=unlimited)
        with run_server(peer, Path(name)) as server:
            table = asyncio.run(measure(server.port, options.sockets, options.rate, options.minutes, options.pause))
    Console(width=100).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
