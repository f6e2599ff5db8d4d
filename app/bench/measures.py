"""The measures: each asks one server, at one place, and says what it found."""

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

from app.bench.machine import cpu_seconds, resident_mib
from app.bench.peers import Client, Request, TimedAnswer, ask
from app.bench.server import Server
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
"""So many different passages there are; together they are the paragraph."""


def passages(first: int, count: int) -> str:
    """Some passages of two sentences each, from one of them on, over and over; 100 of them have 10,099 characters."""
    return sentences(first * PASSAGE_SENTENCES, count * PASSAGE_SENTENCES)


def sentences(first: int, count: int) -> str:
    """Some sentences of the paragraph, from one of them on, over and over."""
    return " ".join(SENTENCES[(first + number) % len(SENTENCES)] for number in range(count))


FRAME_SECONDS = 0.005
SILENCE_DB = -50.0
"""Under the loudest frame; what is quieter at the ends is no speech, and making it is no merit."""


def trimmed_seconds(wav: bytes) -> float:
    """Seconds from the first to the last frame that is no silence; 0 where all is silent."""
    samples, sample_rate = soundfile.read(io.BytesIO(wav), dtype="float32", always_2d=True)
    frame = int(FRAME_SECONDS * sample_rate)
    whole = samples[: len(samples) // frame * frame, 0].reshape(-1, frame)
    power = np.square(whole).mean(axis=1)
    if not power.any():
        return 0.0
    heard = np.flatnonzero(power > power.max() * 10 ** (SILENCE_DB / 10))
    return (int(heard[-1] - heard[0]) + 1) * frame / float(sample_rate)


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it."""

    answers: list[TimedAnswer]
    seconds: float
    """From the first request to the end of the last answer."""


def load(port: int, clients: Sequence[Sequence[Request]]) -> Load:
    """Each client sends its requests one after the other; all begin together. Threads will do: they only wait."""
    start = threading.Barrier(len(clients) + 1)

    def client(requests: Sequence[Request]) -> list[TimedAnswer]:
        start.wait()
        return [ask(port, request) for request in requests]

    crowd = ThreadPoolExecutor(len(clients))
    try:
        running = [crowd.submit(client, requests) for requests in clients]
        start.wait()
        began = time.perf_counter()
        wait(running)
        seconds = time.perf_counter() - began
        return Load([answer for one in running for answer in one.result()], seconds)
    finally:
        # All are done, unless we were interrupted: then nobody waits for them, and they fail as the server is stopped.
        start.abort()
        crowd.shutdown(wait=False)


REQUESTS_EACH = 4
"""Of each client while throughput is measured."""
REPEATS = 3
"""Of one short request in each round; their median counts."""
KEPT_REQUESTS = 20
"""Of each kind on one connection; their median counts."""
BOOK_SENTENCES = 200
BETWEEN_SECONDS = 0.3
"""Between two sentences beside a book."""
MEMORY_CLIENTS = 4
MEMORY_POINTS = 10
"""How often memory is read: after each tenth of the requests."""
SEED = 1

Found = dict[str, float]
"""Names of measures, each with its value."""


def throughput(server: Server, clients: int) -> Found:
    """Characters, and seconds of speech, in each second, while so many clients ask for the same passage."""
    text = passages(0, 1)
    requests = [
        [server.peer.speak(text, client * REQUESTS_EACH + number) for number in range(REQUESTS_EACH)]
        for client in range(clients)
    ]
    done = load(server.port, requests)
    audio = sum(trimmed_seconds(answer.body) for answer in done.answers)
    return {
        "characters_per_second": len(text) * len(done.answers) / done.seconds,
        "audio_seconds_per_second": audio / done.seconds,
    }


def first_audio_of_paragraph(server: Server, clients: int) -> Found:
    """Seconds until a paragraph begins to sound, the median of so many clients that ask at once."""
    done = load(server.port, [[server.peer.stream(PARAGRAPH, client)] for client in range(clients)])
    return {"first_audio_of_paragraph": statistics.median(answer.first_audio for answer in done.answers)}


def first_audio_of_sentence(server: Server, clients: int = 1) -> Found:
    """Seconds until a sentence begins to sound, on an idle server."""
    answers = [ask(server.port, server.peer.stream(SENTENCE, seed)) for seed in range(REPEATS)]
    return {"first_audio_of_sentence": statistics.median(answer.first_audio for answer in answers)}


def first_audio_beside_a_book(server: Server, clients: int = 1) -> Found:
    """Seconds until a sentence begins to sound, while the same server speaks a book of 200 sentences to another."""
    with ThreadPoolExecutor(1) as other:
        book = other.submit(ask, server.port, server.peer.speak(sentences(0, BOOK_SENTENCES), SEED))
        answers = []
        while not book.done():
            time.sleep(BETWEEN_SECONDS)
            answers.append(ask(server.port, server.peer.stream(SENTENCE, SEED)))
        book.result()
    # The last one may have begun when the book was over.
    return {"first_audio_beside_a_book": statistics.median(answer.first_audio for answer in answers[:-1] or answers)}


def paragraph(server: Server, clients: int = 1) -> Found:
    """Real-time factor and cost of a paragraph, one request at a time."""
    factor, cost = _speed(server, [PARAGRAPH] * REPEATS)
    return {"real_time_factor": factor, "cost": cost}


def lengths(server: Server, length: int) -> Found:
    """Real-time factor and cost of texts of so many passages, one request at a time."""
    # So many texts that each passage is spoken equally often: between the lengths nothing differs but the length.
    number = PASSAGES // math.gcd(PASSAGES, length)
    factor, cost = _speed(server, [passages(index * length, length) for index in range(number)])
    return {"real_time_factor_by_length": factor, "cost_by_length": cost}


def _speed(server: Server, texts: Sequence[str]) -> tuple[float, float]:
    """Seconds of waiting, and seconds of processor time, for each second of speech."""
    before = cpu_seconds(server.pid)
    answers = [ask(server.port, server.peer.speak(text, seed)) for seed, text in enumerate(texts)]
    spent = cpu_seconds(server.pid) - before
    audio = sum(trimmed_seconds(answer.body) for answer in answers)
    return sum(answer.seconds for answer in answers) / audio, spent / audio


def repeated_paragraph(server: Server, clients: int = 1) -> Found:
    """Seconds of a paragraph that was asked for before, with the same seed."""
    request = server.peer.speak(PARAGRAPH, SEED)
    ask(server.port, request)
    return {"repeated_paragraph": statistics.median(ask(server.port, request).seconds for _ in range(REPEATS))}


def kept_connection(server: Server, clients: int = 1) -> Found:
    """Seconds of requests of the service's own that need no network, one after the other on one connection.

    What they take beside the computing shows here: of the OpenAI stream it is the time to its first byte.
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
            client.ask(request)
            answers = [client.ask(request) for _ in range(KEPT_REQUESTS)]
            streamed = name == "kept_openai_stream"
            found[name] = statistics.median(one.first_audio if streamed else one.seconds for one in answers)
    return found


def memory(server: Server, requests: int) -> Iterator[tuple[int, float]]:
    """Requests so far, and resident memory in MiB, ten times; texts are of all lengths, in all emotions."""
    each = math.ceil(requests / (MEMORY_POINTS * MEMORY_CLIENTS))
    waiting = _mixed()
    for point in range(1, MEMORY_POINTS + 1):
        load(server.port, [list(islice(waiting, each)) for _ in range(MEMORY_CLIENTS)])
        yield point * each * MEMORY_CLIENTS, resident_mib(server.pid)


def _mixed() -> Iterator[Request]:
    """Requests without end: their lengths and emotions have periods without a common divisor."""
    emotions = cycle(["auto", "auto", *(emotion.value for emotion in Emotion), "auto", "auto"])
    for number, emotion in enumerate(emotions):
        text = sentences(number, 1 + number % len(SENTENCES))
        yield Request("/synthesize", {"text": text, "seed": number, "emotion": emotion})
