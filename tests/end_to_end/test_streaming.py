"""Streams of the real service: the bytes of the whole response, sent as they are made, while the client reads them."""

from __future__ import annotations

import io
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
import soundfile

from tests.serving import Server, StartServer, wait_until

TEXT = "The harbour was quiet when the ferry came in. I am so happy that you are finally here! How dare you!"
BOOK = "The rain fell on the roof all night, and nobody in the old house could sleep at all. " * 60


def stream(client: httpx.Client, **fields: object) -> tuple[httpx.Response, list[bytes]]:
    with client.stream("POST", "/synthesize", json={"text": TEXT, "seed": 5, "stream": True, **fields}) as response:
        return response, list(response.iter_raw())


def synthesize(client: httpx.Client, **fields: object) -> bytes:
    return client.post("/synthesize", json={"text": TEXT, "seed": 5, **fields}).content


class ForwardOnly(soundfile.SoundFile):  # type: ignore[misc]  # soundfile carries no types
    """A file of unknown length without random access."""

    def seekable(self) -> bool:
        return False


def test_a_wav_stream_has_the_same_samples_after_a_header_without_a_length(client: httpx.Client) -> None:
    response, pieces = stream(client)
    data = b"".join(pieces)
    assert response.headers["content-type"] == "audio/wav"
    assert data[:4] == b"RIFF" and data[4:8] == data[40:44] == b"\xff\xff\xff\xff"
    assert data[44:] == synthesize(client)[44:]
    assert len(pieces) > 3


def test_a_pcm_stream_equals_the_whole_response(client: httpx.Client) -> None:
    response, pieces = stream(client, format="pcm")
    assert response.headers["content-type"] == "audio/pcm;rate=24000"
    assert b"".join(pieces) == synthesize(client, format="pcm") == synthesize(client)[44:]


def test_a_flac_stream_decodes_to_the_same_samples(client: httpx.Client) -> None:
    _, pieces = stream(client, format="flac")
    with ForwardOnly(io.BytesIO(b"".join(pieces))) as file:
        samples = file.read(10_000_000, dtype="int16")
    np.testing.assert_array_equal(samples, np.frombuffer(synthesize(client)[44:], "<i2"))


def test_the_first_chunk_is_sent_before_the_first_sentence_is_complete(client: httpx.Client) -> None:
    _, pieces = stream(client, text="This one sentence is long enough to be made in more than a single piece, I think.")
    assert 44 < len(pieces[0]) < 0.6 * 48_000 < sum(map(len, pieces))


def test_the_headers_of_a_stream_contain_only_known_values(client: httpx.Client) -> None:
    response, _ = stream(client, seed=987)
    assert response.headers["x-emotions"] == "neutral,joy,anger"
    assert response.headers["x-voice"] == "wren"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["transfer-encoding"] == "chunked"
    assert "x-audio-duration" not in response.headers and "content-length" not in response.headers
    stages = dict(part.strip().split(";dur=") for part in response.headers["server-timing"].split(","))
    assert list(stages) == ["queue", "analyze", "acoustic", "vocoder", "encode"]


def test_text_without_words_is_a_short_silence(client: httpx.Client) -> None:
    _, pieces = stream(client, text=".")
    assert b"".join(pieces)[44:] == bytes(4800)


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"text": " "}, 422, "empty_text"),
        ({"text": " ", "timing": True}, 422, "empty_text"),
        ({"voice": "nobody"}, 404, "voice_not_found"),
        ({"stream": "yes"}, 422, "invalid_request"),
        ({"emotion": "hapy"}, 422, "unknown_emotion"),
    ],
)
def test_an_invalid_request_for_a_stream_gets_a_problem_document(
    client: httpx.Client, fields: dict[str, object], status: int, code: str
) -> None:
    response = client.post("/synthesize", json={"text": TEXT, "stream": True, **fields})
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_a_plain_text_body_streams_with_a_query_parameter(client: httpx.Client) -> None:
    response = client.post("/synthesize?stream=true&seed=5", content=TEXT, headers={"Content-Type": "text/plain"})
    assert "content-length" not in response.headers
    assert response.content[44:] == synthesize(client)[44:]


def test_concurrent_streams_have_the_same_bytes_as_single_responses(client: httpx.Client) -> None:
    seeds = range(12)
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda seed: b"".join(stream(client, seed=seed)[1]), seeds))
    assert [data[44:] for data in together] == [synthesize(client, seed=seed)[44:] for seed in seeds]


def read_counters(client: httpx.Client) -> dict[str, float]:
    lines = [line for line in client.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def open_stream(server: Server, text: str) -> socket.socket:
    """Open a connection and request a stream on it."""
    host, port = server.url.removeprefix("http://").split(":")
    body = json.dumps({"text": text, "stream": True, "format": "pcm"}).encode()
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    head = (
        "POST /synthesize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    return connection


def test_a_disconnect_stops_the_work_and_a_slow_reader_pauses_it(own_server: StartServer) -> None:
    server = own_server("--concurrency", "1", "--queue-size", "0", "--cache-mb", "0")
    with server.create_client() as client:
        connection = open_stream(server, BOOK)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        wait_until(lambda: read_counters(client)["intone_streams_open"] == 1, 10)
        # Nothing is read, so only what the sockets and the few utterances ahead hold is synthesized.
        wait_until(lambda: is_idle(server), 60)
        assert client.post("/synthesize", json={"text": "Hi."}).status_code == 200  # the only place is free
        connection.close()
        wait_until(lambda: read_counters(client)["intone_streams_open"] == 0, 10)
        found = read_counters(client)
        assert found["intone_utterances_waiting"] == 0
        assert found["intone_audio_seconds_total"] < 120


def is_idle(server: Server) -> bool:
    """Return whether the server takes hardly any processor time for two seconds."""
    spent = measure_cpu_seconds(server)
    time.sleep(2)
    return measure_cpu_seconds(server) - spent < 0.5


def measure_cpu_seconds(server: Server) -> float:
    """Return the processor time that the server has used."""
    from app.bench.machine import read_cpu_seconds

    return read_cpu_seconds(server.process.pid)


def test_the_time_to_first_byte_is_measured_only_for_streams(client: httpx.Client) -> None:
    before = read_counters(client)
    stream(client)
    synthesize(client)
    after = read_counters(client)
    name = "intone_stream_first_byte_seconds"
    assert after[f"{name}_count"] - before[f"{name}_count"] == 1
    whole_responses = 'intone_request_duration_seconds_sum{route="/synthesize"}'
    assert 0 < after[f"{name}_sum"] - before[f"{name}_sum"] < after[whole_responses] - before[whole_responses]


def test_an_error_after_the_first_byte_closes_the_connection(own_server: StartServer) -> None:
    server = own_server("--max-audio-seconds", "6", "--cache-mb", "0")
    # Numbers take far longer to say than to write, so the estimate lets them pass.
    with server.create_client() as client, pytest.raises(httpx.RemoteProtocolError):
        stream(client, text="It is 7,777,777. Now 7,777,777. Then 7,777,777!", seed=None)
    wait_until(lambda: "audio_too_long" in server.log_text(), 10, server)  # logged after the connection is closed
    assert "Traceback" not in server.log_text()


def test_metrics_count_speech_and_contain_no_text(own_server: StartServer) -> None:
    server = own_server()
    with server.create_client() as client:
        before = read_counters(client)
        for _ in range(2):
            client.post("/synthesize", json={"text": "Xylophon Quarzuhr. How nice!", "seed": 1})
        client.post("/synthesize", json={"text": "!!!"})
        client.post("/synthesize", json={"text": ""})
        after = read_counters(client)
        text = client.get("/metrics").text
    assert after["intone_cache_hits_total"] - before["intone_cache_hits_total"] == 2
    assert after['intone_stage_seconds_count{stage="acoustic"}'] == 3
    assert after['intone_requests_total{route="/synthesize",status="422"}'] == 1
    assert after['intone_warnings_total{code="nothing_spoken"}'] == 1
    assert sum(value for name, value in after.items() if name.startswith("intone_utterances_total")) == 5
    assert after["intone_audio_seconds_total"] > 2 and after["intone_cache_bytes"] > 48_000
    assert after["intone_characters_total"] == 2 * 28 + 3
    assert after["intone_batch_utterances_sum"] - before["intone_batch_utterances_sum"] == 2
    assert (
        after["intone_real_time_factor_count"]
        == after['intone_request_duration_seconds_count{route="/synthesize"}'] - 1
    )
    assert after["intone_classifier_confidence_count"] == 5
    assert after["intone_stream_first_byte_seconds_count"] == 0
    assert (after["intone_ready"], after["intone_voices"], after["intone_requests_waiting_limit"]) == (1, 1, 64)
    assert after["process_resident_memory_bytes"] > 100_000_000
    assert "Xylophon" not in text and "Quarzuhr" not in text
