"""Failures are shown with a remedy, and no input is lost."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.browsing import OpenPage, Visit
from tests.serving import Server, StartServer, start_server

WON, MISS = "We won!", "I miss her so much."
KEY = "key-of-alice-0123456789"


@pytest.fixture(scope="module")
def locked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("locked_server"), INTONE_API_KEYS=f"alice={KEY}")
    yield server
    server.stop()


def enter_key(page: Visit, key: str) -> None:
    page.page.get_by_role("textbox", name="Key").fill(key)
    page.page.get_by_role("button", name="Use this key").click()


def test_the_page_requests_a_key_and_keeps_it_only_in_the_tab(open_page: OpenPage, locked_server: Server) -> None:
    page = open_page(f"{locked_server.url}/")
    dialog = page.page.get_by_role("dialog", name="This service needs a key")
    expect(dialog).to_be_visible()
    enter_key(page, "a wrong key")
    expect(dialog).to_contain_text("no spaces")
    enter_key(page, "wrong")
    expect(dialog).to_contain_text("The key is not known.")
    enter_key(page, KEY)
    expect(dialog).to_be_hidden()
    expect(page.tags.first).to_be_visible()

    page.speak()
    sent = [one for one in page.requests if one.url.endswith("/synthesize")]
    assert [one.header_value("authorization") for one in sent] == [f"Bearer {KEY}"]
    assert not any(KEY in one.url for one in page.requests)
    kept = page.page.evaluate("[JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie]")
    assert [KEY in place for place in kept] == [True, False, False]

    page.page.reload()
    expect(page.tags.first).to_be_visible()
    expect(dialog).to_be_hidden()


def test_the_copied_command_contains_no_key_and_runs_with_one(
    open_page: OpenPage, locked_server: Server, tmp_path: Path
) -> None:
    page = open_page(f"{locked_server.url}/", permissions=["clipboard-read", "clipboard-write"])
    enter_key(page, KEY)
    expect(page.tags.first).to_be_visible()
    page.page.get_by_role("button", name="Export").click()
    page.page.get_by_role("button", name="curl").click()
    expect(page.status).to_contain_text("Set INTONE_KEY before you run it.")
    command = page.read_clipboard()
    assert KEY not in command
    run = {"input": command.encode(), "cwd": tmp_path, "timeout": 120}
    subprocess.run(["sh", "-eu"], check=True, env={"PATH": "/usr/bin:/bin", "INTONE_KEY": KEY}, **run)
    assert (tmp_path / "speech.wav").read_bytes().startswith(b"RIFF")


def test_the_page_reports_a_missing_key(open_page: OpenPage, locked_server: Server) -> None:
    page = open_page(f"{locked_server.url}/")
    page.page.get_by_role("button", name="Not now").click()
    expect(page.alert).to_contain_text("Authentication required")
    page.alert.get_by_role("button", name="Try again").click()
    enter_key(page, KEY)
    expect(page.tags.first).to_be_visible()
    expect(page.alert).to_be_hidden()
    page.page.get_by_role("button", name="Change key").click()
    expect(page.page.get_by_role("dialog")).to_be_visible()
    assert page.page.evaluate("sessionStorage.getItem('intone-key')") is None


def test_the_page_waits_for_a_service_that_is_loading(open_page: OpenPage, own_server: StartServer) -> None:
    page = open_page(f"{own_server(ready=False).url}/")
    expect(page.alert).to_contain_text("The service is not ready")
    expect(page.alert.get_by_role("button", name="Try again")).to_be_hidden()
    expect(page.tags.first).to_be_visible()
    expect(page.page.get_by_role("combobox", name="Voice")).to_have_value("wren")
    expect(page.alert).to_be_hidden()


def test_a_stopped_service_is_reported_and_no_input_is_lost(open_page: OpenPage, own_server: StartServer) -> None:
    server = own_server()
    page = open_page(f"{server.url}/")
    page.write(f"{WON} {MISS}", "joy", "sadness")
    page.choose(0, "anger")
    server.stop()
    page.page.locator(".play").click()
    expect(page.alert).to_contain_text("The service cannot be reached")
    expect(page.alert).to_contain_text("Your text is still here")
    expect(page.text).to_have_value(f"{WON} {MISS}")
    page.text.press("ControlOrMeta+End")
    with page.page.expect_event("requestfailed", lambda request: request.url.endswith("/analyze")):
        page.text.press_sequentially(f" {WON}")
    expect(page.tags.first).to_have_text("anger")

    again = own_server("--port", server.url.rpartition(":")[2])
    assert again.url == server.url
    # Nobody presses a button: the page looks for the service.
    expect(page.tags).to_have_text(["anger", "sadness", "joy"])
    expect(page.alert).to_be_hidden()
    page.speak()


def test_an_error_without_a_problem_document_is_reported(desk: Visit) -> None:
    desk.page.route("**/analyze", lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"))
    desk.write(WON)
    expect(desk.alert).to_contain_text("The service did not answer as expected")
    expect(desk.alert).to_contain_text("502")
    desk.page.unroute("**/analyze")
    expect(desk.tags).to_have_text(["joy"])
    expect(desk.alert).to_be_hidden()


def test_an_error_can_be_dismissed(desk: Visit) -> None:
    desk.fail()
    desk.alert.get_by_role("button", name="Dismiss").click()
    expect(desk.alert).to_be_hidden()
