"""schemathesis sends requests that the API reference allows or forbids; each response must conform to it.

`scripts/check-schema` does the same with more requests, and with different ones each time.
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

FLAGS = (*os.environ.get("SCHEMA_FLAGS", "--max-examples 10 --seed 1").split(), "--request-timeout", "60")
"""Schemathesis waits 10 seconds by default, which a busy machine may need for a sample."""
KEY = "key-of-alice-0123456789"
SPEAKING = ("POST /synthesize", "GET /synthesize", "POST /analyze", "POST /v1/audio/speech", "POST /invocations")


def run_schemathesis(server: Server, folder: Path, *flags: str) -> dict[str, Any]:
    """Run schemathesis, which must find nothing, and return its report."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "schemathesis.cli", *flags, *FLAGS, "--no-color", "--continue-on-failure"]
    completed = subprocess.run(
        [*command, "--report", "json", "--report-json-path", str(report), f"{server.url}/openapi.json"],
        cwd=folder,
        env=clean_environment(SCHEMATHESIS_HOOKS=str(ROOT / "tests" / "schema" / "hooks.py")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    sys.stdout.write(completed.stdout)
    assert completed.returncode == 0
    content: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return content


def count_accepted(report: dict[str, Any], operation: str) -> int:
    """Count the requests to an operation with a 2xx response."""
    return sum(phase["accepted"] for phase in report["valid_rates"][operation].values())


def test_every_response_conforms_to_the_api_reference(server: Server, client: httpx.Client, tmp_path: Path) -> None:
    flags = ("run", "--checks", "all", "--exclude-checks", "positive_data_acceptance")
    report = run_schemathesis(server, tmp_path, *flags)
    operations = client.get("/openapi.json").json()["paths"]
    assert report["operations"]["tested"] == sum(len(methods) for methods in operations.values())
    assert report["test_cases"]["generated"] >= 1000
    for operation in SPEAKING:
        assert count_accepted(report, operation) >= 25, "most requests were refused, so little was tested"


def test_operations_that_require_a_key_refuse_requests_without_one(own_server: StartServer, tmp_path: Path) -> None:
    server = own_server(INTONE_API_KEYS=f"alice={KEY}")
    config = tmp_path / "schemathesis.toml"
    config.write_text(f'[auth.openapi.key]\nbearer = "{KEY}"\n', encoding="utf-8")
    # Without a key, an unsupported method gets 401 before 405, even if other methods of the path need no key.
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
    report = run_schemathesis(server, tmp_path, *flags)
    for operation in SPEAKING:
        assert count_accepted(report, operation), (
            "no request with the key was accepted, so nothing was tested without it"
        )
