"""How strongly sentences are felt: as their text asks for, as the dial of the whole text says, as a person chose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import hypot
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.page.browsing import PATIENCE, OpenPage, Visit
from tests.serving import Server, start_server

WON, MISS, TABLE = "We won!", "I miss her so much.", "The table is made of wood."


def test_the_dial_works_by_keyboard_and_tells_its_value(desk: Visit) -> None:
    desk.write(WON, "joy")
    dial, shown = desk.expressiveness, desk.page.locator(".cast output")
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
    assert desk.posted("/analyze")[-1]["expressiveness"] == 2


def test_what_the_dial_plans_is_spoken(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    before, _ = desk.speak()
    desk.still()
    with desk.page.expect_response("**/analyze") as answer:
        desk.expressiveness.fill("0.7")
    planned = [one["degree"] for one in answer.value.json()["utterances"]]
    desk.tags.first.click()
    expect(desk.strength).to_have_attribute("aria-valuetext", f"×{planned[0]:g}")
    expect(desk.reason).to_contain_text(f"strength {planned[0]:g}")
    sent, spoken = desk.speak()
    assert [one["degree"] for one in sent["plan"]["utterances"]] == planned
    assert [one["degree"] for one in spoken["plan"]["utterances"]] == planned
    assert [one["strength"] for one in spoken["plan"]["utterances"]] == planned
    assert planned != [one["degree"] for one in before["plan"]["utterances"]]


def test_play_speaks_what_the_dial_says_and_not_what_it_said(desk: Visit) -> None:
    desk.write(WON, "joy")
    before, _ = desk.speak()
    desk.still()
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


def test_turning_the_dial_asks_at_its_end_and_not_at_every_step(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.requests.clear()
    with desk.page.expect_response(
        lambda answer: (answer.request.post_data_json or {}).get("expressiveness") == 2, timeout=PATIENCE
    ):
        desk.expressiveness.evaluate(TURN)
    # One step may wait longer than the page does, where the machine is busy.
    assert len(desk.posted("/analyze")) <= 4


def test_a_reload_keeps_the_dial(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.expressiveness.fill("0.3")
    desk.requests.clear()
    desk.page.reload()
    expect(desk.expressiveness).to_have_value("0.3")
    expect(desk.page.locator(".cast output")).to_have_text("×0.3")
    expect(desk.tags).to_have_count(1)
    assert [one["expressiveness"] for one in desk.posted("/analyze")] == [0.3]


@pytest.fixture(scope="module")
def unmoved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that its operator wants to read everything neutrally."""
    folder: Path = tmp_path_factory.mktemp("unmoved")
    server = start_server(folder, INTONE_EXPRESSIVENESS="0")
    yield server
    server.stop()


def test_the_operators_setting_counts_until_the_dial_is_turned(open_page: OpenPage, unmoved: Server) -> None:
    page = open_page(f"{unmoved.url}/")
    page.write(WON, "neutral")
    assert all("expressiveness" not in body for body in page.posted("/analyze"))
    page.expressiveness.press("ArrowLeft")
    expect(page.tags).to_have_text(["joy"])


def chroma(mark: Locator) -> float:
    """How colourful the tint of a sentence is."""
    colour = mark.evaluate("mark => getComputedStyle(mark).backgroundColor")
    assert colour.startswith("oklab("), colour
    _, a, b = map(float, re.findall(r"-?[\d.]+(?:e-?\d+)?", colour)[:3])
    return hypot(a, b)


def line(mark: Locator) -> tuple[str, float]:
    """Colour and pixels of the line below a sentence."""
    shadow = mark.evaluate("mark => getComputedStyle(mark).boxShadow")
    found = re.fullmatch(r"(.+\)) 0px -([\d.]+)px 0px 0px inset", shadow)
    assert found, shadow
    return found[1], float(found[2])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_felt_weakly_looks_weaker(open_page: OpenPage, server: Server, scheme: str) -> None:
    page = open_page(f"{server.url}/", color_scheme=scheme, reduced_motion="reduce")
    page.feel(0.0, 0.4, 0.8, 1.2, 2.0)
    page.write(" ".join([TABLE, WON, WON, WON, WON]), "neutral", *["joy"] * 4)
    neutral, *felt = page.marks.all()
    tints = [chroma(mark) for mark in felt]
    assert tints == sorted(set(tints))
    assert tints[-1] > 2 * tints[0] > 0
    colours, pixels = zip(*map(line, felt), strict=True)
    hue = page.tags.nth(1).locator("svg").evaluate("sign => getComputedStyle(sign).color")
    assert set(colours) == {hue}
    assert list(pixels) == [1.4, 1.8, 2.2, 3.0]
    assert line(neutral)[1] == 1
    page.tags.nth(1).click()
    assert chroma(felt[0]) > tints[0]


def test_the_panel_shows_the_strength_and_why(desk: Visit) -> None:
    desk.feel(0.4, 0.28)
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.tags.nth(1).click()
    expect(desk.strength).to_have_attribute("aria-valuetext", "×0.28")
    expect(desk.page.locator(".dials output").first).to_have_text("×0.28")
    expect(desk.tags.nth(1)).to_have_accessible_name(re.compile(r"likely, strength 0\.28, I miss"))
    desk.tags.nth(0).click()
    expect(desk.strength).to_have_attribute("aria-valuetext", "×0.4")
    expect(desk.reason).to_have_text("By its words: joy, strength 0.4.")
    desk.dial("degree", 1.5)
    expect(desk.reason).to_have_text("You chose the strength. By its words: joy, strength 0.4.")
    expect(desk.strength).to_have_attribute("aria-valuetext", "×1.5")
    desk.dial("degree", 0.4)
    expect(desk.reason).to_have_text("By its words: joy, strength 0.4.")
    expect(desk.tags.nth(0)).to_have_class("tag")


def test_a_chosen_feeling_is_full_until_its_strength_is_chosen(desk: Visit) -> None:
    desk.feel(0.4)
    desk.write(WON, "joy")
    desk.choose(0, "anger")
    expect(desk.strength).to_have_attribute("aria-valuetext", "×1.0")
    expect(desk.reason).to_have_text("You chose this, at full strength. By its words: joy, strength 0.4.")
    sent, spoken = desk.speak()
    desk.still()
    for plan in (sent["plan"], spoken["plan"]):
        assert [(one["degree"], one["strength"]) for one in plan["utterances"]] == [(1, None)]
    desk.dial("degree", 0.6)
    expect(desk.reason).to_have_text("You chose this and its strength. By its words: joy, strength 0.4.")
    sent, spoken = desk.speak()
    desk.still()
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


def test_a_voice_without_degrees_says_that_it_has_none(desk: Visit) -> None:
    def poorer(route: Route) -> None:
        answer = route.fetch()
        voices = answer.json()
        for voice in voices["voices"]:
            voice["degree"] = False
        route.fulfill(response=answer, json=voices)

    desk.page.route("**/voices", poorer)
    desk.page.reload()
    desk.write(f"{WON} {TABLE}", "joy", "neutral")
    desk.tags.nth(0).click()
    expect(desk.strength).to_be_disabled()
    expect(desk.reason).to_contain_text("Wren speaks every feeling at full strength.")
    desk.tags.nth(1).click()
    expect(desk.reason).not_to_contain_text("full strength")


def test_no_dial_moves_away_while_the_strength_is_turned(desk: Visit) -> None:
    desk.write("“I am so happy!” she laughed.", "joy", "joy")
    desk.expressiveness.fill("0.7")
    desk.tags.nth(1).click()
    expect(desk.reason).to_contain_text("narration beside a quotation")
    before = desk.strength.bounding_box()
    desk.dial("degree", 1.3)
    expect(desk.reason).to_contain_text("You chose the strength.")
    assert desk.strength.bounding_box() == before
