"""Garbage collection skips the loaded models and libraries, because a full collection would delay every request."""

from __future__ import annotations

import gc

from starlette.testclient import TestClient

from app.main import create_app
from app.settings import load_settings
from tests.serving import wait_until

LIBRARY_OBJECTS = 100_000
"""Torch, transformers and FastAPI alone have more objects."""


def test_loaded_objects_are_exempt_from_garbage_collection_until_shutdown() -> None:
    with TestClient(create_app(load_settings(backend="torch")), base_url="http://127.0.0.1") as client:
        wait_until(lambda: client.get("/ready").status_code == 200, 60)
        assert gc.get_freeze_count() > LIBRARY_OBJECTS
        assert len(gc.get_objects()) < gc.get_freeze_count() / 10
    assert gc.get_freeze_count() == 0
