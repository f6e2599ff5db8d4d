"""Every process collects the same tests whenever it starts, as parallel test workers compare their lists."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.serving import ROOT


def test_a_later_collection_with_another_hash_seed_is_equal(request: pytest.FixtureRequest) -> None:
    collected = [item.nodeid for item in request.session.items]
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider"]
    # This session, which began seconds ago, may have collected fewer files, and has another seed, if by chance.
    environment = {**os.environ, "PYTHONHASHSEED": "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"}
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert again.returncode == 0, again.stdout
    listed, known = again.stdout.splitlines(), set(collected)
    assert sort_files([line for line in listed if line in known]) == sort_files(collected)
    assert len(listed) > 1000


def sort_files(tests: list[str]) -> list[str]:
    """Sort the files, whose order a command may change, and keep the order of the tests in each."""
    return sorted(tests, key=lambda test: test.partition("::")[0])
