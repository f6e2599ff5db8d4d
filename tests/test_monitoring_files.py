"""Dashboard, alert rules and compose file are consistent, and use only metrics that the service exports."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from app.settings import Settings
from scripts.metrics_table import make_registry
from tests.serving import ROOT
from tests.tables import check_rows

DOCKER = ROOT / "docker"
DASHBOARD = json.loads((DOCKER / "grafana" / "intone.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]


def read_yaml(path: str) -> Any:
    return yaml.safe_load((DOCKER / path).read_text(encoding="utf-8"))


RULES = [rule for group in read_yaml("prometheus/alerts.yml")["groups"] for rule in group["rules"]]
SERVICES = read_yaml("compose.yaml")["services"]
EXPRESSIONS = [target["expr"] for target in TARGETS] + [rule["expr"] for rule in RULES]


@pytest.fixture(scope="module")
def exported_labels() -> dict[str, set[str]]:
    """Return the names of all exported samples, each with its labels."""
    samples = [sample for metric in make_registry().collect() for sample in metric.samples]
    names: dict[str, set[str]] = {}
    for sample in samples:
        names.setdefault(sample.name, set()).update(sample.labels)
    return names


@check_rows("expression", EXPRESSIONS)
def test_every_metric_and_label_of_an_expression_is_exported(
    expression: str, exported_labels: dict[str, set[str]]
) -> None:
    selectors = re.findall(r"\b((?:intone|process)_[a-z_]+)(?:\{([^}]*)\})?", expression)
    assert selectors or expression.startswith("up{")
    for name, matchers in selectors:
        assert name in exported_labels
        assert set(re.findall(r"(\w+)(?:=|!)", matchers)) <= exported_labels[name] | {"instance", "job"}
    grouped = {label for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(", ")}
    assert grouped <= set().union(*(exported_labels[name] for name, _ in selectors)) | {"instance"}


def test_the_dashboard_is_independent_of_a_grafana_instance() -> None:
    assert DASHBOARD["id"] is None
    sources = [one["datasource"] for one in (*PANELS, *TARGETS)]
    assert {json.dumps(source) for source in sources} == {'{"type": "prometheus", "uid": "${datasource}"}'}
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]


def test_panels_have_unique_titles_and_descriptions_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    assert all(panel["description"] for panel in PANELS)
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(place["x"] + x, place["y"] + y) for place in places for x in range(place["w"]) for y in range(place["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_has_a_severity_a_summary_and_a_runbook(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["for"]


def test_every_rule_is_tested() -> None:
    tested = {
        one["alertname"]
        for test in read_yaml("prometheus/alerts_test.yml")["tests"]
        for one in test["alert_rule_test"]
        if "exp_alerts" in one
    }
    assert tested == {rule["alert"] for rule in RULES}


def list_mounts(service: str) -> list[list[str]]:
    return [volume.split(":") for volume in SERVICES[service].get("volumes", [])]


@pytest.mark.parametrize("service", SERVICES)
def test_mounted_files_exist_and_are_read_only(service: str) -> None:
    for source, _, *mode in list_mounts(service):
        if source.startswith("."):
            assert (DOCKER / source).exists() and mode == ["ro"]


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_bound_to_loopback_and_secrets_come_from_the_environment(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service]["ports"])
    for name, value in SERVICES[service].get("environment", {}).items():
        if re.search("KEY|TOKEN|PASSWORD|SECRET", name):
            assert value == f"${{{name}:-}}"


def test_the_health_check_uses_readiness_and_every_variable_is_a_setting() -> None:
    assert "/ready" in SERVICES["intone"]["healthcheck"]["test"][-1]
    given = {name.removeprefix("INTONE_").lower() for name in SERVICES["intone"]["environment"]}
    assert given <= set(Settings.model_fields)


def test_prometheus_scrapes_the_service_and_grafana_queries_prometheus() -> None:
    config = read_yaml("prometheus/prometheus.yml")
    (job,) = config["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert SERVICES[host]["environment"]["INTONE_PORT"] == port
    assert job["job_name"] == "intone"
    (source,) = read_yaml("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090" and "prometheus" in SERVICES
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]


def test_files_are_mounted_at_the_paths_in_the_configuration() -> None:
    places = {service: {target for _, target, *_ in list_mounts(service)} for service in SERVICES}
    (provider,) = read_yaml("grafana/provisioning/dashboards/intone.yml")["providers"]
    assert f"{provider['options']['path']}/intone.json" in places["grafana"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home in places["grafana"]
    for file in read_yaml("prometheus/prometheus.yml")["rule_files"]:
        assert f"/etc/prometheus/{file}" in places["prometheus"]
