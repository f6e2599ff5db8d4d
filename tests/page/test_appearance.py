"""Appearance and accessibility: contrast, roles, themes and phones."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.page.browsing import PHONE, OpenPage, Visit
from tests.serving import Server

SERIOUS = ("serious", "critical")


def check_axe(page: Visit) -> None:
    """Assert that axe finds no serious or critical issue."""
    page.page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => 0)))")
    issues = [one for one in Axe().run(page.page).response["violations"] if one["impact"] in SERIOUS]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in issues] == []


@pytest.fixture(params=["light", "dark"])
def themed_page(request: pytest.FixtureRequest, open_page: OpenPage, server: Server) -> Visit:
    page = open_page(f"{server.url}/", color_scheme=request.param)
    page.tags.first.wait_for()
    return page


def test_axe_finds_nothing_serious_on_a_desktop(themed_page: Visit) -> None:
    check_axe(themed_page)
    themed_page.text.fill(
        "We won! I miss her. Get out! I am scared of it. Oh wow, I never expected that! Ugh, disgusting."
    )
    expect(themed_page.tags).to_have_count(6)
    themed_page.settle()
    for index, emotion in enumerate(("joy", "sadness", "anger", "fear", "surprise", "disgust")):
        themed_page.choose(index, emotion)
        check_axe(themed_page)


def test_axe_finds_nothing_serious_while_it_plays(themed_page: Visit) -> None:
    themed_page.speak()
    expect(themed_page.page.locator("mark.heard")).to_have_count(1)
    check_axe(themed_page)


def test_axe_finds_nothing_serious_after_an_error_and_with_the_menu(themed_page: Visit) -> None:
    themed_page.fail()
    themed_page.page.get_by_role("button", name="Export").click()
    check_axe(themed_page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_a_phone(open_page: OpenPage, server: Server, scheme: str) -> None:
    page = open_page(f"{server.url}/", viewport=PHONE, has_touch=True, color_scheme=scheme)
    page.tags.first.wait_for()
    check_axe(page)
    page.tags.nth(1).tap()
    expect(page.page.locator("#inspector")).to_be_visible()
    check_axe(page)


@pytest.mark.parametrize("dialog", ["key-dialog", "projects", "pronunciation"])
def test_axe_finds_nothing_serious_in_the_dialogs(themed_page: Visit, dialog: str) -> None:
    themed_page.page.evaluate(f"document.querySelector('#{dialog}').showModal()")
    check_axe(themed_page)


def test_axe_finds_nothing_serious_with_parts_and_search(themed_page: Visit) -> None:
    themed_page.page.get_by_role("button", name="Add a part").click()
    themed_page.page.get_by_role("button", name="Find", exact=True).click()
    themed_page.write("We won!", "joy")
    check_axe(themed_page)


def test_every_control_is_reachable_on_a_phone(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/", viewport=PHONE, has_touch=True, is_mobile=True)
    page.tags.first.wait_for()

    def measure_width() -> int:
        return int(page.page.evaluate("document.documentElement.scrollWidth"))

    assert measure_width() == PHONE["width"]
    for control in page.page.locator(
        "main :is(button, select, a, textarea, .voices input), header :is(button, a), footer button"
    ).all():
        if control.is_visible() and control.is_enabled():
            control.tap(trial=True, position={"x": 8, "y": 8})
    page.tags.nth(1).tap()
    panel = page.page.locator("#inspector")
    expect(panel).to_be_visible()
    for control in panel.locator("label:visible, button:enabled:visible").all():
        control.tap(trial=True)
    panel.locator(".feeling[data-emotion=fear]").tap()
    panel.get_by_role("button", name="Close").tap()
    expect(panel).to_be_hidden()
    expect(page.tags.nth(1)).to_have_text("fear")
    page.page.get_by_role("button", name="Export").tap()
    for control in page.page.locator("#export button").all():
        control.tap(trial=True)
    page.fail()
    assert measure_width() == PHONE["width"]


def test_a_long_word_does_not_widen_the_page(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/", viewport=PHONE)
    page.write("W" * 100)
    expect(page.tags).to_have_count(1)
    assert page.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def read_background(page: Visit) -> list[int]:
    return list(
        map(int, page.page.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g)"))
    )


def test_the_theme_follows_the_system_until_the_user_chooses(open_page: OpenPage, server: Server) -> None:
    page = open_page(f"{server.url}/", color_scheme="dark")
    switch = page.page.get_by_role("button", name="Dark theme")
    assert max(read_background(page)) < 60
    expect(switch).to_have_attribute("aria-pressed", "true")
    page.page.emulate_media(color_scheme="light")
    assert min(read_background(page)) > 200
    expect(switch).to_have_attribute("aria-pressed", "false")
    switch.click()
    assert max(read_background(page)) < 60
    page.page.reload()
    assert max(read_background(page)) < 60
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.click()
    assert min(read_background(page)) > 200


def test_the_focus_is_visible_on_every_focusable_element(desk: Visit) -> None:
    seen = 0
    for _ in range(60):
        desk.page.keyboard.press("Tab")
        at = desk.page.evaluate(
            """() => {
                const one = document.activeElement;
                const around = { text: ".sheet" }[one.id] ?? "label:has([type=radio])";
                const shown = one.closest(around) ?? one;
                const { outlineStyle, outlineWidth } = getComputedStyle(shown);
                return [one.tagName, outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        if at[0] == "BODY":
            break
        assert at[1] != "none" and at[2] >= 2, at
        seen += 1
    assert seen >= 20


def test_state_is_exposed_to_screen_readers(desk: Visit) -> None:
    with desk.page.expect_response("**/analyze") as response:
        desk.write("We won!", "joy")
    planned = response.value.json()["utterances"][0]
    how = f"{planned['probabilities']['joy']:.0%} likely, strength {planned['degree']:g}".replace("%", " percent")
    expect(desk.tags.first).to_have_accessible_name(f"Sentence 1 of 1: joy, {how}, We won!")
    desk.choose(0, "fear")
    expect(desk.tags.first).to_have_accessible_name("Sentence 1 of 1: fear, edited, strength 1, We won!")
    expect(desk.page.locator("#status")).to_have_role("status")
    desk.speak()
    expect(desk.status).to_have_text("Playing.")
    expect(desk.status).to_have_text("Finished.")
