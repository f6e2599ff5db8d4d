"""What the tests share: a real server in a process of its own, and one in this process whose event loop is watched."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings

from app.__main__ import PASSIVE_WAIT
from app.main import create_app
from app.settings import load_settings
from tests.serving import READY_SECONDS, ROOT, Server, StartServer, serving_here, start_server, wait_until

os.environ.setdefault(*PASSIVE_WAIT)
# Examples are made and tried for as long as it takes: a machine may have other work to do.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# Converted networks are kept between runs, but not among those of whoever runs the tests.
os.environ["XDG_CACHE_HOME"] = str(ROOT / ".pytest_cache" / "xdg")
# numba's cache of librosa's functions can be damaged by two processes that write to it at once, and then ends both.
os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "numba" / os.environ.get("PYTEST_XDIST_WORKER", "main"))


UNIT_FOLDERS = {"api", "audio", "emotion", "inference", "metrics", "planning", "text", "voices"}
SLOW_FILES = {"test_ssml_properties.py", "test_poor_voice.py"}
SERVICES = {"server", "client", "own_server"}
"""Fixtures that start a service in a process of its own."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tests as `unit`."""
    for item in items:
        is_fast = item.path.parent.name in UNIT_FOLDERS and item.path.name not in SLOW_FILES
        if is_fast and not SERVICES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.unit)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def watched_event_loop() -> Iterator[BlockBuster]:
    """Every event loop of this process raises where it would block, whichever thread it runs in."""
    watch = BlockBuster()
    watch.activate()
    yield watch
    watch.deactivate()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One real service for all tests that do not stop it."""
    # Three at a time, so that what is not safe between threads shows.
    server = start_server(tmp_path_factory.mktemp("server"), "--workers", "3")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[StartServer]:
    """Starts services that a test may configure, load and stop."""
    started: list[Server] = []

    def start(*flags: str, **options: object) -> Server:
        server = start_server(tmp_path, *flags, **options)  # type: ignore[arg-type]
        started.append(server)
        return server

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="module")
def watched_server() -> Iterator[str]:
    """The service in this process, in a thread whose event loop BlockBuster watches like any other; its address."""
    failures: list[str] = []
    with serving_here(create_app(load_settings(), on_failure=failures.append), lifespan="on") as url:

        def ready_or_failed() -> bool:
            return bool(failures) or httpx.get(f"{url}/ready", trust_env=False).status_code == 200

        wait_until(ready_or_failed, READY_SECONDS)
        assert not failures
        yield url
