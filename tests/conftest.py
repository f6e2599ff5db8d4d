"""Shared fixtures: a real server in its own process, and one in this process whose event loop is watched."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings

from app.__main__ import PASSIVE_WAIT
from app.cli.logs import PACKAGE_LOGGER
from app.main import create_app
from app.settings import load_settings
from tests.serving import READY_SECONDS, ROOT, Server, StartServer, serve_in_thread, start_server, wait_until

os.environ.setdefault(*PASSIVE_WAIT)
if "PYTEST_XDIST_WORKER" in os.environ:  # another worker uses the other cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# Examples have no deadline, as the machine may be under load.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("patient"), max_examples=2000)
settings.load_profile("patient")
# Converted networks are kept between runs, but apart from those of the user.
os.environ["XDG_CACHE_HOME"] = str(ROOT / ".pytest_cache" / "xdg")
# Two processes that write to numba's cache of librosa's functions at once can damage it, and both crash.
os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "numba" / os.environ.get("PYTEST_XDIST_WORKER", "main"))


UNIT_FOLDERS = {"api", "audio", "emotion", "inference", "metrics", "planning", "text", "voices"}
SLOW_FILES = {
    "test_background_thread.py",
    "test_collection_pauses.py",
    "test_missing_emotions.py",
    "test_ssml_properties.py",
}
SLOW_TESTS = {"test_hostile_markup_is_read_with_linear_work", "test_hostile_text_is_read_with_linear_work"}
"""Tests that take a third of the time of all the fast ones."""
SERVICES = {"server", "client", "own_server"}
"""Fixtures that start a service in its own process."""


SLOW_FOLDERS = ("end_to_end", "sagemaker", "sagemaker_deploy", "training", "cli", "clients", "bench", "docs")
"""Folders whose files take longest; they run first, so that two processes end at about the same time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tests as `unit`, and move the slow folders to the front."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW_FOLDERS)
    for item in items:
        is_fast = item.path.parent.name in UNIT_FOLDERS and item.path.name not in SLOW_FILES
        is_fast &= item.name.partition("[")[0] not in SLOW_TESTS
        if is_fast and not SERVICES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.unit)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def watched_event_loop() -> Iterator[BlockBuster]:
    """Make every event loop of this process raise an error instead of blocking, in any thread."""
    watch = BlockBuster()
    watch.activate()
    yield watch
    watch.deactivate()


def read_process_state() -> dict[str, object]:
    """Read what a test might change for the tests after it."""
    return {
        "folder": Path.cwd(),
        "settings": {name: value for name, value in os.environ.items() if name.startswith("INTONE_")},
        "log levels": [logging.getLogger(name).level for name in (None, PACKAGE_LOGGER)],
        "signal handlers": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
    }


@pytest.fixture(autouse=True)
def unchanged_process() -> Iterator[None]:
    """Fail a test that leaves this process changed."""
    before = read_process_state()
    yield
    assert read_process_state() == before


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a real service for all tests that do not stop it."""
    # Three workers, to reveal code that is not thread-safe, and the backend that is fastest on this machine.
    server = start_server(tmp_path_factory.mktemp("server"), "--workers", "3", "--backend", "auto")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.create_client() as client:
        yield client


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[StartServer]:
    """Return a function that starts services which a test may configure, load and stop."""
    started: list[Server] = []

    def start(*flags: str, **options: object) -> Server:
        # One worker, as each of them runs every network before the service is ready.
        server = start_server(tmp_path, "--workers", "1", *flags, **options)  # type: ignore[arg-type]
        started.append(server)
        return server

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="session")
def quick_flags(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Write a small voice; return the flags of a service that speaks with it and starts in half the time."""
    from tests.tiny_voice import write_tiny_voice

    folder = write_tiny_voice(tmp_path_factory.mktemp("quick") / "tiny")
    return ("--voices", str(folder), "--default-voice", "tiny")


@pytest.fixture(scope="module")
def watched_server() -> Iterator[str]:
    """Start the service in a thread of this process, where BlockBuster watches its event loop; return its URL."""
    failures: list[str] = []
    with serve_in_thread(create_app(load_settings(backend="torch"), on_failure=failures.append), lifespan="on") as url:

        def has_started() -> bool:
            return bool(failures) or httpx.get(f"{url}/ready", trust_env=False).status_code == 200

        wait_until(has_started, READY_SECONDS)
        assert not failures
        yield url
