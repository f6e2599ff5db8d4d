"""A real Prometheus scrapes a real service: every expression has data, no rule fails, nothing is malformed.

Run by scripts/check-operate.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
from collections.abc import Iterator

import httpx
import pytest
import yaml

from app.packages import bundled_models_dir
from tests.operate.monitoring import FILES, Prometheus, run_prometheus
from tests.operate.traffic import POOR, make_traffic
from tests.serving import ROOT, Server, start_server, wait_until
from tests.tiny_voice import write_tiny_voice

ROUNDS = 5
DASHBOARD = json.loads((ROOT / "docker" / "grafana" / "intone.json").read_text(encoding="utf-8"))
EXPRESSIONS = {
    f"{panel['title']} {target['refId']}": target["expr"]
    for panel in DASHBOARD["panels"]
    for target in panel.get("targets", [])
}
RULES = {
    rule["alert"]: rule["expr"]
    for group in yaml.safe_load((FILES / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
}
EMPTY = {"IntoneMemoryGrows": "it compares with six hours ago"}
"""Rules whose left side has no data yet, and why."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with a small queue, a small cache and a voice that lacks emotions."""
    folder = tmp_path_factory.mktemp("service")
    write_tiny_voice(folder / "voices" / POOR, speakers=("neutral", "joy"))
    server = start_server(
        folder,
        *("--concurrency", "2", "--queue-size", "2", "--cache-mb", "1"),
        INTONE_VOICES=f"{bundled_models_dir() / 'voices'}:{folder / 'voices'}",
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def client(service: Server) -> Iterator[httpx.Client]:
    with service.create_client() as client:
        yield client


@pytest.fixture(scope="module")
def prometheus(service: Server, client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the service under load, up to its last values."""
    address = service.url.removeprefix("http://")
    with run_prometheus(address, tmp_path_factory.mktemp("prometheus")) as prometheus:
        wait_until(lambda: prometheus.query("intone_ready") == [1.0], 30)
        for round in range(ROUNDS):
            make_traffic(client, round)
        characters = read_counter(client, "intone_characters_total")
        wait_until(lambda: prometheus.query("intone_characters_total") == [characters], 30)
        yield prometheus


def read_counter(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def run_promtool(*arguments: str, text: str | None = None) -> str:
    """Run promtool, which must succeed, and return its output."""
    result = subprocess.run(["promtool", *arguments], input=text, cwd=FILES, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def fill_in_variables(expression: str) -> str:
    """Return an expression with values in place of Grafana's variables."""
    return expression.replace("$__rate_interval", "1m").replace("$instance", ".*")


def remove_threshold(expression: str) -> str:
    """Return the left side of a rule: what it compares."""
    left, threshold = re.fullmatch(r"(.*?)\s(?:>|==)\s([\d.e]+)\s*", expression, re.DOTALL).groups()  # type: ignore[union-attr]
    assert float(threshold) >= 0
    return left


@pytest.mark.parametrize("panel", EXPRESSIONS)
def test_every_panel_has_data(prometheus: Prometheus, panel: str) -> None:
    values = prometheus.query(fill_in_variables(EXPRESSIONS[panel]))
    assert values and not all(map(math.isnan, values))


@pytest.mark.parametrize("alert", RULES)
def test_every_rule_has_data_to_compare(prometheus: Prometheus, alert: str) -> None:
    values = prometheus.query(remove_threshold(RULES[alert]))
    assert bool(values) is (alert not in EMPTY)
    assert not any(map(math.isnan, values))


@pytest.mark.parametrize(
    "series",
    [
        'intone_requests_total{route="/synthesize",status="200"}',
        'intone_requests_total{route="/v1/audio/speech",status="200"}',
        'intone_rejected_total{code="busy"}',
        'intone_rejected_total{code="voice_not_found"}',
        'intone_fallbacks_total{wanted="anger"}',
        'intone_utterances_total{emotion="neutral",source="fallback"}',
        'intone_warnings_total{code="nothing_spoken"}',
        "intone_cache_evictions_total",
        "intone_cache_hits_total",
        "intone_stream_first_byte_seconds_count",
    ],
)
def test_the_events_of_the_traffic_are_counted(prometheus: Prometheus, series: str) -> None:
    (value,) = prometheus.query(series)
    assert value > 0


def test_the_label_values_of_the_dashboard_exist(prometheus: Prometheus, service: Server) -> None:
    instances = prometheus.get("label/instance/values", **{"match[]": "intone_ready"})
    assert instances == [service.url.removeprefix("http://")]


def test_the_service_is_scraped_without_an_error(prometheus: Prometheus) -> None:
    (target,) = prometheus.get("targets")["activeTargets"]
    assert (target["health"], target["lastError"]) == ("up", "")


def test_every_rule_is_evaluated_and_no_critical_one_fires(prometheus: Prometheus) -> None:
    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule["health"] for rule in rules} == dict.fromkeys(RULES, "ok")
    assert {rule["state"] for rule in rules if rule["labels"]["severity"] == "critical"} == {"inactive"}


def test_promtool_accepts_the_metrics(prometheus: Prometheus, client: httpx.Client) -> None:
    assert run_promtool("check", "metrics", text=client.get("/metrics").text) == ""


def test_promtool_accepts_the_rules_and_the_configuration() -> None:
    assert "8 rules found" in run_promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in run_promtool("check", "config", "prometheus.yml")


def test_the_tests_of_the_rules_pass() -> None:
    assert "SUCCESS" in run_promtool("test", "rules", "alerts_test.yml")
