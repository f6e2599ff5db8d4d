"""`intone bench` on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT, clean_environment


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=clean_environment())


@pytest.mark.parametrize(
    "arguments",
    [("--peers", "intone,nobody"), ("--clients", "1,0"), ("--rounds", "0"), ("--output", "/nowhere")],
)
def test_a_usage_error_exits_with_2_before_anything_is_measured(arguments: tuple[str, ...]) -> None:
    result = run_bench(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr and result.stderr.strip()


def test_a_quick_run_measures_the_service_and_writes_the_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    result = run_bench("--quick", "--peers", "intone", "--output", str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "clients: 4" in result.stdout and "repeated paragraph" in result.stdout
    report = json.loads((tmp_path / "bench.json").read_text())
    assert not report["missing"]
    peers = {(sample["measure"], sample["peer"]) for sample in report["samples"]}
    assert ("repeated_paragraph", "intone-cached") in peers and ("first_audio_of_paragraph", "intone") in peers
    kept = {measure for measure, peer in peers if peer == "intone-cached" and measure.startswith("kept_")}
    assert kept == {"kept_health", "kept_analysis", "kept_speech", "kept_openai_stream"}
    players = (
        "late_pieces",
        "shortest_buffer",
    )  # none is late on a fast machine, and buffers are negative on a slow one
    assert all(sample["value"] > 0 for sample in report["samples"] if not sample["measure"].endswith(players))
    requests = [sample["at"] for sample in report["samples"] if sample["measure"] == "memory"]
    assert requests == list(range(4, 41, 4))
    pictures = ("throughput.png", "first_audio.png", "cost_by_length.png", "memory.png")
    assert all((tmp_path / name).read_bytes()[:4] == b"\x89PNG" for name in pictures)
