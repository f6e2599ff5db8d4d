"""Loading: a small page from one host, below any root path."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.page.browsing import TIMEOUT_MS, OpenPage, Visit
from tests.serving import Server, start_server

MAX_BYTES = 350_000
TRANSFERRED = """performance.getEntriesByType('resource')
    .filter((one) => one.name.includes('/page/')).map((one) => one.transferSize)"""

BLOCKING = """Object.fromEntries(performance.getEntriesByType('resource')
    .filter((one) => one.renderBlockingStatus === 'blocking')
    .map((one) => [one.name.split('/').pop(), one.encodedBodySize]))"""


@pytest.fixture(scope="module")
def prefixed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("prefixed_server"), "--root-path", "/tts")
    yield server
    server.stop()


def test_the_size_of_the_page_is_limited(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/")
    page.tags.first.wait_for()
    files = [one for one in page.requests if one.url == page.url or "/page/" in one.url]
    size = sum(len(one.response().body()) for one in files)  # type: ignore[union-attr]
    assert 10 < len(files) and size < MAX_BYTES


def test_few_bytes_block_the_first_paint(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/")
    page.tags.first.wait_for()
    blocking = page.page.evaluate(BLOCKING)
    assert sorted(blocking) == ["base.css", "controls.css", "editor.css", "player.css", "studio.css", "theme.js"]
    assert sum(blocking.values()) < 16_000


def test_all_scripts_are_requested_at_once(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/")
    page.tags.first.wait_for()
    loaded = {path for one in page.requests if (path := urlsplit(one.url).path[1:]).endswith(".js")}
    links = page.page.locator("link[rel=modulepreload]").all()
    assert loaded == {"page/theme.js", "page/main.js", *(str(one.get_attribute("href")) for one in links)}


def test_a_reload_uses_cached_files(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/")
    page.tags.first.wait_for()
    page.requests.clear()
    page.page.reload()
    page.tags.first.wait_for()
    timings = page.page.evaluate(TRANSFERRED)
    # A 304 transfers only headers.
    assert len(timings) > 10 and max(timings) < 1000


def test_the_page_works_without_any_other_host(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    foreign: list[str] = []

    def block_other_hosts(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(server.url).netloc:
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    context.route("**/*", block_other_hosts)
    page = context.new_page()
    page.goto(f"{server.url}/")
    page.locator(".tag").first.wait_for()
    with page.expect_response("**/synthesize") as response:
        page.locator(".play").click()
    assert response.value.ok and foreign == []
    context.close()


INTRUDERS = """() => {
    const script = document.createElement("script");
    script.textContent = "window.intruded = true";
    const image = document.createElement("img");
    image.src = "http://192.0.2.1/pixel.png";
    document.body.append(script, image);
}"""


def test_the_content_security_policy_blocks_scripts_and_images_with_an_error(desk: Visit) -> None:
    desk.page.evaluate(INTRUDERS)
    assert desk.page.evaluate("window.intruded") is None
    violations = [line for line in desk.console if "Content Security Policy" in line]
    assert ["script-src" in violations[0], "img-src" in violations[1]] == [True, True]
    assert any("192.0.2.1" in one.url for one in desk.requests)
    desk.console.clear()
    desk.requests.clear()


@pytest.mark.parametrize("path", ["/tts/", "/tts"])
def test_the_page_works_below_a_root_path(open_page: OpenPage, prefixed_server: Server, path: str) -> None:
    page = open_page(f"{prefixed_server.url}{path}", permissions=["clipboard-read", "clipboard-write"])
    page.write("We won! I miss her so much.", "joy", "sadness")
    _, response = page.speak()
    assert response["duration"] > 1
    assert {urlsplit(one.url).path.split("/")[1] for one in page.requests if one.url.startswith("http")} == {"tts"}
    page.page.get_by_role("button", name="Export").click()
    page.page.get_by_role("button", name="curl").click()
    expect(page.status).to_contain_text("clipboard")
    assert f"'{prefixed_server.url}/tts/synthesize'" in page.read_clipboard()
    page.page.get_by_role("link", name="API").click()
    expect(page.page.locator("#swagger-ui")).to_contain_text("/synthesize")
