"""docs/operate.md says of metrics and alerts what there is."""

from __future__ import annotations

import re

from scripts.metrics_table import HEAD, exported, table
from tests.serving import ROOT

DOCUMENT = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "docker" / "prometheus" / "alerts.yml").read_text(encoding="utf-8")

MADE_BY_THE_READER = {"docker/.env", "docker/prometheus/here.yml"}


def test_the_table_of_metrics_is_the_one_that_the_service_would_write() -> None:
    begin = DOCUMENT.index(HEAD[0])
    assert DOCUMENT[begin : DOCUMENT.index("\n\n", begin) + 1] == table(exported())


def test_every_alert_has_its_section_and_leads_there() -> None:
    alerts = re.findall(r"^ *- alert: (\w+)$", ALERTS, re.MULTILINE)
    sections = re.findall(r"^### (Intone\w+)$", DOCUMENT, re.MULTILINE)
    leads = re.findall(r"^ *runbook: docs/operate\.md#(\w+)$", ALERTS, re.MULTILINE)
    assert len(alerts) >= 7
    assert alerts == sections
    assert [alert.lower() for alert in alerts] == leads


def test_files_that_are_named_are_there() -> None:
    named = re.findall(r"\b((?:docker|scripts)/[\w./-]*\w)", DOCUMENT)
    assert len(named) >= 4
    for name in set(named) - MADE_BY_THE_READER:
        assert (ROOT / name).exists(), name
