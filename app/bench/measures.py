"""Measure one server: throughput, streams, speed, cost and memory."""

from __future__ import annotations

import io
import math
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import soundfile

from app.audio.writers import BYTES_PER_SAMPLE
from app.bench.machine import read_cpu_seconds, read_resident_mib
from app.bench.peers import WAV_HEADER_BYTES, Client, Request, Server, TimedAnswer, send_alone
from app.types import Emotion

SENTENCES = (
    "The harbour was quiet when the ferry came in.",
    "I am so happy that you are finally here!",
    "Nobody told me that the last bus had already left.",
    "The tickets cost twelve pounds, and the museum closes at half past five.",
    "How dare you speak to her like that!",
    "We walked along the wall and watched the gulls.",
    "I miss him terribly, and the house feels empty without him.",
    "There is someone behind the door, and I am terrified.",
    "Oh wow, I did not expect to see you here!",
    "After dinner they washed the plates and went to bed.",
)
SENTENCE = SENTENCES[0]
PARAGRAPH = " ".join(SENTENCES)
PASSAGE_SENTENCES = 2
PASSAGES = len(SENTENCES) // PASSAGE_SENTENCES
"""Number of different passages; together they are the paragraph. 100 passages have 10,099 characters."""


def join_sentences(first: int, count: int) -> str:
    """Return sentences of the paragraph, cyclically from the sentence `first` on."""
    return " ".join(SENTENCES[(first + number) % len(SENTENCES)] for number in range(count))


FRAME_SECONDS = 0.005
SILENCE_DB = -50.0
"""Level relative to the loudest frame; anything quieter at the ends is silence and does not count as speech."""


def measure_speech_seconds(wav: bytes) -> float:
    """Return the seconds from the first to the last frame that is not silent; 0 if all are."""
    samples, sample_rate = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    frame = int(FRAME_SECONDS * sample_rate)
    whole = samples[: len(samples) // frame * frame, 0].reshape(-1, frame)
    power = np.square(whole).mean(axis=1)
    if not power.any():
        return 0.0
    loud = np.flatnonzero(power > power.max() * 10 ** (SILENCE_DB / 10))
    return (int(loud[-1] - loud[0]) + 1) * frame / float(sample_rate)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Result of a load."""

    answers: list[TimedAnswer]
    seconds: float
    """Seconds from the first request to the end of the last answer."""


def run_load(port: int, clients: Sequence[Sequence[Request]]) -> LoadResult:
    """Send the requests of each client one after the other, all clients starting together.

    Threads suffice, because they only wait.
    """
    start = threading.Barrier(len(clients) + 1)

    def client(requests: Sequence[Request]) -> list[TimedAnswer]:
        start.wait()
        return [send_alone(port, request) for request in requests]

    crowd = ThreadPoolExecutor(len(clients))
    try:
        running = [crowd.submit(client, requests) for requests in clients]
        start.wait()
        began = time.perf_counter()
        wait(running)
        seconds = time.perf_counter() - began
        return LoadResult([answer for one in running for answer in one.result()], seconds)
    finally:
        # After an interruption, do not wait for running requests: they fail when the server is stopped.
        start.abort()
        crowd.shutdown(wait=False)


REQUESTS_PER_CLIENT = 4
"""Requests per client in the throughput measure."""
REPEATS = 3
"""Repetitions of one short request per round; their median counts."""
REQUESTS_PER_CONNECTION = 20
"""Requests of each kind on one connection; their median counts."""
BOOK_SENTENCES = 200
PAUSE_SECONDS = 0.3
"""Pause between two sentences while a book is spoken."""
MEMORY_CLIENTS = 4
MEMORY_POINTS = 10
"""Number of memory readings, one after each tenth of the requests."""
SEED = 1

Measurements = dict[str, float]
"""Value of each measure, by name."""


def measure_throughput(server: Server, clients: int) -> Measurements:
    """Measure characters and seconds of speech per second while clients request the same passage."""
    text = join_sentences(0, PASSAGE_SENTENCES)
    requests = [
        [server.peer.speak(text, client * REQUESTS_PER_CLIENT + number) for number in range(REQUESTS_PER_CLIENT)]
        for client in range(clients)
    ]
    done = run_load(server.port, requests)
    audio = sum(measure_speech_seconds(answer.body) for answer in done.answers)
    return {
        "characters_per_second": len(text) * len(done.answers) / done.seconds,
        "audio_seconds_per_second": audio / done.seconds,
    }


def measure_first_audio_of_sentence(server: Server, clients: int = 1) -> Measurements:
    """Measure the seconds until the first audio of a sentence on an idle server."""
    answers = [send_alone(server.port, server.peer.stream(SENTENCE, seed)) for seed in range(REPEATS)]
    return {"first_audio_of_sentence": statistics.median(answer.first_audio for answer in answers)}


def measure_first_audio_beside_book(server: Server, clients: int = 1) -> Measurements:
    """Measure the seconds until the first audio of a sentence while another client receives a book of 200 sentences."""
    with ThreadPoolExecutor(1) as other:
        book = other.submit(send_alone, server.port, server.peer.speak(join_sentences(0, BOOK_SENTENCES), SEED))
        answers = []
        while not book.done():
            time.sleep(PAUSE_SECONDS)
            answers.append(send_alone(server.port, server.peer.stream(SENTENCE, SEED)))
        book.result()
    # The last request may have begun after the book ended.
    return {"first_audio_beside_a_book": statistics.median(answer.first_audio for answer in answers[:-1] or answers)}


def measure_paragraph(server: Server, clients: int = 1) -> Measurements:
    """Measure the real-time factor and the cost of a paragraph, one request at a time."""
    factor, cost = _measure_speed(server, [PARAGRAPH] * REPEATS)
    return {"real_time_factor": factor, "cost": cost}


def measure_lengths(server: Server, length: int) -> Measurements:
    """Measure the real-time factor and the cost of texts of `length` passages, one request at a time."""
    # With this number of texts, each passage is spoken equally often, so that only the length differs.
    number = PASSAGES // math.gcd(PASSAGES, length)
    count = length * PASSAGE_SENTENCES
    factor, cost = _measure_speed(server, [join_sentences(index * count, count) for index in range(number)])
    return {"real_time_factor_by_length": factor, "cost_by_length": cost}


def _measure_speed(server: Server, texts: Sequence[str]) -> tuple[float, float]:
    """Return the seconds of waiting and of processor time per second of speech."""
    before = read_cpu_seconds(server.pid)
    answers = [send_alone(server.port, server.peer.speak(text, seed)) for seed, text in enumerate(texts)]
    spent = read_cpu_seconds(server.pid) - before
    audio = sum(measure_speech_seconds(answer.body) for answer in answers)
    return sum(answer.seconds for answer in answers) / audio, spent / audio


def measure_repeated_paragraph(server: Server, clients: int = 1) -> Measurements:
    """Measure the seconds of a paragraph that was requested before with the same seed."""
    request = server.peer.speak(PARAGRAPH, SEED)
    send_alone(server.port, request)
    return {"repeated_paragraph": statistics.median(send_alone(server.port, request).seconds for _ in range(REPEATS))}


def measure_kept_connection(server: Server, clients: int = 1) -> Measurements:
    """Measure the seconds of requests that run no neural network, one after the other on one connection.

    They show the overhead of a request; for the OpenAI stream, it is the time to the first byte.
    """
    speech, spoken = {"text": SENTENCE, "seed": SEED}, {"model": "intone", "input": SENTENCE, "voice": "alloy"}
    requests = {
        "kept_health": Request("/health"),
        "kept_analysis": Request("/analyze", {"text": SENTENCE}),
        "kept_speech": Request("/synthesize", speech),
        "kept_openai_stream": Request("/v1/audio/speech", {**spoken, "seed": SEED}),
    }
    found = {}
    with Client(server.port) as client:
        for name, request in requests.items():
            client.send(request)
            answers = [client.send(request) for _ in range(REQUESTS_PER_CONNECTION)]
            streamed = name == "kept_openai_stream"
            found[name] = statistics.median(one.first_audio if streamed else one.seconds for one in answers)
    return found


def measure_memory(server: Server, requests: int) -> Iterator[tuple[int, float]]:
    """Yield the requests so far and the resident memory in MiB ten times, with texts of all lengths and emotions."""
    each = math.ceil(requests / (MEMORY_POINTS * MEMORY_CLIENTS))
    waiting = _generate_requests()
    for point in range(1, MEMORY_POINTS + 1):
        run_load(server.port, [list(islice(waiting, each)) for _ in range(MEMORY_CLIENTS)])
        yield point * each * MEMORY_CLIENTS, read_resident_mib(server.pid)


def _generate_requests() -> Iterator[Request]:
    """Yield requests endlessly, whose lengths and emotions have coprime periods."""
    emotions = cycle(["auto", "auto", *(emotion.value for emotion in Emotion), "auto", "auto"])
    for number, emotion in enumerate(emotions):
        text = join_sentences(number, 1 + number % len(SENTENCES))
        yield Request("/synthesize", {"text": text, "seed": number, "emotion": emotion})


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
