"""Every process collects the same tests whenever it starts, as parallel test workers compare their lists."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.serving import ROOT


def start_collecting(hash_seed: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_two_collections_a_second_apart_are_equal() -> None:
    first = start_collecting("1")
    time.sleep(1.1)  # a file's time stamp is in whole seconds
    second = start_collecting("2")
    lists = [process.communicate(timeout=600)[0].splitlines()[:-1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert lists[0] == lists[1]
    assert len(lists[0]) > 1000
