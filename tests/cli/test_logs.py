"""Log lines: JSON for programs, one line for people, whatever stands in them."""

from __future__ import annotations

import json
import logging

import pytest

from app.cli.logs import logging_to_stderr

FACTS = {
    "method": "POST",
    "route": "/synthesize",
    "status": 200,
    "request_id": "abc",
    "characters": 27,
    "emotions": {"joy": 1, "neutral": 2},
    "stages": {"queue": 0.1, "vocoder": 12.5},
    "code": "two words\nand a line",
}
logger = logging.getLogger("intone.request")


def written(log_format: str, capfd: pytest.CaptureFixture[str]) -> str:
    with logging_to_stderr(log_format):
        logger.info("request", extra={"facts": FACTS})
    return capfd.readouterr().err


def test_a_json_line_holds_every_fact_as_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    line = json.loads(written("json", capfd))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "logger": "intone.request", "message": "request", **FACTS}


def test_a_line_for_people_is_one_line_of_names_and_values_without_spaces(capfd: pytest.CaptureFixture[str]) -> None:
    text = written("console", capfd)
    time, level, message, *facts = text.split()
    assert (text.count("\n"), time.count(":"), level, message) == (1, 2, "INFO", "request")
    assert facts == [
        "method=POST",
        "route=/synthesize",
        "status=200",
        "request_id=abc",
        "characters=27",
        "emotions=joy:1,neutral:2",
        "stages=queue:0.1,vocoder:12.5",
        "code=two%20words\\nand%20a%20line",
    ]


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_of_other_programs_only_warnings_are_shown(log_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr(log_format):
        logging.getLogger("other").info("hidden")
        logging.getLogger("other").warning("shown")
    told = capfd.readouterr().err
    assert "shown" in told and "hidden" not in told
