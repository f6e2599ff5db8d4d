"""The pipeline with the bundled models, loaded once for the tests of live text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import load_settings
from app.synthesis.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    pipeline = Pipeline.load(load_settings(backend="torch", cache_mb=0))
    yield pipeline
    pipeline.close()
