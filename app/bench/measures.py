"""The measures: each asks one server, at one place, and says what it found."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice

from app.bench.audio import trimmed_seconds
from app.bench.client import Client, Request, ask
from app.bench.load import load
from app.bench.process import cpu_seconds, resident_mib
from app.bench.server import Server
from app.bench.texts import PARAGRAPH, PASSAGES, SENTENCE, SENTENCES, passages, sentences
from app.plan import Emotion

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
