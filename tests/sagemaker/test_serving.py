"""`IMAGE serve` behind the platform: what is asked of an inference container, by real requests to a real process."""

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

from tests.sagemaker.containers import kill, ping, start_serving
from tests.serving import Server, wait_until
from tests.tiny_voice import write_tiny_voice

ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"
SPEAKERS = ("neutral", "joy")
LONG = " ".join(f"The rain fell on the roof all night, and {n} people could not sleep at all." for n in range(100, 300))
SECRET = "Xylophon Quarzuhr"
"""A text that no log may hold."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serves a voice that lies flat in the model folder."""
    root = tmp_path_factory.mktemp("serve") / "ml"
    write_tiny_voice(root / "model", speakers=SPEAKERS)
    server = start_serving(root)
    yield server
    kill(server)


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def own(tmp_path: Path) -> Iterator[list[Server]]:
    """Servers that a test starts for itself."""
    started: list[Server] = []
    yield started
    for server in started:
        kill(server)


def invoke(client: httpx.Client, fields: dict[str, object], **headers: str) -> httpx.Response:
    return client.post("/invocations", json=fields, headers=headers)


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error, which the platform can hand on whole."""
    assert len(answer.text) <= 2048
    return answer.status_code, answer.json()["code"]


def test_ping_is_503_until_it_can_speak_then_200_and_empty(tmp_path: Path, own: list[Server]) -> None:
    """S2"""
    write_tiny_voice(tmp_path / "ml" / "model")
    own.append(start_serving(tmp_path / "ml", ready=False))
    seen: list[httpx.Response] = []
    wait_until(lambda: seen.append(ping(own[0])) or seen[-1].status_code == 200, 120, own[0])
    assert problem(seen[0]) == (503, "not_ready")
    assert {answer.status_code for answer in seen} == {503, 200}
    assert seen[-1].content == b""


def test_ping_is_answered_while_a_long_text_is_spoken(server: Server, client: httpx.Client) -> None:
    """S2; how fast is measured in the image by scripts/check-images."""
    with ThreadPoolExecutor(1) as other:
        speaking = other.submit(invoke, client, {"text": LONG, "format": "mp3"})
        answered = 0
        while not speaking.done():
            assert ping(server).status_code == 200
            answered += 1
    assert speaking.result().status_code == 200 and answered >= 10


def test_a_model_that_cannot_be_used_is_told_by_ping_and_log_and_the_process_stays(
    tmp_path: Path, own: list[Server]
) -> None:
    """S2"""
    torn = write_tiny_voice(tmp_path / "torn" / "model")
    (torn / "acoustic" / "model.pth").write_bytes(b"nothing")
    (tmp_path / "other" / "model" / "code").mkdir(parents=True)
    own += [start_serving(tmp_path / name, ready=False) for name in ("torn", "other")]
    for server, reason in zip(own, ("acoustic/model.pth", "there is no voice.json in"), strict=True):
        wait_until(lambda server=server: "cannot speak: " in server.log_text(), 120, server)
        answer = ping(server)
        assert problem(answer) == (503, "not_ready") and reason in answer.json()["detail"]
        (line,) = [line for line in map(json.loads, server.log_text().splitlines()) if line["level"] == "error"]
        assert reason in line["message"]
        with server.client() as client:
            assert problem(invoke(client, {"text": "Hi."})) == (503, "not_ready")
        assert server.stop() == 0


@pytest.mark.parametrize("model", ["missing", "empty"])
def test_without_a_model_the_embedded_voice_speaks(tmp_path: Path, own: list[Server], model: str) -> None:
    if model == "empty":
        (tmp_path / "ml" / "model").mkdir(parents=True)
    own.append(start_serving(tmp_path / "ml"))
    with own[0].client() as client:
        answer = invoke(client, {"text": "Good morning."})
    assert (answer.status_code, answer.headers["x-voice"]) == (200, "wren")


def test_several_voices_have_folders_of_their_own_and_the_first_is_the_default(
    tmp_path: Path, own: list[Server]
) -> None:
    model = tmp_path / "ml" / "model"
    for name in ("beta", "alpha", "gamma"):
        manifest = write_tiny_voice(model / name) / "voice.json"
        manifest.write_text(manifest.read_text().replace('"tiny"', f'"{name}"'))
    (model / "gamma" / "voice.json").write_text("{")
    own.append(start_serving(tmp_path / "ml"))
    with own[0].client() as client:
        spoken = [invoke(client, {"text": "Hi.", **named}) for named in ({}, {"voice": "beta"})]
        assert problem(invoke(client, {"text": "Hi.", "voice": "gamma"})) == (404, "voice_not_found")
    assert [answer.headers["x-voice"] for answer in spoken] == ["alpha", "beta"]
    assert f"The voice in {model / 'gamma'} is left out" in own[0].log_text()


def test_settings_from_outside_count(tmp_path: Path, own: list[Server]) -> None:
    for name in ("alpha", "beta"):
        manifest = write_tiny_voice(tmp_path / "ml" / "model" / name) / "voice.json"
        manifest.write_text(manifest.read_text().replace('"tiny"', f'"{name}"'))
    own.append(start_serving(tmp_path / "ml", INTONE_DEFAULT_VOICE="beta", INTONE_LOG_FORMAT="console"))
    with own[0].client() as client:
        assert invoke(client, {"text": "Hi."}).headers["x-voice"] == "beta"
    assert not own[0].log_text().startswith("{")


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
def test_content_types(client: httpx.Client, type: str, status: int) -> None:
    """S4"""
    answer = client.post("/invocations", content=b'{"text": "Hi."}', headers={"Content-Type": type} if type else {})
    assert answer.status_code == status
    assert status == 200 or problem(answer) == (415, "unsupported_media_type")


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
def test_accept(client: httpx.Client, accept: str, type: str | None) -> None:
    """S4; an empty header stands for one that is absent."""
    answer = invoke(client, {"text": "Hi."}, Accept=accept)
    if type is None:
        assert problem(answer) == (406, "not_acceptable")
    else:
        assert (answer.status_code, answer.headers["content-type"]) == (200, type)


@pytest.mark.parametrize("stream", [False, True])
def test_custom_attributes_come_back(client: httpx.Client, stream: bool) -> None:
    """S4"""
    for sent in ("trace=7; who=a b", "a" * 1024):
        answer = invoke(client, {"text": "Hi.", "stream": stream}, **{ATTRIBUTES: sent})
        assert answer.headers[ATTRIBUTES] == sent


@pytest.mark.parametrize("sent", [b"a" * 1025, b"caf\xe9", b"tab\there", b""])
def test_other_custom_attributes_are_ignored(client: httpx.Client, sent: bytes) -> None:
    """S4"""
    answer = client.post("/invocations", json={"text": "Hi."}, headers={ATTRIBUTES: sent})
    assert answer.status_code == 200 and ATTRIBUTES not in answer.headers


def test_over_the_time_budget_the_answer_is_504_and_a_stream_goes_on(tmp_path: Path, own: list[Server]) -> None:
    """S5"""
    write_tiny_voice(tmp_path / "ml" / "model")
    own.append(start_serving(tmp_path / "ml", INTONE_TIME_BUDGET="0.2"))
    with own[0].client() as client:
        answer = invoke(client, {"text": LONG, "format": "mp3"})
        assert problem(answer) == (504, "over_time_budget")
        assert "0.2 seconds" in answer.json()["detail"]
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
def test_an_answer_that_is_too_large_is_413_and_names_the_ways_out(
    tiny_room: httpx.Client, fields: dict[str, object]
) -> None:
    """S5: what is known by the estimate, what is known while it is spoken, and what is known at the end."""
    body = fields if "ssml" in fields else {"text": LONG[:500], **fields}
    answer = invoke(tiny_room, body)
    assert problem(answer) == (413, "answer_too_large")
    for way in ("async", '"stream": true', "INTONE_MAX_ANSWER_BYTES"):
        assert way in answer.json()["hint"]


def test_what_fits_and_what_is_streamed_is_spoken(tiny_room: httpx.Client) -> None:
    """S5"""
    assert invoke(tiny_room, {"text": "Hi."}).status_code == 200
    streamed = invoke(tiny_room, {"text": LONG[:500], "stream": True})
    assert streamed.status_code == 200 and len(streamed.content) > 300_000
    analyzed = tiny_room.post("/analyze", json={"text": "word " * 3000})
    assert analyzed.status_code == 200


@pytest.fixture(scope="module")
def tiny_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A service whose answers may have 300 KB."""
    root = tmp_path_factory.mktemp("room") / "ml"
    write_tiny_voice(root / "model")
    server = start_serving(root, INTONE_MAX_ANSWER_BYTES="300000")
    with server.client() as client:
        yield client
    kill(server)


def test_a_full_queue_is_503_at_once(tmp_path: Path, own: list[Server]) -> None:
    """S6"""
    write_tiny_voice(tmp_path / "ml" / "model")
    own.append(start_serving(tmp_path / "ml", INTONE_CONCURRENCY="1", INTONE_QUEUE_SIZE="0"))
    server, before = own[0], batches(own[0])
    with server.client() as client, server.client() as other, ThreadPoolExecutor(1) as crowd:
        # A whole answer has the only place until it is made.
        book = crowd.submit(invoke, client, {"text": LONG, "format": "mp3"})
        wait_until(lambda: batches(server) > before, 30, server)
        assert problem(invoke(other, {"text": "Hi."})) == (503, "busy")
        assert not book.done() and ping(server).status_code == 200
        assert book.result().status_code == 200


def test_weights_are_loaded_once(tmp_path: Path, own: list[Server]) -> None:
    """S6: what is in memory speaks, in one process, when the files are gone."""
    model = write_tiny_voice(tmp_path / "ml" / "model", speakers=SPEAKERS)
    own.append(start_serving(tmp_path / "ml"))
    shutil.rmtree(model)
    children = Path(f"/proc/{own[0].process.pid}/task/{own[0].process.pid}/children").read_text()
    assert children == ""

    def spoken(number: int) -> int:
        with own[0].client() as client:
            emotion = SPEAKERS[number % 2]
            return invoke(client, {"text": f"Number {number}.", "emotion": emotion, "strict": True}).status_code

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(spoken, range(24))) == {200}


@pytest.mark.parametrize("stream", [False, True])
def test_sigterm_lets_the_answer_finish_and_refuses_new_ones(tmp_path: Path, own: list[Server], stream: bool) -> None:
    """S7"""
    write_tiny_voice(tmp_path / "ml" / "model")
    own.append(start_serving(tmp_path / "ml"))
    server, fields = own[0], {"text": LONG[:4000], "format": "mp3", "stream": stream}
    before = batches(server)
    with ThreadPoolExecutor(1) as other, server.client() as client:
        speaking = other.submit(invoke, client, fields)
        wait_until(lambda: batches(server) > before, 30, server)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(server), 30)
        assert not speaking.done()
        answer = speaking.result()
    assert answer.status_code == 200 and len(answer.content) > 100_000
    assert server.process.wait(30) == 0


def batches(server: Server) -> float:
    """How many a worker has taken."""
    metrics = httpx.get(f"{server.url}/metrics", trust_env=False).text
    return float(re.findall(r"^intone_batch_utterances_count (.*)$", metrics, re.MULTILINE)[0])


def refuses(server: Server) -> bool:
    try:
        ping(server)
    except httpx.TransportError:
        return True
    return False


def test_what_takes_too_long_after_sigterm_is_cut_off(tmp_path: Path, own: list[Server]) -> None:
    """S7: the platform would kill."""
    write_tiny_voice(tmp_path / "ml" / "model")
    own.append(start_serving(tmp_path / "ml", INTONE_DRAIN_SECONDS="1"))
    with own[0].client() as client, client.stream("POST", "/invocations", json={"text": LONG, "stream": True}) as first:
        pieces = first.iter_raw()
        assert next(pieces)  # nobody reads on
        assert own[0].stop(30) == 0


def test_the_first_of_a_stream_comes_before_its_end_is_made(server: Server, client: httpx.Client) -> None:
    """S8: as long as it is not over, the service has not told its log of it."""
    named = {"X-Request-Id": "streamed"}
    with client.stream("POST", "/invocations", json={"text": LONG, "stream": True}, headers=named) as answer:
        pieces = answer.iter_raw()
        assert next(pieces).startswith(b"RIFF")
        assert '"streamed"' not in server.log_text()
        assert sum(map(len, pieces)) > 1_000_000
    wait_until(lambda: '"streamed"' in server.log_text(), 30)


def test_ping_has_no_line_in_the_log_and_no_text_is_in_it(server: Server, client: httpx.Client) -> None:
    """S9"""
    for _ in range(3):
        assert ping(server).status_code == 200
    invoke(client, {"text": f"{SECRET}. How nice!"}, **{"X-Request-Id": "last", ATTRIBUTES: SECRET})
    invoke(client, {"text": "Hi.", SECRET: SECRET, "voice": SECRET})
    wait_until(lambda: server.log_text().count('"/invocations"') >= 2 and '"last"' in server.log_text(), 30)
    assert "/ping" not in server.log_text()
    for word in SECRET.split():
        assert word not in server.log_text()


def test_errors_fit_into_what_the_platform_hands_on(client: httpx.Client) -> None:
    """The first 2,048 characters: whatever is wrong, they are a whole answer."""
    unknown = {f"{'unknown' * 20}{number}": number for number in range(40)}
    assert problem(invoke(client, {"text": "Hi.", **unknown})) == (422, "invalid_request")
    assert problem(invoke(client, {"text": "Hi.", "voice": "é" * 5000})) == (404, "voice_not_found")
    assert problem(invoke(client, {"text": "Hi.", "emotion": "☃" * 5000})) == (422, "unknown_emotion")
    assert problem(invoke(client, {"text": "Hi."}, Accept="image/" + "x" * 5000)) == (406, "not_acceptable")
