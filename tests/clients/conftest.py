"""Services and clients for the tests with third-party clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI

from app.packages import bundled_models_dir
from tests.clients.openai_clients import KEY, can_speak, create_client
from tests.serving import Server, start_server, wait_until
from tests.tiny_voice import write_tiny_voice


@pytest.fixture(scope="session")
def openai_client(server: Server) -> Iterator[OpenAI]:
    """Create OpenAI's client for the service without keys."""
    with create_client(server.url) as client:
        yield client


@pytest.fixture(scope="session")
def keyed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a service that requires a key, speaks at most six seconds, and has a second voice, which cannot blend."""
    folder = tmp_path_factory.mktemp("keyed")
    write_tiny_voice(folder / "voices" / "tiny", speakers=("neutral", "joy"))
    voices = f"{bundled_models_dir() / 'voices'}:{folder / 'voices'}"
    server = start_server(
        folder,
        *("--workers", "1", "--max-audio-seconds", "6", "--cache-mb", "0"),
        INTONE_API_KEYS=f"clients={KEY}",
        INTONE_VOICES=voices,
    )
    yield server
    server.stop()


@pytest.fixture(scope="session")
def keyed_client(keyed_server: Server) -> Iterator[OpenAI]:
    """Create OpenAI's client with the key."""
    with create_client(keyed_server.url, KEY) as client:
        yield client


@pytest.fixture(scope="session")
def started_narrow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(
        tmp_path_factory.mktemp("narrow"),
        *(
            "--workers",
            "1",
            "--concurrency",
            "1",
            "--queue-size",
            "0",
            "--max-streams",
            "1",
            "--cache-mb",
            "0",
            "--time-budget",
            "5",
        ),
    )
    yield server
    server.stop()


@pytest.fixture
def narrow_server(started_narrow_server: Server) -> Server:
    """Return a service with one place and a time budget of five seconds, as soon as the place is free."""
    with create_client(started_narrow_server.url) as client:
        wait_until(lambda: can_speak(client), 30)
    return started_narrow_server
