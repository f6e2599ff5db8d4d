"""schemathesis asks a real service all that its API reference allows or forbids; each answer must stand there.

`scripts/check-schema` does the same with more requests, others each time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.serving import ROOT, Server, StartServer, clean_environment

FLAGS = os.environ.get("SCHEMA_FLAGS", "--max-examples 20 --seed 1").split()
KEY = "key-of-alice-0123456789"
SPEAKING = ("POST /synthesize", "GET /synthesize", "POST /analyze", "POST /v1/audio/speech", "POST /invocations")


def ask(server: Server, folder: Path, *flags: str) -> dict[str, Any]:
    """The report, where nothing was found."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "schemathesis.cli", *flags, *FLAGS, "--no-color", "--continue-on-failure"]
    ran = subprocess.run(
        [*command, "--report", "json", "--report-json-path", str(report), f"{server.url}/openapi.json"],
        cwd=folder,
        env=clean_environment(SCHEMATHESIS_HOOKS=str(ROOT / "tests" / "schema" / "hooks.py")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    sys.stdout.write(ran.stdout)
    assert ran.returncode == 0
    made: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return made


def accepted(report: dict[str, Any], operation: str) -> int:
    """Requests to an operation that were answered 2xx."""
    return sum(phase["accepted"] for phase in report["valid_rates"][operation].values())


def test_every_answer_stands_in_the_api_reference(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    flags = ("run", "--checks", "all", "--exclude-checks", "positive_data_acceptance")
    report = ask(server, tmp_path, *flags)
    operations = client.get("/openapi.json").json()["paths"]
    assert report["operations"]["tested"] == sum(len(methods) for methods in operations.values())
    assert report["test_cases"]["generated"] >= 2000
    for operation in SPEAKING:
        assert accepted(report, operation) >= 50, "most were refused, so little was learnt"


def test_where_the_api_reference_asks_for_a_key_nothing_goes_without(own_server: StartServer, tmp_path: Path) -> None:
    server = own_server(INTONE_API_KEYS=f"alice={KEY}")
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[auth.openapi.key]\nbearer = "{KEY}"\n', encoding="utf-8")
    # Whether a method exists is told to nobody without a key, even where another needs none: 401 before 405.
    excluded = "positive_data_acceptance,unsupported_method"
    flags = (
        "--config-file",
        str(config),
        "run",
        "--checks",
        "all",
        "--exclude-checks",
        excluded,
        "--phases",
        "fuzzing",
    )
    report = ask(server, tmp_path, *flags)
    for operation in SPEAKING:
        assert accepted(report, operation), "without an answer, no key is found needless"
