"""`intone bench` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.__main__ import main
from app.bench import measures
from tests.serving import run_intone
from tests.tiny_voice import write_tiny_voice


@pytest.mark.parametrize(
    "arguments",
    [("--peers", "intone,nobody"), ("--clients", "1,0"), ("--rounds", "0"), ("--output", "/nowhere")],
)
def test_a_usage_error_exits_with_2_before_anything_is_measured(arguments: tuple[str, ...]) -> None:
    result = run_intone("bench", *arguments)
    assert result.returncode == 2
    assert b"Traceback" not in result.stderr and result.stderr.strip()


@pytest.fixture
def small_extent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure a small voice, with less text than a benchmark needs."""
    folder = write_tiny_voice(tmp_path / "tiny")
    for name, value in {"VOICES": str(folder), "DEFAULT_VOICE": "tiny", "BACKEND": "torch"}.items():
        monkeypatch.setenv(f"INTONE_{name}", value)
    monkeypatch.setattr(measures, "PARAGRAPHS", 1)
    monkeypatch.setattr(measures, "BOOK_SENTENCES", 40)


@pytest.mark.usefixtures("small_extent")
def test_a_quick_run_measures_the_service_and_writes_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    assert main(["bench", "--quick", "--peers", "intone", "--output", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "clients: 4" in shown and "repeated paragraph" in shown
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
