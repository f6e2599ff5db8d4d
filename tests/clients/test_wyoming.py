"""The package `wyoming` as client: the events that Home Assistant sends, limits, broken input and the end."""

from __future__ import annotations

import asyncio
import json
import random
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

from tests.serving import LOADED, ROOT, Server, StartServer, clean_environment, start_server, wait_until

TEXT = "The parcel came this morning. I am so happy that you are finally here! What happened to the old harbour?"
EMOTIONS = ["neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust"]
FLAGS = ("--wyoming", "tcp://127.0.0.1:0", "--cache-mb", "0")


def find_address(server: Server) -> str:
    """Return the address at which the service says that it speaks Wyoming."""
    pattern = re.compile(r"listening on ((?:tcp|unix)://[^\s\"]+)")
    wait_until(lambda: pattern.search(server.log_text()) is not None, 10, server)
    (address,) = pattern.findall(server.log_text())
    return str(address)


@pytest.fixture(scope="module")
def wyoming_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("wyoming"), *FLAGS)
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def address(wyoming_server: Server) -> str:
    return find_address(wyoming_server)


class Talker:
    """The package's client, called from tests that are not asynchronous."""

    def __init__(self, address: str) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient.from_uri(address)

    def __enter__(self) -> Talker:
        self._runner.run(self._client.connect())
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self._client.disconnect())
        self._runner.close()

    def send(self, *events: Event) -> None:
        for event in events:
            self._runner.run(self._client.write_event(event))

    def read(self) -> Event | None:
        return self._runner.run(self._client.read_event())

    def read_until(self, *last: str) -> list[Event]:
        """Read events up to one of these types, or up to the end of the connection."""
        events: list[Event] = []
        while event := self.read():
            events.append(event)
            if event.type in last:
                break
        return events


def request(address: str, *events: Event, last: str = "audio-stop") -> list[Event]:
    """Send events over a new connection; return the answer."""
    with Talker(address) as talker:
        talker.send(*events)
        return talker.read_until(last, "error")


def stream_text(address: str, pieces: Sequence[str], voice: SynthesizeVoice | None = None) -> list[Event]:
    """Send what Home Assistant sends for a text that a language model writes, and return the answer.

    See `_generate_tts_audio` of homeassistant/components/wyoming/tts.py: the whole text follows its pieces.
    """
    whole = Synthesize("".join(pieces), voice)
    pushed = [SynthesizeChunk(piece).event() for piece in pieces]
    events = [SynthesizeStart(voice).event(), *pushed, whole.event(), SynthesizeStop().event()]
    return request(address, *events, last="synthesize-stopped")


def check_audio(events: Sequence[Event], last: Sequence[str] = ("audio-stop",)) -> float:
    """Check that the events are one utterance of audio; return its seconds."""
    start, *chunks = events[: -len(last)]
    assert [event.type for event in events[-len(last) :]] == [*last]
    assert AudioStart.from_event(start) == AudioStart(24000, 2, 1, timestamp=0)
    audio = [AudioChunk.from_event(chunk) for chunk in chunks]
    assert {(chunk.rate, chunk.width, chunk.channels) for chunk in audio} == {(24000, 2, 1)}
    assert all(AudioChunk.is_type(chunk.type) for chunk in chunks)
    assert all(0 < len(chunk.audio) <= 32_768 for chunk in audio)
    seconds = sum(chunk.seconds for chunk in audio)
    stop = next(AudioStop.from_event(event) for event in events if AudioStop.is_type(event.type))
    assert stop.timestamp == pytest.approx(1000 * seconds, abs=1)
    times = [chunk.timestamp or 0 for chunk in audio]
    assert times == sorted(times) and times[0] == 0
    assert max(max(abs(one) for (one,) in struct.iter_unpack("<h", chunk.audio)) for chunk in audio) > 2000
    return seconds


def read_log(server: Server, *routes: str) -> list[dict[str, Any]]:
    """Return the log lines of some routes, by default those that speak; a thread of the service writes them later."""
    routes = routes or ("wyoming/synthesize", "wyoming/synthesize-start")
    with server.create_client() as client:
        counted = re.findall(
            r'^intone_requests_total\{route="(.+?)".*\} (.+)$', client.get("/metrics").text, re.MULTILINE
        )
    total = sum(float(count) for route, count in counted if route in routes)

    def read() -> list[dict[str, Any]]:
        # The last line may be incomplete.
        lines = map(json.loads, server.log_text().rpartition("\n")[0].splitlines())
        return [line for line in lines if line.get("route") in routes]

    wait_until(lambda: len(read()) >= total, 10, server)
    return read()


def read_gauge(server: Server, name: str) -> float:
    with server.create_client() as client:
        match = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert match, name
    return float(match[1])


def test_info_lists_the_voices_with_emotions_as_speakers(address: str) -> None:
    (event,) = request(address, Describe().event(), last="info")
    (program,) = Info.from_event(event).tts
    assert (program.name, program.installed, program.supports_synthesize_streaming) == ("Intone", True, True)
    assert program.version and program.attribution.name == "Intone"
    (voice,) = program.voices
    assert (voice.name, voice.description, voice.installed, voice.languages) == ("wren", "Wren", True, ["en-US"])
    assert "Apache-2.0" in voice.attribution.name
    assert [speaker.name for speaker in voice.speakers or ()] == ["auto", *EMOTIONS]


def test_a_text_is_spoken(address: str, wyoming_server: Server) -> None:
    seconds = check_audio(request(address, Synthesize(TEXT).event()))
    assert 4 < seconds < 12
    line = read_log(wyoming_server)[-1]
    assert (line["method"], line["status"], line["stream"], line["characters"]) == ("WYOMING", 200, True, len(TEXT))
    assert line["utterances"] == 3 and line["emotions"]["joy"] >= 1
    assert line["audio_seconds"] == pytest.approx(seconds, abs=0.5)


@pytest.mark.parametrize("speaker", ["joy", "Sadness", "angry"])
def test_a_speaker_is_an_emotion(address: str, wyoming_server: Server, speaker: str) -> None:
    check_audio(request(address, Synthesize(TEXT, SynthesizeVoice("wren", speaker=speaker)).event()))
    (emotion,) = read_log(wyoming_server)[-1]["emotions"]
    assert emotion == {"joy": "joy", "Sadness": "sadness", "angry": "anger"}[speaker]


@pytest.mark.parametrize(
    "voice",
    [
        None,
        SynthesizeVoice("WREN"),
        SynthesizeVoice("alloy"),
        SynthesizeVoice("wren", speaker="auto"),
        SynthesizeVoice(language="en-US"),
        SynthesizeVoice(language="en_GB"),
    ],
    ids=repr,
)
def test_the_voice_is_that_of_a_name_or_of_a_language(address: str, voice: SynthesizeVoice | None) -> None:
    check_audio(request(address, Synthesize("How nice!", voice).event()))


def test_ssml_and_tags_are_read(address: str, wyoming_server: Server) -> None:
    ssml = '<speak><prosody rate="slow">Well.</prosody><break time="2s"/>Now.</speak>'
    event = Event("synthesize", {"text": ssml, "text_format": "ssml"})
    assert check_audio(request(address, event)) > 2.5
    check_audio(request(address, Synthesize("[sad] The door is open.").event()))
    assert read_log(wyoming_server)[-1]["emotions"] == {"sadness": 1}


def test_warnings_are_in_the_last_event_of_the_audio(address: str) -> None:
    *_, last = request(address, Synthesize("The word is кварц.").event())
    assert [one["code"] for one in last.data["warnings"]] == ["unreadable_script"]
    *_, last = request(address, Synthesize("All is well.").event())
    assert "warnings" not in last.data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"text": "Hi.", "voice": {"name": "nobody"}}, "voice_not_found"),
        ({"text": "Hi.", "voice": {"language": "de-DE"}}, "voice_not_found"),
        ({"text": "Hi.", "voice": {"name": "wren", "speaker": "bored stiff"}}, "unknown_emotion"),
        ({"text": " \n"}, "empty_text"),
        ({"text": "你好"}, "empty_text"),
        ({}, "invalid_request"),
        ({"text": 5}, "invalid_request"),
        ({"text": None}, "invalid_request"),
        ({"text": "Hi.", "voice": "wren"}, "invalid_request"),
        ({"text": "Hi.", "voice": {"name": ["wren"]}}, "invalid_request"),
        ({"text": "Hi.", "text_format": "latex"}, "invalid_request"),
        ({"text": "<speak>", "text_format": "ssml"}, "invalid_ssml"),
        ({"text": "a. " * 9000}, "text_too_long"),
    ],
)
def test_a_wrong_request_gets_an_error_and_the_end(
    address: str, wyoming_server: Server, data: dict[str, Any], code: str
) -> None:
    with Talker(address) as client:
        client.send(Event("synthesize", data))
        (event,) = client.read_until()
    error = Error.from_event(event)
    assert error.code == code and error.text.strip().endswith((".", "?"))
    line = read_log(wyoming_server)[-1]
    assert line["code"] == code and 400 <= line["status"] < 500


def test_a_lone_surrogate_is_refused(address: str) -> None:
    header = b'{"type": "synthesize", "data": {"text": "\\ud800"}}\n'
    assert b'"invalid_request"' in exchange_bytes(address, header)


@pytest.mark.parametrize("size", [1, 3, 10, 1000])
def test_home_assistants_stream_is_spoken_once(address: str, wyoming_server: Server, size: int) -> None:
    pieces = [TEXT[start : start + size] for start in range(0, len(TEXT), size)]
    events = stream_text(address, pieces, SynthesizeVoice("wren"))
    seconds = check_audio(events, ("audio-stop", "synthesize-stopped"))
    line = read_log(wyoming_server)[-1]
    assert (line["status"], line["utterances"], line["characters"]) == (200, 3, len(TEXT))
    assert 4 < seconds < 12


def test_audio_begins_before_the_text_is_complete(address: str) -> None:
    with Talker(address) as client:
        client.send(SynthesizeStart(SynthesizeVoice("wren", speaker="joy")).event())
        client.send(SynthesizeChunk("The parcel came. And th").event())
        first = client.read_until("audio-chunk")
        assert [event.type for event in first] == ["audio-start", "audio-chunk"]
        client.send(SynthesizeChunk("en we left.").event())
        client.send(SynthesizeStop().event())
        rest = client.read_until("synthesize-stopped")
        check_audio([*first, *rest], ("audio-stop", "synthesize-stopped"))
        # The connection is free again: now a whole text is spoken.
        client.send(Synthesize("How nice!").event())
        check_audio(client.read_until("audio-stop"))


def test_a_stream_without_text_is_silent(address: str) -> None:
    events = request(address, SynthesizeStart().event(), SynthesizeStop().event(), last="synthesize-stopped")
    assert [event.type for event in events] == ["audio-start", "audio-stop", "synthesize-stopped"]


def test_a_new_stream_replaces_the_one_before(address: str, wyoming_server: Server) -> None:
    with Talker(address) as client:
        client.send(SynthesizeStart().event())
        client.send(SynthesizeChunk(TEXT * 20).event())
        client.read_until("audio-chunk")
        client.send(SynthesizeStart().event())
        client.send(SynthesizeChunk("How nice!").event())
        client.send(SynthesizeStop().event())
        events = client.read_until("synthesize-stopped")
    last = max(place for place, event in enumerate(events) if event.type == "audio-start")
    assert check_audio(events[last:], ("audio-stop", "synthesize-stopped")) < 3
    assert [line["status"] for line in read_log(wyoming_server)[-2:]] == [499, 200]


@pytest.mark.parametrize("kind", ["synthesize-chunk", "synthesize-stop"])
def test_a_piece_without_a_stream_is_an_error(address: str, kind: str) -> None:
    (event,) = request(address, Event(kind, {"text": "Hi."}))
    assert Error.from_event(event).code == "invalid_request"


@pytest.mark.parametrize("data", [{}, {"text": 5}, {"text": None}])
def test_a_wrong_piece_ends_the_stream_with_an_error(
    address: str, wyoming_server: Server, data: dict[str, Any]
) -> None:
    events = [SynthesizeStart().event(), Event("synthesize-chunk", data)]
    (event,) = request(address, *events)
    assert Error.from_event(event).code == "invalid_request"
    assert read_log(wyoming_server)[-1]["code"] == "invalid_request"


def test_a_stream_takes_no_ssml(address: str) -> None:
    (event,) = request(address, Event("synthesize-start", {"text_format": "ssml"}))
    assert Error.from_event(event).code == "invalid_request"


def test_pings_are_answered_and_unknown_events_dropped(address: str) -> None:
    with Talker(address) as client:
        for event in (SelectProgram("Intone").event(), Event("detect", {"names": []}, b"\0" * 100_000)):
            client.send(event)
        client.send(Ping("here").event())
        assert client.read() == Pong("here").event()
        client.send(SynthesizeStart().event())
        client.send(Event("ping"))
        assert client.read() == Pong().event()


def exchange_bytes(address: str, sent: bytes) -> bytes:
    """Send bytes as they are, and return all that comes back."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=60 * LOADED) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("received", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "unreadable_body"),
        (b'{"type": "synthesize", "data"\n', "unreadable_body"),
        (b"[" * 50_000 + b"\n", "unreadable_body"),
        (b"x" * 300_000, "body_too_large"),
        (b'{"type": "synthesize", "data_length": 1e9}\n', "invalid_request"),
        (b'{"type": "synthesize", "data_length": 999999999}\n', "body_too_large"),
        (b'{"type": "audio-chunk", "payload_length": 99999999999}\n' + b"\0" * 500_000, "body_too_large"),
    ],
)
def test_broken_bytes_get_an_error_and_the_end(
    address: str, wyoming_server: Server, received: bytes, code: str
) -> None:
    answer = exchange_bytes(address, received)
    assert answer.startswith(b'{"type": "error"') and f'"{code}"'.encode() in answer
    assert read_log(wyoming_server, "wyoming")[-1]["code"] == code


def test_clients_that_leave_at_random_moments_leave_nothing_behind(address: str, wyoming_server: Server) -> None:
    """Half events, silent clients, and connections reset while the service waits, computes or sends."""
    choose = random.Random(7)
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    events = [
        Synthesize(TEXT).event(),
        SynthesizeStart().event(),
        *(SynthesizeChunk(piece).event() for piece in (TEXT[:20], TEXT[20:70], TEXT[70:])),
        SynthesizeStop().event(),
    ]
    whole = {first: b"".join(map(encode, events[first:last])) for first, last in ((0, 1), (1, len(events)))}
    for number in range(60):
        with socket.create_connection((host, int(port)), timeout=60 * LOADED) as connection:
            sent = whole[number % 2]
            connection.sendall(sent[: choose.randrange(len(sent) + 1)] if number % 3 else sent)
            if number % 3 == 0:
                # Leave after some of the audio: nothing, its start, or more of it.
                for _ in range(choose.randrange(3)):
                    connection.recv(choose.choice((1, 100, 40_000)))
            if number % 4 == 0:
                # Closing sends a reset.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: read_gauge(wyoming_server, "intone_streams_open") == 0, 30)
    # The connection that reads the metrics is one.
    wait_until(lambda: read_gauge(wyoming_server, "intone_connections") <= 1, 30)
    assert "Traceback" not in wyoming_server.log_text()
    check_audio(request(address, Synthesize("How nice!").event()))


@pytest.mark.parametrize("kind", ["synthesize", "synthesize-start"])
def test_a_client_that_closes_its_side_stops_the_speech(address: str, wyoming_server: Server, kind: str) -> None:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    events = [Event(kind, {"text": TEXT * 100}), SynthesizeChunk(TEXT * 100).event()]
    with socket.create_connection((host, int(port)), timeout=60 * LOADED) as connection:
        connection.sendall(b"".join(map(encode, events[: 1 if kind == "synthesize" else 2])))
        assert connection.recv(1)
        connection.shutdown(socket.SHUT_WR)
        assert sum(map(len, iter(lambda: connection.recv(65_536), b""))) < 24_000 * 2 * 300
    # The piece in progress is finished first.
    wait_until(lambda: read_log(wyoming_server, f"wyoming/{kind}")[-1]["status"] == 499, 30)


def encode(event: Event) -> bytes:
    data = json.dumps(event.data).encode()
    return json.dumps({"type": event.type, "data_length": len(data)}).encode() + b"\n" + data


def test_the_log_and_the_metrics_hold_no_text(address: str, wyoming_server: Server) -> None:
    word = "Quarzuhr"
    request(address, Synthesize(f"The {word} ticks.").event())
    stream_text(address, [f"The {word[:3]}", f"{word[3:]} ticks."])
    request(address, Synthesize("Hi.", SynthesizeVoice(word)).event())
    exchange_bytes(address, f'{{"type": "{word}'.encode() + b'"\n')
    assert word not in wyoming_server.log_text()
    with wyoming_server.create_client() as client:
        metrics = client.get("/metrics").text
    assert word not in metrics
    assert re.search(r'intone_requests_total\{route="wyoming/synthesize",status="200"\} [1-9]', metrics)
    assert re.search(r'intone_requests_total\{route="wyoming",status="400"\} [1-9]', metrics)


def test_the_limits_of_the_service_apply(own_server: StartServer) -> None:
    server = own_server(*FLAGS, "--max-chars", "200", "--max-streams-per-client", "1", "--max-connections", "3")
    address = find_address(server)
    (event,) = request(address, Synthesize("a" * 201).event())
    assert Error.from_event(event).code == "text_too_long"
    *_, event = request(address, SynthesizeStart().event(), SynthesizeChunk("a" * 201).event())
    assert Error.from_event(event).code == "text_too_long"
    with Talker(address) as first, Talker(address) as second:
        for client in (first, second):
            client.send(SynthesizeStart().event(), Ping().event())
            events = client.read_until("pong", "error")
        assert Error.from_event(events[-1]).code == "too_many_streams"
    # Idle connections make room for new ones. The connection that reads the metrics is one.
    wait_until(lambda: read_gauge(server, "intone_connections") <= 1, 30)
    with ExitStack() as stack:
        clients = [stack.enter_context(Talker(address)) for _ in range(4)]
        for client in clients[1:]:
            client.send(Ping().event())
            assert client.read() == Pong().event()
        assert clients[0].read() is None


def test_the_rate_limit_applies(own_server: StartServer) -> None:
    address = find_address(own_server(*FLAGS, "--rate-limit", "1"))
    check_audio(request(address, Synthesize("How nice!").event()))
    for event in (Synthesize("How nice!").event(), SynthesizeStart().event()):
        (answer,) = request(address, event)
        assert Error.from_event(answer).code == "rate_limited"


def test_a_unix_socket_is_removed_at_the_end(own_server: StartServer, tmp_path: Path) -> None:
    path = tmp_path / "speech.sock"
    with socket.socket(socket.AF_UNIX) as abandoned:
        abandoned.bind(str(path))
    server = own_server("--wyoming", f"unix://{path}")
    assert find_address(server) == f"unix://{path}"
    check_audio(request(f"unix://{path}", Synthesize("How nice!").event()))
    assert server.stop() == 0
    assert not path.exists()


def test_a_text_that_is_spoken_is_finished_before_the_end(own_server: StartServer) -> None:
    server = own_server(*FLAGS)
    with Talker(find_address(server)) as client, Talker(find_address(server)) as idle:
        idle.send(Ping().event())
        assert idle.read() == Pong().event()
        client.send(Synthesize(TEXT * 3).event())
        first = client.read_until("audio-chunk")
        server.process.send_signal(signal.SIGTERM)
        assert idle.read() is None
        assert check_audio([*first, *client.read_until("audio-stop")]) > 12
        assert client.read() is None
    assert server.process.wait(60 * LOADED) == 0


def test_before_the_models_are_loaded_clients_are_told_to_wait(own_server: StartServer) -> None:
    server = own_server(*FLAGS, ready=False)
    for event in (Describe().event(), Synthesize("Hi.").event(), SynthesizeStart().event()):
        (answer,) = request(find_address(server), event, last="info")
        assert Error.from_event(answer).code == "not_ready"


def test_a_missing_package_is_reported_with_the_extra() -> None:
    code = "import sys; sys.modules['wyoming'] = None; from app.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "serve", "--port", "0", "--wyoming", "tcp://127.0.0.1:0"]
    ended = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=20 * LOADED
    )
    assert ended.returncode != 0 and "Traceback" not in ended.stderr
    assert "intone[wyoming]" in ended.stderr and "not installed" in ended.stderr


def test_an_address_in_use_is_reported(address: str, tmp_path: Path) -> None:
    path = tmp_path / "speech.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        for used in (address, f"unix://{path}"):
            command = [sys.executable, "-m", "app", "serve", "--port", "0", "--wyoming", used]
            ended = subprocess.run(
                command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=20 * LOADED
            )
            assert ended.returncode != 0 and "Cannot listen on" in ended.stderr and "Traceback" not in ended.stderr
    assert Path(path).exists()
