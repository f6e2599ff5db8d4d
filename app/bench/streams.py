"""Measure streams under load: the time to first audio, and whether a player would run out of audio."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from app.audio.writers import BYTES_PER_SAMPLE
from app.bench.measures import PARAGRAPH, Measurements
from app.bench.peers import WAV_HEADER_BYTES, Client, Request, Server

RATE_BYTES = slice(24, 28)
"""Place of the sample rate in a WAV header."""
TOKENS_PER_SECOND = 20
"""Rate of a language model that writes the text."""
CHARACTERS_PER_TOKEN = 4
PARAGRAPHS = 3
"""Paragraphs of each conversation."""
TOLERANCE_SECONDS = 0.005
"""Lateness below this is the timing of the client, which shares the processor with the server."""


@dataclass(frozen=True, slots=True)
class StreamTrace:
    """Arrival of a stream's audio at a client."""

    arrivals: tuple[tuple[float, float], ...]
    """Seconds since the request was sent, and seconds of audio, of each piece."""

    @property
    def first_audio(self) -> float:
        """Seconds until the first audio."""
        return self.arrivals[0][0]

    @property
    def waits(self) -> list[float]:
        """Seconds for which a player, which begins with the first piece, waits for each piece that comes too late."""
        waits, empty_at = [], self.arrivals[0][0]
        for at, seconds in self.arrivals:
            if at > empty_at + TOLERANCE_SECONDS:
                waits.append(at - empty_at)
            empty_at = max(at, empty_at) + seconds
        return waits

    @property
    def slack(self) -> float:
        """Seconds of audio that the player still has when its buffer is shortest; negative if audio is late.

        The length of the audio if it comes in one piece.
        """
        played, least = 0.0, sum(seconds for _, seconds in self.arrivals)
        for at, seconds in self.arrivals:
            if played:
                least = min(least, self.first_audio + played - at)
            played += seconds
        return least


def receive_stream(port: int, request: Request) -> StreamTrace:
    """Send a request on a connection of its own, and record when the pieces of its WAV arrive."""
    with Client(port) as client:
        pieces = list(client.receive(request))
    head = b""
    arrivals: list[tuple[float, float]] = []
    for at, data in pieces:
        audio = data
        if len(head) < WAV_HEADER_BYTES:
            missing = WAV_HEADER_BYTES - len(head)
            head, audio = head + data[:missing], data[missing:]
        if audio:
            rate = int.from_bytes(head[RATE_BYTES], "little")
            arrivals.append((at, len(audio) / BYTES_PER_SAMPLE / rate))
    return StreamTrace(tuple(arrivals))


def receive_at(port: int, requests: Sequence[tuple[float, Request]]) -> list[StreamTrace]:
    """Receive streams, each on a connection of its own that begins this many seconds after the first."""
    start = threading.Barrier(len(requests))

    def receive(timed: tuple[float, Request]) -> StreamTrace:
        after, request = timed
        start.wait()
        time.sleep(after)
        return receive_stream(port, request)

    with ThreadPoolExecutor(len(requests)) as clients:
        return list(clients.map(receive, requests))


def measure_streams(server: Server, clients: int) -> Measurements:
    """Measure the streams of a paragraph that clients request at the same time."""
    requests = [(0.0, server.peer.stream(PARAGRAPH, client)) for client in range(clients)]
    return summarize(receive_at(server.port, requests))


def measure_conversations(server: Server, clients: int) -> Measurements:
    """Measure streams of clients that each receive a text from a language model and have it spoken.

    Each requests the next paragraph when its text has come; they begin evenly spread.
    """
    period = len(PARAGRAPH) / CHARACTERS_PER_TOKEN / TOKENS_PER_SECOND
    requests = [
        (period * (number + client / clients), server.peer.stream(PARAGRAPH, client))
        for number in range(PARAGRAPHS)
        for client in range(clients)
    ]
    found = summarize(receive_at(server.port, requests))
    return {f"conversation_{name}": value for name, value in found.items()}


def summarize(traces: Sequence[StreamTrace]) -> Measurements:
    """Return percentiles of the first audio, the number of late pieces of all players, and the shortest buffer."""
    first = sorted(trace.first_audio for trace in traces)
    return {
        "first_audio_of_paragraph": statistics.median(first),
        "first_audio_of_paragraph_p95": first[round(0.95 * (len(first) - 1))],
        "late_pieces": float(sum(len(trace.waits) for trace in traces)),
        "shortest_buffer": min(trace.slack for trace in traces),
    }
