"""docs/operate.md documents the existing metrics and alerts."""

from __future__ import annotations

import re

from scripts.metrics_table import HEAD, make_registry, render_table
from tests.serving import ROOT

DOCUMENT = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "docker" / "prometheus" / "alerts.yml").read_text(encoding="utf-8")

CREATED_BY_THE_READER = {"docker/.env", "docker/prometheus/here.yml"}


def test_the_table_of_metrics_is_up_to_date() -> None:
    begin = DOCUMENT.index(HEAD[0])
    assert DOCUMENT[begin : DOCUMENT.index("\n\n", begin) + 1] == render_table(make_registry())


def test_every_alert_has_a_section_that_its_runbook_links_to() -> None:
    alerts = re.findall(r"^ *- alert: (\w+)$", ALERTS, re.MULTILINE)
    sections = re.findall(r"^### (Intone\w+)$", DOCUMENT, re.MULTILINE)
    runbooks = re.findall(r"^ *runbook: docs/operate\.md#(\w+)$", ALERTS, re.MULTILINE)
    assert len(alerts) >= 7
    assert alerts == sections
    assert [alert.lower() for alert in alerts] == runbooks


def test_the_named_files_exist() -> None:
    named = re.findall(r"\b((?:docker|scripts)/[\w./-]*\w)", DOCUMENT)
    assert len(named) >= 4
    for name in set(named) - CREATED_BY_THE_READER:
        assert (ROOT / name).exists(), name
