"""How it comes: light, soon, from one host, below any path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.page.browsing import PATIENCE, OpenPage, Visit
from tests.serving import Server, start_server

HEAVIEST = 300_000
FIRST_PAINT = """new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries()[0].startTime))
    .observe({ type: "paint", buffered: true }))"""

TRANSFERRED = """performance.getEntriesByType('resource')
    .filter((one) => one.name.includes('/page/')).map((one) => one.transferSize)"""


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("below"), "--root-path", "/tts")
    yield server
    server.stop()


def test_the_page_is_light_and_paints_soon(
    open_page: OpenPage, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    page = open_page(f"{server.url}/")
    page.tags.first.wait_for()
    files = [one for one in page.requests if one.url == page.url or "/page/" in one.url]
    weight = sum(len(one.response().body()) for one in files)  # type: ignore[union-attr]
    paint = page.page.evaluate(FIRST_PAINT)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(files)} files, {weight / 1000:.0f} KB, first paint at {paint:.0f} ms\n")
    assert 10 < len(files) and weight < HEAVIEST


def test_a_reload_fetches_nothing_that_is_there(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/")
    page.tags.first.wait_for()
    page.requests.clear()
    page.page.reload()
    page.tags.first.wait_for()
    timings = page.page.evaluate(TRANSFERRED)
    # A 304 has its headers alone.
    assert len(timings) > 10 and max(timings) < 1000


def test_without_any_network_but_the_service_everything_works(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    strangers: list[str] = []

    def only_ours(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(server.url).netloc:
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    context.route("**/*", only_ours)
    page = context.new_page()
    page.goto(f"{server.url}/")
    page.locator(".tag").first.wait_for()
    with page.expect_response("**/synthesize") as answer:
        page.locator(".play").click()
    assert answer.value.ok and strangers == []
    context.close()


INTRUDERS = """() => {
    const script = document.createElement("script");
    script.textContent = "window.intruded = true";
    const image = document.createElement("img");
    image.src = "http://192.0.2.1/pixel.png";
    document.body.append(script, image);
}"""


def test_what_the_policy_forbids_is_not_done_and_would_be_noticed(desk: Visit) -> None:
    desk.page.evaluate(INTRUDERS)
    assert desk.page.evaluate("window.intruded") is None
    violations = [line for line in desk.console if "Content Security Policy" in line]
    assert ["script-src" in violations[0], "img-src" in violations[1]] == [True, True]
    assert any("192.0.2.1" in one.url for one in desk.requests)
    desk.console.clear()
    desk.requests.clear()


@pytest.mark.parametrize("path", ["/tts/", "/tts"])
def test_below_a_path_everything_works(open_page: OpenPage, below: Server, path: str) -> None:
    page = open_page(f"{below.url}{path}", permissions=["clipboard-read", "clipboard-write"])
    page.write("We won! I miss her so much.", "joy", "sadness")
    _, answer = page.speak()
    assert answer["duration"] > 1
    assert {urlsplit(one.url).path.split("/")[1] for one in page.requests if one.url.startswith("http")} == {"tts"}
    page.page.get_by_role("button", name="Export").click()
    page.page.get_by_role("button", name="curl").click()
    expect(page.status).to_contain_text("clipboard")
    assert f"'{below.url}/tts/synthesize'" in page.clipboard()
    page.page.get_by_role("link", name="API").click()
    expect(page.page.locator("#swagger-ui")).to_contain_text("/synthesize")
