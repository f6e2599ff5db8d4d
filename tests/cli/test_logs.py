"""Log lines: JSON for programs, one plain line for people, whatever values they contain."""

from __future__ import annotations

import json
import logging
import os
import threading

import pytest

from app.cli.logs import MAX_WAITING, LogWriter, Throttle, logging_to_stderr

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


def capture_request_line(log_format: str, capfd: pytest.CaptureFixture[str]) -> str:
    with logging_to_stderr(log_format):
        logger.info("request", extra={"facts": FACTS})
    return capfd.readouterr().err


def test_a_json_line_holds_every_fact_unchanged(capfd: pytest.CaptureFixture[str]) -> None:
    line = json.loads(capture_request_line("json", capfd))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "logger": "intone.request", "message": "request", **FACTS}


def test_a_console_entry_is_one_line_of_names_and_values_without_spaces(capfd: pytest.CaptureFixture[str]) -> None:
    text = capture_request_line("console", capfd)
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
def test_only_warnings_of_other_libraries_are_shown(log_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    with logging_to_stderr(log_format):
        logging.getLogger("other").info("hidden")
        logging.getLogger("other").warning("shown")
    text = capfd.readouterr().err
    assert "shown" in text and "hidden" not in text


def test_the_levels_of_the_loggers_are_restored() -> None:
    loggers = (logging.getLogger(), logging.getLogger("intone"))
    before = [one.level for one in loggers]
    with logging_to_stderr("json"):
        assert [one.level for one in loggers] == [logging.WARNING, logging.INFO]
    assert [one.level for one in loggers] == before


def make_library_record(line: int) -> logging.LogRecord:
    return logging.LogRecord("asyncio", logging.ERROR, "/lib/events.py", line, "no room", (), None)


def test_a_repeated_line_of_a_library_is_written_once_a_second_with_the_number_left_out() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    assert [throttle.filter(make_library_record(1)) for _ in range(1000)] == [True] + [False] * 999
    assert throttle.filter(make_library_record(2))
    now[0] += 1
    again = make_library_record(1)
    assert throttle.filter(again) and again.facts == {"left_out": 999}  # type: ignore[attr-defined]
    now[0] += 1
    once = make_library_record(1)
    assert throttle.filter(once) and not hasattr(once, "facts")


def test_no_line_of_intone_is_left_out() -> None:
    throttle = Throttle(lambda: 0.0)
    record = logging.LogRecord("intone.request", logging.INFO, "/requestlog.py", 1, "request", (), None)
    assert all(throttle.filter(record) for _ in range(100))


def test_lines_that_nobody_reads_are_dropped_and_counted_without_blocking() -> None:
    reading, writing = os.pipe()
    writer = LogWriter(writing, logging.Formatter("%(message)s"))
    text = "x" * 100
    for _ in range(MAX_WAITING + 5000):
        writer.handle(logging.LogRecord("intone", logging.INFO, __file__, 1, text, (), None))
    assert writer.dropped > 0
    with os.fdopen(reading, "rb") as pipe:
        lines = [pipe.readline() for _ in range(100)]
        writer.close()
        rest = threading.Thread(target=lambda: lines.extend(pipe))
        rest.start()
        writer._thread.join()
        os.close(writing)
        rest.join()
    assert text.encode() in lines[0]
    reported = [int(line.split()[0]) for line in lines if b"were dropped" in line]
    assert sum(reported) == writer.dropped
    assert len(lines) - len(reported) + writer.dropped == MAX_WAITING + 5000


def test_a_pipe_without_a_reader_is_not_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    writer = LogWriter(writing, logging.Formatter("%(message)s"))
    writer.handle(logging.LogRecord("intone", logging.INFO, __file__, 1, "lost", (), None))
    writer.close()
    os.close(writing)
    assert not writer._thread.is_alive() and capfd.readouterr().err == ""
