"""Dashboard, alert rules and compose file fit together, and ask for nothing that the service does not tell."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from app.settings import Settings
from scripts.metrics_table import exported
from tests.serving import ROOT

DOCKER = ROOT / "docker"
DASHBOARD = json.loads((DOCKER / "grafana" / "intone.json").read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [target for panel in PANELS for target in panel["targets"]]


def read(path: str) -> Any:
    return yaml.safe_load((DOCKER / path).read_text(encoding="utf-8"))


RULES = [rule for group in read("prometheus/alerts.yml")["groups"] for rule in group["rules"]]
SERVICES = read("compose.yaml")["services"]
EXPRESSIONS = [target["expr"] for target in TARGETS] + [rule["expr"] for rule in RULES]


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """The names of all samples, each with its labels."""
    samples = [sample for metric in exported().collect() for sample in metric.samples]
    names: dict[str, set[str]] = {}
    for sample in samples:
        names.setdefault(sample.name, set()).update(sample.labels)
    return names


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_and_label_of_an_expression_is_one_that_the_service_tells(
    expression: str, told: dict[str, set[str]]
) -> None:
    selectors = re.findall(r"\b((?:intone|process)_[a-z_]+)(?:\{([^}]*)\})?", expression)
    assert selectors or expression.startswith("up{")
    for name, matchers in selectors:
        assert name in told
        assert set(re.findall(r"(\w+)(?:=|!)", matchers)) <= told[name] | {"instance", "job"}
    grouped = {label for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(", ")}
    assert grouped <= set().union(*(told[name] for name, _ in selectors)) | {"instance"}


def test_the_dashboard_belongs_to_no_particular_grafana() -> None:
    assert DASHBOARD["id"] is None
    sources = [one["datasource"] for one in (*PANELS, *TARGETS)]
    assert {json.dumps(source) for source in sources} == {'{"type": "prometheus", "uid": "${datasource}"}'}
    assert [variable["name"] for variable in DASHBOARD["templating"]["list"]] == ["datasource", "instance"]


def test_panels_have_names_of_their_own_say_what_they_show_and_do_not_lie_on_each_other() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    assert all(panel["description"] for panel in PANELS)
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(place["x"] + x, place["y"] + y) for place in places for x in range(place["w"]) for y in range(place["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_how_bad_it_is_what_happened_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook"}
    assert rule["for"]


def test_every_rule_is_tested() -> None:
    tested = {
        one["alertname"]
        for test in read("prometheus/alerts_test.yml")["tests"]
        for one in test["alert_rule_test"]
        if "exp_alerts" in one
    }
    assert tested == {rule["alert"] for rule in RULES}


def mounts(service: str) -> list[list[str]]:
    return [volume.split(":") for volume in SERVICES[service].get("volumes", [])]


@pytest.mark.parametrize("service", SERVICES)
def test_files_are_mounted_from_here_and_cannot_be_written(service: str) -> None:
    for source, _, *mode in mounts(service):
        if source.startswith("."):
            assert (DOCKER / source).exists() and mode == ["ro"]


@pytest.mark.parametrize("service", SERVICES)
def test_only_this_machine_reaches_a_port_and_secrets_come_from_outside(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service]["ports"])
    for name, value in SERVICES[service].get("environment", {}).items():
        if re.search("KEY|TOKEN|PASSWORD|SECRET", name):
            assert value == f"${{{name}:-}}"


def test_the_service_is_asked_whether_it_is_ready_and_knows_each_setting_that_it_is_given() -> None:
    assert "/ready" in SERVICES["intone"]["healthcheck"]["test"][-1]
    given = {name.removeprefix("INTONE_").lower() for name in SERVICES["intone"]["environment"]}
    assert given <= set(Settings.model_fields)


def test_prometheus_asks_the_service_and_grafana_asks_prometheus() -> None:
    config = read("prometheus/prometheus.yml")
    (job,) = config["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    host, port = target.split(":")
    assert SERVICES[host]["environment"]["INTONE_PORT"] == port
    assert job["job_name"] == "intone"
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090" and "prometheus" in SERVICES
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]


def test_the_files_of_a_service_lie_where_its_configuration_looks_for_them() -> None:
    places = {service: {target for _, target, *_ in mounts(service)} for service in SERVICES}
    (provider,) = read("grafana/provisioning/dashboards/intone.yml")["providers"]
    assert f"{provider['options']['path']}/intone.json" in places["grafana"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home in places["grafana"]
    for file in read("prometheus/prometheus.yml")["rule_files"]:
        assert f"/etc/prometheus/{file}" in places["prometheus"]
