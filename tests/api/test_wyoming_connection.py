"""Connections of the Wyoming protocol to a service without models: order, limits and the end."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pytest

from app.api.connections import Connections
from app.api.listener import listen
from app.api.server import DrainingServer, make_server_config
from app.api.wyoming import connection as wyoming_connection
from app.api.wyoming.server import WyomingProtocol, describe_listener, listen_wyoming
from app.main import create_app
from app.settings import load_settings
from tests.serving import LOADED, wait_until


class Service:
    """A running service, its connections, and what ends it."""

    def __init__(self, server: DrainingServer, address: tuple[str, int], connections: Connections) -> None:
        self.server = server
        self.address = address
        self.connections = connections

    @contextmanager
    def connect(self) -> Iterator[socket.socket]:
        with socket.create_connection(self.address, timeout=10 * LOADED) as connection:
            yield connection


@contextmanager
def run_service(**settings: Any) -> Iterator[Service]:
    """Serve Wyoming in a thread of this process, where BlockBuster watches the event loop."""
    chosen = load_settings(port=0, wyoming="tcp://127.0.0.1:0", **settings)
    app = create_app(chosen)
    config = make_server_config(app, chosen, {})
    config.lifespan = "off"
    with listen(chosen) as http, listen_wyoming(chosen.wyoming) as listener:
        factory = partial(WyomingProtocol, app.state.service, app.state.connections)
        server = DrainingServer(config, lambda: 60, lambda: None, {listener: factory})
        thread = threading.Thread(target=server.run, kwargs={"sockets": [http]})
        thread.start()
        try:
            yield Service(server, listener.getsockname(), app.state.connections)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with run_service(max_connections=3) as service:
        yield service


def encode(kind: str, **data: object) -> bytes:
    return json.dumps({"type": kind, "data": data}).encode() + b"\n"


def read_all(connection: socket.socket) -> list[str]:
    """Return the types of all events until the service closes the connection, and codes of errors."""
    received = b"".join(iter(lambda: connection.recv(65_536), b""))
    kinds = []
    while received:
        line, _, received = received.partition(b"\n")
        header = json.loads(line)
        data, received = received[: header.get("data_length", 0)], received[header.get("data_length", 0) :]
        kinds.append(json.loads(data)["code"] if header["type"] == "error" else header["type"])
    return kinds


@pytest.mark.parametrize("kind", ["describe", "synthesize", "synthesize-start"])
def test_without_models_requests_get_an_error(service: Service, kind: str) -> None:
    with service.connect() as connection:
        connection.sendall(encode("ping") + encode("unknown", a=1) + encode(kind, text="Hi.") + encode("ping"))
        assert read_all(connection) == ["pong", "not_ready"]


@pytest.mark.parametrize("kind", ["synthesize-chunk", "synthesize-stop"])
def test_a_piece_comes_after_a_start(service: Service, kind: str) -> None:
    with service.connect() as connection:
        connection.sendall(encode(kind, text="Hi."))
        assert read_all(connection) == ["invalid_request"]


def test_bytes_after_an_error_do_not_lose_it(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(b'{"type": "audio-chunk", "payload_length": 99999999}\n' + b"\0" * 3_000_000)
        assert read_all(connection) == ["body_too_large"]


def test_a_client_that_has_closed_its_side_gets_answers(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(encode("ping") + encode("describe"))
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == ["pong", "not_ready"]


def test_half_an_event_and_a_closed_side_end_the_connection(service: Service) -> None:
    with service.connect() as connection:
        connection.sendall(encode("ping") + b'{"type": "syn')
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == ["pong"]


def test_the_longest_idle_connection_makes_room(service: Service) -> None:
    with ExitStack() as stack:
        first, *others = [stack.enter_context(service.connect()) for _ in range(4)]
        for connection in others:
            connection.sendall(encode("ping"))
            assert connection.recv(1000).startswith(b'{"type": "pong"')
        assert read_all(first) == []
    wait_until(lambda: not service.connections.open, 10)


def test_failed_connection_with_unread_bytes_ends_soon(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wyoming_connection, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(wyoming_connection, "LINGER_SECONDS", 0.1)
    with service.connect() as connection:
        connection.sendall(encode("ping"))
        wait_until(lambda: len(service.connections.open) == 1, 10)
        (one,) = service.connections.open
        one.transport.set_write_buffer_limits(10**9)  # so that the service reads on
        while not one.transport.get_write_buffer_size():
            connection.sendall(encode("ping", text="x" * 20_000))
        connection.sendall(b"not an event\n")
        wait_until(lambda: not service.connections.open, 10)


def test_idle_connections_end_with_the_service() -> None:
    with run_service() as service, service.connect() as connection:
        connection.sendall(encode("ping"))
        assert connection.recv(1000)
        service.server.should_exit = True
        assert read_all(connection) == []


def test_an_address_is_shown_as_clients_write_it() -> None:
    with listen_wyoming("tcp://[::1]:0") as listener:
        assert describe_listener(listener) == f"tcp://[::1]:{listener.getsockname()[1]}"
