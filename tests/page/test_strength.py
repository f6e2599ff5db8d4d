"""The strength of sentences: by their text, by the dial of the whole text, and by the choice of the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import hypot
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.page.browsing import TIMEOUT_MS, OpenPage, Visit
from tests.serving import Server, start_server

WON, MISS, TABLE = "We won!", "I miss her so much.", "The table is made of wood."


def test_the_dial_works_by_keyboard_and_shows_its_value(desk: Visit) -> None:
    desk.write(WON, "joy")
    dial, shown = desk.expressiveness, desk.page.locator(".voices output")
    expect(dial).to_have_attribute("aria-valuetext", "default")
    expect(shown).to_have_text("default")
    dial.press("ArrowRight")
    expect(dial).to_have_value("1.1")
    expect(dial).to_have_attribute("aria-valuetext", "×1.1")
    expect(shown).to_have_text("×1.1")
    dial.press("Home")
    expect(shown).to_have_text("×0.0")
    expect(desk.tags).to_have_text(["neutral"])
    dial.press("End")
    expect(shown).to_have_text("×2.0")
    expect(desk.tags).to_have_text(["joy"])
    assert desk.read_bodies("/analyze")[-1]["expressiveness"] == 2


def test_the_dial_returns_to_the_default(desk: Visit) -> None:
    default = desk.page.get_by_role("button", name="Default expressiveness")
    desk.write(WON, "joy")
    expect(default).to_be_hidden()
    desk.expressiveness.fill("0")
    expect(desk.tags).to_have_text(["neutral"])
    default.click()
    expect(desk.page.locator(".voices output")).to_have_text("default")
    expect(desk.expressiveness).to_have_value("1")
    expect(desk.tags).to_have_text(["joy"])
    expect(default).to_be_hidden()
    desk.write(MISS, "sadness")
    assert "expressiveness" not in desk.read_bodies("/analyze")[-1]
    desk.page.reload()
    expect(desk.page.locator(".voices output")).to_have_text("default")


def test_the_plan_of_the_dial_is_spoken(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    before, _ = desk.speak()
    desk.wait_until_still()
    with desk.page.expect_response("**/analyze") as response:
        desk.expressiveness.fill("0.8")
    planned = [one["degree"] for one in response.value.json()["utterances"]]
    desk.tags.first.click()
    expect(desk.strength).to_have_attribute("aria-valuetext", f"×{planned[0]:g}")
    expect(desk.reason).to_contain_text(f"strength {planned[0]:g}")
    sent, spoken = desk.speak()
    assert [one["degree"] for one in sent["plan"]["utterances"]] == planned
    assert [one["degree"] for one in spoken["plan"]["utterances"]] == planned
    assert [one["strength"] for one in spoken["plan"]["utterances"]] == planned
    assert planned != [one["degree"] for one in before["plan"]["utterances"]]


def test_play_uses_the_current_value_of_the_dial(desk: Visit) -> None:
    desk.write(WON, "joy")
    before, _ = desk.speak()
    desk.wait_until_still()
    desk.expressiveness.fill("0.5")
    sent, _ = desk.speak()
    assert sent["plan"]["utterances"][0]["degree"] < before["plan"]["utterances"][0]["degree"]


TURN = """async dial => {
    for (let value = 1; value <= 20; value++) {
        dial.value = value / 10;
        dial.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(resolve => setTimeout(resolve, 20));
    }
}"""


def test_turning_the_dial_does_not_send_a_request_at_every_step(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.requests.clear()
    with desk.page.expect_response(
        lambda response: (response.request.post_data_json or {}).get("expressiveness") == 2, timeout=TIMEOUT_MS
    ):
        desk.expressiveness.evaluate(TURN)
    # On a busy machine, a step may last longer than the delay of the page.
    assert len(desk.read_bodies("/analyze")) <= 4


def test_a_reload_keeps_the_dial(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.expressiveness.fill("0.3")
    desk.requests.clear()
    desk.page.reload()
    expect(desk.expressiveness).to_have_value("0.3")
    expect(desk.page.locator(".voices output")).to_have_text("×0.3")
    expect(desk.tags).to_have_count(1)
    assert [one["expressiveness"] for one in desk.read_bodies("/analyze")] == [0.3]


@pytest.fixture(scope="module")
def neutral_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a service whose setting makes every text neutral."""
    folder: Path = tmp_path_factory.mktemp("neutral_server")
    server = start_server(folder, INTONE_EXPRESSIVENESS="0")
    yield server
    server.stop()


def test_the_setting_of_the_operator_applies_until_the_dial_is_turned(
    open_page: OpenPage, neutral_server: Server
) -> None:
    page = open_page(f"{neutral_server.url}/")
    page.write(WON, "neutral")
    assert all("expressiveness" not in body for body in page.read_bodies("/analyze"))
    page.expressiveness.press("ArrowLeft")
    expect(page.tags).to_have_text(["joy"])


def measure_chroma(mark: Locator) -> float:
    """Return the chroma of the tint of a sentence."""
    colour = mark.evaluate("mark => getComputedStyle(mark).backgroundColor")
    assert colour.startswith("oklab("), colour
    _, a, b = map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", colour)[:3])
    return hypot(a, b)


def read_underline(mark: Locator) -> tuple[str, float]:
    """Return the colour and the pixels of the line below a sentence."""
    shadow = mark.evaluate("mark => getComputedStyle(mark).boxShadow")
    found = re.fullmatch(r"(.+\)) 0px -([\d.]+)px 0px 0px inset", shadow)
    assert found, shadow
    return found[1], float(found[2])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_weaker_emotions_have_weaker_colours(open_page: OpenPage, server: Server, scheme: str) -> None:
    page = open_page(f"{server.url}/", color_scheme=scheme, reduced_motion="reduce")
    page.set_strengths(0.0, 0.4, 0.8, 1.2, 2.0)
    page.write(" ".join([TABLE, WON, WON, WON, WON]), "neutral", *["joy"] * 4)
    neutral, *emotional = page.marks.all()
    tints = [measure_chroma(mark) for mark in emotional]
    assert tints == sorted(set(tints))
    assert tints[-1] > 2 * tints[0] > 0
    colours, pixels = zip(*map(read_underline, emotional), strict=True)
    hue = page.tags.nth(1).locator("svg").evaluate("sign => getComputedStyle(sign).color")
    assert set(colours) == {hue}
    assert list(pixels) == [1.4, 1.8, 2.2, 3.0]
    assert read_underline(neutral)[1] == 1
    page.tags.nth(1).click()
    assert measure_chroma(emotional[0]) > tints[0]


def test_the_panel_shows_the_strength_and_its_reason(desk: Visit) -> None:
    desk.set_strengths(0.4, 0.28)
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.tags.nth(1).click()
    expect(desk.strength).to_have_attribute("aria-valuetext", "×0.28")
    expect(desk.page.locator(".dials output").first).to_have_text("×0.28")
    expect(desk.tags.nth(1)).to_have_accessible_name(re.compile(r"likely, strength 0\.28, I miss"))
    desk.tags.nth(0).click()
    expect(desk.strength).to_have_attribute("aria-valuetext", "×0.4")
    expect(desk.reason).to_have_text("By its words: joy, strength 0.4.")
    desk.set_dial("degree", 1.5)
    expect(desk.reason).to_have_text("You chose the strength. By its words: joy, strength 0.4.")
    expect(desk.strength).to_have_attribute("aria-valuetext", "×1.5")
    desk.set_dial("degree", 0.4)
    expect(desk.reason).to_have_text("By its words: joy, strength 0.4.")
    expect(desk.tags.nth(0)).to_have_class("tag")


def test_a_chosen_emotion_has_full_strength_until_a_strength_is_chosen(desk: Visit) -> None:
    desk.set_strengths(0.4)
    desk.write(WON, "joy")
    desk.choose(0, "anger")
    expect(desk.strength).to_have_attribute("aria-valuetext", "×1.0")
    expect(desk.reason).to_have_text("You chose this, at full strength. By its words: joy, strength 0.4.")
    sent, spoken = desk.speak()
    desk.wait_until_still()
    for plan in (sent["plan"], spoken["plan"]):
        assert [(one["degree"], one["strength"]) for one in plan["utterances"]] == [(1, None)]
    desk.set_dial("degree", 0.6)
    expect(desk.reason).to_have_text("You chose this and its strength. By its words: joy, strength 0.4.")
    sent, spoken = desk.speak()
    desk.wait_until_still()
    for plan in (sent["plan"], spoken["plan"]):
        assert [one["degree"] for one in plan["utterances"]] == [0.6]
    desk.page.get_by_role("button", name="Reset").click()
    desk.choose(0, "anger")
    desk.choose(0, "joy")
    expect(desk.strength).to_have_attribute("aria-valuetext", "×0.4")
    expect(desk.tags).to_have_class("tag")


def test_neutral_has_no_strength(desk: Visit) -> None:
    desk.write(TABLE, "neutral")
    desk.tags.first.click()
    expect(desk.strength).to_be_disabled()
    expect(desk.strength).to_have_attribute("aria-valuetext", "none")
    expect(desk.tags.first).to_have_accessible_name(re.compile(r"percent likely, The table"))
    desk.choose(0, "joy")
    expect(desk.strength).to_be_enabled()
    desk.choose(0, "neutral")
    expect(desk.reason).not_to_contain_text("You chose")
    desk.write(WON, "joy")
    desk.choose(0, "neutral")
    expect(desk.reason).to_contain_text(re.compile(r"^You chose this\. "))


def test_the_panel_reports_a_voice_without_degrees(desk: Visit) -> None:
    def remove_degrees(route: Route) -> None:
        response = route.fetch()
        voices = response.json()
        for voice in voices["voices"]:
            voice["degree"] = False
        route.fulfill(response=response, json=voices)

    desk.page.route("**/voices", remove_degrees)
    desk.page.reload()
    desk.write(f"{WON} {TABLE}", "joy", "neutral")
    desk.tags.nth(0).click()
    expect(desk.strength).to_be_disabled()
    expect(desk.reason).to_contain_text("Wren speaks every feeling at full strength.")
    desk.tags.nth(1).click()
    expect(desk.reason).not_to_contain_text("full strength")


def test_the_dial_does_not_move_while_the_strength_changes(desk: Visit) -> None:
    desk.write("“I am so happy!” she laughed.", "joy", "joy")
    desk.expressiveness.fill("0.7")
    desk.tags.nth(1).click()
    expect(desk.reason).to_contain_text("narration beside a quotation")
    before = desk.strength.bounding_box()
    desk.set_dial("degree", 1.3)
    expect(desk.reason).to_contain_text("You chose the strength.")
    assert desk.strength.bounding_box() == before
