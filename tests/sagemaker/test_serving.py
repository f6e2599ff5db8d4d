"""`IMAGE serve` as an inference container: the requirements of SageMaker, by real requests to a real process."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.container import make_voice_settings
from tests.sagemaker.containers import kill, ping, start_serving
from tests.serving import Server, wait_until
from tests.tiny_voice import write_tiny_voice

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
SPEAKERS = ("neutral", "joy")
LONG = " ".join(f"The rain fell on the roof all night, and {n} people could not sleep at all." for n in range(100, 180))
"""6,000 characters."""
SECRET = "Xylophon Quarzuhr"
"""A text that no log may contain."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a voice whose files are directly in the model folder."""
    root = tmp_path_factory.mktemp("serve") / "ml"
    write_tiny_voice(root / "model", speakers=SPEAKERS)
    server = start_serving(root)
    yield server
    kill(server)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.create_client() as client:
        yield client


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    """Collect the servers that a test starts, and kill them at its end."""
    servers: list[Server] = []
    yield servers
    for server in servers:
        kill(server)


def invoke(client: httpx.Client, fields: dict[str, object], **headers: str) -> httpx.Response:
    return client.post("/invocations", json=fields, headers=headers)


def read_problem(response: httpx.Response) -> tuple[int, str]:
    """Return status and code of an error, which must fit into the length that the platform forwards."""
    assert len(response.text) <= 2048
    return response.status_code, response.json()["code"]


def test_ping_is_503_until_it_can_speak_then_200_and_empty(tmp_path: Path, servers: list[Server]) -> None:
    """S2"""
    write_tiny_voice(tmp_path / "ml" / "model")
    servers.append(start_serving(tmp_path / "ml", ready=False))
    seen: list[httpx.Response] = []
    wait_until(lambda: seen.append(ping(servers[0])) or seen[-1].status_code == 200, 120, servers[0])
    assert read_problem(seen[0]) == (503, "not_ready")
    assert {response.status_code for response in seen} == {503, 200}
    assert seen[-1].content == b""


def test_ping_responds_while_a_long_text_is_spoken(server: Server, client: httpx.Client) -> None:
    """S2; scripts/check-images measures the latency in the image."""
    with ThreadPoolExecutor(1) as other:
        speaking = other.submit(invoke, client, {"text": LONG, "format": "mp3"})
        pings = 0
        while not speaking.done():
            assert ping(server).status_code == 200
            pings += 1
    assert speaking.result().status_code == 200 and pings >= 10


def test_an_unusable_model_is_reported_by_ping_and_log_and_the_process_keeps_running(
    tmp_path: Path, servers: list[Server]
) -> None:
    """S2"""
    torn = write_tiny_voice(tmp_path / "torn" / "model")
    (torn / "acoustic" / "model.pth").write_bytes(b"nothing")
    (tmp_path / "other" / "model" / "code").mkdir(parents=True)
    servers += [start_serving(tmp_path / name, ready=False) for name in ("torn", "other")]
    for server, reason in zip(servers, ("acoustic/model.pth", "there is no voice.json in"), strict=True):
        wait_until(lambda server=server: "cannot speak: " in server.log_text(), 120, server)
        response = ping(server)
        assert read_problem(response) == (503, "not_ready") and reason in response.json()["detail"]
        (line,) = [line for line in map(json.loads, server.log_text().splitlines()) if line["level"] == "error"]
        assert reason in line["message"]
        with server.create_client() as client:
            assert read_problem(invoke(client, {"text": "Hi."})) == (503, "not_ready")
        assert server.stop() == 0


def test_without_a_model_the_embedded_voice_speaks(tmp_path: Path, servers: list[Server]) -> None:
    (tmp_path / "ml" / "model").mkdir(parents=True)
    assert make_voice_settings(tmp_path / "ml" / "model") == make_voice_settings(tmp_path / "missing") == {}
    servers.append(start_serving(tmp_path / "ml"))
    with servers[0].create_client() as client:
        response = invoke(client, {"text": "Good morning."})
    assert (response.status_code, response.headers["x-voice"]) == (200, "wren")


def write_named_voice(folder: Path, name: str) -> None:
    manifest = write_tiny_voice(folder / name, speakers=SPEAKERS) / "voice.json"
    manifest.write_text(manifest.read_text().replace('"tiny"', f'"{name}"'))


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """Serve two valid voices and an invalid one; return the service and its model folder."""
    root = tmp_path_factory.mktemp("several") / "ml"
    for name in ("beta", "alpha", "gamma"):
        write_named_voice(root / "model", name)
    (root / "model" / "gamma" / "voice.json").write_text("{")
    server = start_serving(root)
    yield server, root / "model"
    kill(server)


def test_several_voices_are_read_from_subfolders_and_the_first_is_the_default(several: tuple[Server, Path]) -> None:
    server, model = several
    with server.create_client() as client:
        spoken = [invoke(client, {"text": "Hi.", **named}) for named in ({}, {"voice": "beta"})]
        assert read_problem(invoke(client, {"text": "Hi.", "voice": "gamma"})) == (404, "voice_not_found")
    assert [response.headers["x-voice"] for response in spoken] == ["alpha", "beta"]
    assert f"The voice in {model / 'gamma'} is left out" in server.log_text()


def test_weights_are_loaded_once(several: tuple[Server, Path]) -> None:
    """S6: one process speaks from memory after the files are deleted."""
    server, model = several
    shutil.rmtree(model)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    assert children == ""

    def speak(number: int) -> int:
        with server.create_client() as client:
            emotion = SPEAKERS[number % 2]
            return invoke(client, {"text": f"Number {number}.", "emotion": emotion, "strict": True}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(speak, range(24))) == {200}


@pytest.fixture(scope="module")
def configured_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a service whose environment overrides the defaults of the image, with room for a single request."""
    root = tmp_path_factory.mktemp("configured") / "ml"
    for name in ("alpha", "beta"):
        write_named_voice(root / "model", name)
    settings = {"INTONE_DEFAULT_VOICE": "beta", "INTONE_LOG_FORMAT": "console"}
    server = start_serving(root, **settings, INTONE_CONCURRENCY="1", INTONE_QUEUE_SIZE="0")
    yield server
    kill(server)


def test_environment_variables_override_the_defaults_of_the_image(configured_server: Server) -> None:
    with configured_server.create_client() as client:
        assert invoke(client, {"text": "Hi."}).headers["x-voice"] == "beta"
    assert not configured_server.log_text().startswith("{")


@pytest.mark.parametrize(
    ("type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("application/x-www-form-urlencoded", 415),
        ("application/octet-stream", 415),
        ("audio/wav", 415),
        ("", 415),
    ],
)
def test_json_is_accepted_and_other_content_types_are_415(client: httpx.Client, type: str, status: int) -> None:
    """S4"""
    response = client.post("/invocations", content=b'{"text": "Hi."}', headers={"Content-Type": type} if type else {})
    assert response.status_code == status
    assert status == 200 or read_problem(response) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("accept", "type"),
    [
        ("audio/wav", "audio/wav"),
        ("audio/flac", "audio/flac"),
        ("application/json", "application/json"),
        ("*/*", "audio/wav"),
        ("", "audio/wav"),
        ("image/png", None),
        ("text/plain", None),
    ],
)
def test_accept_is_negotiated(client: httpx.Client, accept: str, type: str | None) -> None:
    """S4; an empty header equals an absent one."""
    response = invoke(client, {"text": "Hi."}, Accept=accept)
    if type is None:
        assert read_problem(response) == (406, "not_acceptable")
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, type)


@pytest.mark.parametrize("stream", [False, True])
def test_custom_attributes_are_returned(client: httpx.Client, stream: bool) -> None:
    """S4"""
    for sent in ("trace=7; who=a b", "a" * 1024):
        response = invoke(client, {"text": "Hi.", "stream": stream}, **{ATTRIBUTES: sent})
        assert response.headers[ATTRIBUTES] == sent


@pytest.mark.parametrize("sent", [b"a" * 1025, b"caf\xe9", b"tab\there", b""])
def test_invalid_custom_attributes_are_ignored(client: httpx.Client, sent: bytes) -> None:
    """S4"""
    response = client.post("/invocations", json={"text": "Hi."}, headers={ATTRIBUTES: sent})
    assert response.status_code == 200 and ATTRIBUTES not in response.headers


def test_a_response_over_the_time_budget_is_504_and_a_stream_continues(tmp_path: Path, servers: list[Server]) -> None:
    """S5"""
    write_tiny_voice(tmp_path / "ml" / "model")
    servers.append(start_serving(tmp_path / "ml", INTONE_TIME_BUDGET="0.2"))
    with servers[0].create_client() as client:
        response = invoke(client, {"text": LONG, "format": "mp3"})
        assert read_problem(response) == (504, "over_time_budget")
        assert "0.2 seconds" in response.json()["detail"]
        streamed = invoke(client, {"text": LONG, "format": "mp3", "stream": True})
        assert streamed.status_code == 200 and streamed.elapsed.total_seconds() > 0.2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"timing": True},
        {"format": "flac", "text": LONG[:6000]},
        {"format": "pcm", "sample_rate": 48000},
        {"text": "word " * 3000},
        {"ssml": "<speak><break time='20s'/>One.<break time='20s'/></speak>"},
    ],
)
def test_a_response_that_is_too_large_is_413_and_the_hint_names_alternatives(
    small_response_client: httpx.Client, fields: dict[str, object]
) -> None:
    """S5: the size is known from the estimate, during the synthesis, or at its end."""
    body = fields if "ssml" in fields else {"text": LONG[:500], **fields}
    response = invoke(small_response_client, body)
    assert read_problem(response) == (413, "answer_too_large")
    for alternative in ("async", '"stream": true', "INTONE_MAX_ANSWER_BYTES"):
        assert alternative in response.json()["hint"]


def test_small_responses_and_streams_are_spoken(small_response_client: httpx.Client) -> None:
    """S5"""
    assert invoke(small_response_client, {"text": "Hi."}).status_code == 200
    streamed = invoke(small_response_client, {"text": LONG[:500], "stream": True})
    assert streamed.status_code == 200 and len(streamed.content) > 300_000
    analyzed = small_response_client.post("/analyze", json={"text": "word " * 3000})
    assert analyzed.status_code == 200


@pytest.fixture(scope="module")
def small_response_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Start a service whose responses are limited to 300 KB."""
    root = tmp_path_factory.mktemp("room") / "ml"
    write_tiny_voice(root / "model")
    server = start_serving(root, INTONE_MAX_ANSWER_BYTES="300000")
    with server.create_client() as client:
        yield client
    kill(server)


def test_a_full_queue_is_503_at_once(configured_server: Server) -> None:
    """S6"""
    server, before = configured_server, count_batches(configured_server)
    with server.create_client() as client, server.create_client() as other, ThreadPoolExecutor(1) as pool:
        # A whole response occupies the only place until it is complete.
        book = pool.submit(invoke, client, {"text": LONG, "format": "mp3"})
        wait_until(lambda: count_batches(server) > before, 30, server)
        assert read_problem(invoke(other, {"text": "Hi."})) == (503, "busy")
        assert not book.done() and ping(server).status_code == 200
        assert book.result().status_code == 200


def test_sigterm_lets_responses_finish_and_refuses_new_connections(tmp_path: Path, servers: list[Server]) -> None:
    """S7"""
    write_tiny_voice(tmp_path / "ml" / "model")
    servers.append(start_serving(tmp_path / "ml"))
    server, before = servers[0], count_batches(servers[0])
    fields = {"text": LONG[:4000], "format": "mp3"}
    with ThreadPoolExecutor(1) as pool, server.create_client() as client, server.create_client() as other:
        complete = pool.submit(invoke, client, fields)
        wait_until(lambda: count_batches(server) > before, 30, server)
        with other.stream("POST", "/invocations", json={**fields, "stream": True}) as streamed:
            pieces = streamed.iter_raw()
            size = len(next(pieces))
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: refuses_connections(server), 30)
            assert not complete.done()
            size += sum(map(len, pieces))
        response = complete.result()
    assert (response.status_code, streamed.status_code) == (200, 200)
    assert min(size, len(response.content)) > 100_000
    assert server.process.wait(30) == 0


def count_batches(server: Server) -> float:
    """Read how many batches the workers have taken."""
    metrics = httpx.get(f"{server.url}/metrics", trust_env=False).text
    return float(re.findall(r"^intone_batch_utterances_count (.*)$", metrics, re.MULTILINE)[0])


def refuses_connections(server: Server) -> bool:
    try:
        ping(server)
    except httpx.TransportError:
        return True
    return False


def test_a_response_that_exceeds_the_drain_time_is_aborted(tmp_path: Path, servers: list[Server]) -> None:
    """S7: otherwise, the platform would kill the process."""
    write_tiny_voice(tmp_path / "ml" / "model")
    servers.append(start_serving(tmp_path / "ml", INTONE_DRAIN_SECONDS="1"))
    with (
        servers[0].create_client() as client,
        client.stream("POST", "/invocations", json={"text": f"{LONG} {LONG}", "stream": True}) as first,
    ):
        pieces = first.iter_raw()
        assert next(pieces)  # no more is read
        assert servers[0].stop(30) == 0


def test_the_first_chunk_of_a_stream_arrives_before_the_last_is_synthesized(
    server: Server, client: httpx.Client
) -> None:
    """S8: the service logs a request when its response ends."""
    named = {"X-Request-Id": "streamed"}
    with client.stream("POST", "/invocations", json={"text": LONG, "stream": True}, headers=named) as response:
        pieces = response.iter_raw()
        assert next(pieces).startswith(b"RIFF")
        assert '"streamed"' not in server.log_text()
        assert sum(map(len, pieces)) > 1_000_000
    wait_until(lambda: '"streamed"' in server.log_text(), 30)


def test_the_log_contains_neither_pings_nor_texts(server: Server, client: httpx.Client) -> None:
    """S9"""
    for _ in range(3):
        assert ping(server).status_code == 200
    invoke(client, {"text": f"{SECRET}. How nice!"}, **{"X-Request-Id": "last", ATTRIBUTES: SECRET})
    invoke(client, {"text": "Hi.", SECRET: SECRET, "voice": SECRET})
    wait_until(lambda: server.log_text().count('"/invocations"') >= 2 and '"last"' in server.log_text(), 30)
    assert "/ping" not in server.log_text()
    for word in SECRET.split():
        assert word not in server.log_text()


def test_errors_fit_into_the_length_that_the_platform_forwards(client: httpx.Client) -> None:
    """The platform forwards the first 2,048 characters."""
    unknown = {f"{'unknown' * 20}{number}": number for number in range(40)}
    assert read_problem(invoke(client, {"text": "Hi.", **unknown})) == (422, "invalid_request")
    assert read_problem(invoke(client, {"text": "Hi.", "voice": "é" * 5000})) == (404, "voice_not_found")
    assert read_problem(invoke(client, {"text": "Hi.", "emotion": "☃" * 5000})) == (422, "unknown_emotion")
    assert read_problem(invoke(client, {"text": "Hi."}, Accept="image/" + "x" * 5000)) == (406, "not_acceptable")
