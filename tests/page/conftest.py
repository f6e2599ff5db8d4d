"""One browser, one service, and a window for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.page.browsing import FLAGS, OpenPage, Visit, find_chromium, visit
from tests.serving import Server


@pytest.fixture(autouse=True)
def watched_event_loop() -> None:
    """Do not watch event loops: Playwright runs one around the tests, which may block."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    assert program, "There is no chromium; scripts/check-page says what to do."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Return a function that opens pages, which are watched until the end of the test."""
    visits: list[Visit] = []

    def open(url: str, **options: Any) -> Visit:
        visits.append(visit(browser, url, **options))
        return visits[-1]

    yield open
    for one in visits:
        one.check()
        one.page.context.close()


@pytest.fixture
def desk(open_page: OpenPage, server: Server) -> Visit:
    """Open the page on a desktop, with its initial example."""
    page = open_page(f"{server.url}/")
    page.settle()
    page.tags.first.wait_for()
    return page
