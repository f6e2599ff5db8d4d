"""The server that runs the app: its socket, its limit of connections, and its shutdown."""

from __future__ import annotations

import http.client
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import uvicorn

from app.api.listener import listen
from app.api.server import RESERVED_DESCRIPTORS, DrainingServer, make_server_config
from app.main import create_app
from app.settings import load_settings
from tests.serving import ROOT, StartServer, clean_environment, service_without_models, wait_until
from tests.tiny_voice import change, write_tiny_voice


def test_both_parts_of_a_response_are_sent_at_once() -> None:
    settings = load_settings(port=0)
    config = make_server_config(create_app(settings), settings, {})
    config.lifespan = "off"
    server = uvicorn.Server(config)
    with listen(settings) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with socket.create_connection(listener.getsockname()):
                wait_until(lambda: bool(server.server_state.connections), 30)
                (connection,) = server.server_state.connections
                accepted = connection.transport.get_extra_info("socket")
                # Nagle's algorithm would delay the second part.
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        finally:
            server.should_exit = True
            thread.join()


def test_the_metrics_count_open_connections_and_their_limit() -> None:
    with service_without_models(max_connections=7) as client:
        metrics = client.get("/metrics").text
    assert "intone_connections 1.0" in metrics and "intone_connections_limit 7.0" in metrics


IDLE = 1100


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limits[1] < IDLE + 100:
        pytest.skip("the limit of descriptors is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limits[0], IDLE + 100), limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.usefixtures("many_descriptors")
def test_more_idle_connections_than_descriptors_neither_block_requests_nor_fill_the_log(tmp_path: Path) -> None:
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024)); sys.argv[0] = 'intone'; "
        "import runpy; runpy.run_module('app', run_name='__main__')"
    )
    process, url = start_service([sys.executable, "-c", code], tmp_path / "log")
    idle = [socket.socket() for _ in range(IDLE)]
    try:
        for one in idle:
            one.setblocking(False)
            one.connect_ex((urlsplit(url).hostname, urlsplit(url).port))
        limit = 1024 - RESERVED_DESCRIPTORS
        wait_until(lambda: f"all {limit} connections are open" in (tmp_path / "log").read_text(), 60)
        for _ in range(3):
            assert httpx.get(f"{url}/health", trust_env=False, timeout=60).status_code == 200
    finally:
        for one in idle:
            one.close()
        process.terminate()
        assert process.wait(60) == 0
    assert (tmp_path / "log").stat().st_size < 100_000


@pytest.mark.parametrize(
    ("hard", "soft", "connections"),
    [(4096, 2000 + RESERVED_DESCRIPTORS, 1000), (1024, 1024, 1024 - RESERVED_DESCRIPTORS)],
)
def test_each_connection_may_have_a_temporary_file_as_far_as_the_limit_allows(
    hard: int, soft: int, connections: int
) -> None:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (1024, {hard})); "
        "from app.api.server import fit_connections; "
        "print(fit_connections(1000), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == [str(connections), str(soft), str(hard)]


def start_service(command: list[str], log: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a service and wait until it listens, while it still loads its models."""
    with log.open("wb") as stderr:
        process = subprocess.Popen([*command, "serve", "--port", "0"], cwd=ROOT, env=clean_environment(), stderr=stderr)
    wait_until(lambda: "http://" in log.read_text(), 60)
    return process, "http://" + log.read_text().partition("http://")[2].split()[0]


def test_sigterm_during_loading_ends_the_service_at_once(tmp_path: Path) -> None:
    process, url = start_service([sys.executable, "-m", "app"], tmp_path / "log")
    wait_until(lambda: is_up(url), 60)
    process.terminate()
    assert process.wait(60) == 0
    # The signal ended the loading, which takes longer.
    assert "ready" not in (tmp_path / "log").read_text()


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_service_ends_although_nobody_reads_its_log() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        # Each request writes a line to the log: in total far more than a pipe holds.
        for _ in range(1000):
            connection.request("GET", "/nowhere")
            assert connection.getresponse().read()
        connection.close()
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(60) == 0
        finally:
            process.kill()


def test_the_end_is_forced_once_at_the_deadline_of_the_first_signal() -> None:
    forced = threading.Event()
    server = DrainingServer(uvicorn.Config(None), lambda: -2, forced.set)  # type: ignore[arg-type]
    server.handle_exit(signal.SIGTERM, None)
    timer = server._timer
    server.handle_exit(signal.SIGTERM, None)
    assert server._timer is timer and server.should_exit
    assert forced.wait(30)


def test_sighup_reads_the_folders_of_voices_again(own_server: StartServer, tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    write_tiny_voice(folder / "tiny")
    server = own_server("--voices", str(folder), "--default-voice", "tiny", "--backend", "torch")
    write_tiny_voice(folder / "late")
    change(folder / "late" / "voice.json", name="late")
    with server.create_client() as client:
        assert client.get("/voices/late").status_code == 404
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: client.get("/voices/late").status_code == 200, 30, server)
    assert server.stop() == 0
