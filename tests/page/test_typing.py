"""Writing: sentences are coloured as one types."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.page.browsing import Visit

WON, MISS = "We won!", "I miss her so much."
SCARED = "I am terrified of that noise!"


def test_the_page_begins_with_an_example_and_has_others(desk: Visit) -> None:
    assert desk.tags.count() >= 4
    before = desk.text.input_value()
    desk.page.get_by_role("group", name="Examples").get_by_role("button").nth(1).click()
    expect(desk.text).not_to_have_value(before)
    expect(desk.tags.first).to_be_visible()
    desk.status.get_by_role("button", name="Undo").click()
    expect(desk.text).to_have_value(before)


def test_typing_colours_sentences(desk: Visit) -> None:
    desk.text.fill("")
    expect(desk.tags).to_have_count(0)
    desk.text.press_sequentially(f"{WON} {MISS}")
    expect(desk.tags).to_have_text(["joy", "sadness"])
    expect(desk.marks).to_have_text([WON, MISS])
    colours = [mark.evaluate("mark => getComputedStyle(mark).backgroundColor") for mark in desk.marks.all()]
    assert len(set(colours)) == 2


def test_a_label_stands_above_the_beginning_of_its_sentence(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}\n\n{SCARED}", "joy", "sadness", "fear")
    for mark, tag in zip(desk.marks.all(), desk.tags.all(), strict=True):
        below, above = mark.bounding_box(), tag.bounding_box()
        assert below and above
        assert abs(above["x"] - below["x"]) < 8
        assert 0 <= below["y"] - above["y"] < 40


def test_the_coloured_text_lies_exactly_below_the_typed_one(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}\n\n\t{SCARED}  " * 12)
    sizes = [desk.page.locator(part).evaluate("one => one.scrollHeight") for part in (".backdrop", "#text")]
    assert sizes[0] == sizes[1]


def test_places_are_counted_in_code_points(desk: Visit) -> None:
    desk.write(f"😀 {WON} 𝕏 is a 👩‍🚀 letter. {MISS}")
    expect(desk.marks).to_have_count(3)
    desk.settle()
    texts = desk.marks.all_inner_texts()
    assert texts[0].endswith(WON) and texts[1] == "𝕏 is a 👩‍🚀 letter." and texts[2] == MISS


def test_a_byte_order_mark_moves_nothing(desk: Visit) -> None:
    desk.write(f"\ufeff{WON} {MISS}", "joy", "sadness")
    expect(desk.marks).to_have_text([WON, MISS])


def test_what_is_no_character_is_no_reason_to_fail(desk: Visit) -> None:
    desk.text.fill("")
    desk.text.evaluate(
        "area => { area.value = 'Half \\ud83d a sign. We won!'; area.dispatchEvent(new Event('input')) }"
    )
    expect(desk.marks).to_have_count(2)
    expect(desk.alert).to_be_hidden()


def test_it_is_asked_not_at_every_key_and_never_twice_at_a_time(desk: Visit) -> None:
    desk.text.fill("")
    desk.requests.clear()
    desk.text.press_sequentially(MISS, delay=10)
    expect(desk.tags).to_have_count(1)
    desk.settle()
    assert len(desk.posted("/analyze")) <= len(MISS) / 2

    held: list[Route] = []
    desk.page.route("**/analyze", lambda route: held.append(route))
    with desk.page.expect_request("**/analyze"):
        desk.text.press_sequentially("!")
    with desk.page.expect_event("requestfailed") as failed:
        desk.text.press_sequentially(f" {SCARED}")
    assert "ABORTED" in (failed.value.failure or "")
    desk.page.unroute("**/analyze")
    desk.text.press_sequentially(" ")
    expect(desk.tags.last).to_have_text("fear")
    expect(desk.alert).to_be_hidden()


def test_colours_move_along_while_a_sentence_before_them_is_written(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.page.route("**/analyze", lambda route: None)
    desk.text.press("ControlOrMeta+Home")
    desk.text.press_sequentially("Oh. ")
    expect(desk.marks.last).to_have_text(MISS)
    expect(desk.tags.last).to_have_text("sadness")


def test_the_probabilities_show_on_hover_and_on_focus(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    chances = desk.page.locator("#chances")
    box = desk.marks.nth(1).bounding_box()
    assert box
    desk.page.mouse.move(box["x"] + 20, box["y"] + 10)
    expect(chances).to_be_visible()
    expect(chances.locator("div").first).to_contain_text("sadness")
    expect(chances).to_contain_text("%")
    desk.page.keyboard.press("Escape")
    expect(chances).to_be_hidden()

    desk.text.focus()
    desk.text.press("ControlOrMeta+Home")
    desk.page.keyboard.press("Tab")
    expect(desk.tags.first).to_be_focused()
    expect(chances.locator("div").first).to_contain_text("joy")


def test_a_click_into_the_text_shows_its_sentence(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    box = desk.marks.nth(1).bounding_box()
    assert box
    desk.page.mouse.click(box["x"] + 30, box["y"] + 12)
    expect(desk.page.locator("#inspector .quote")).to_have_text(MISS)
    expect(desk.page.locator("#inspector .feeling:has(:checked)")).to_contain_text("sadness")
    shares = desk.page.locator("#inspector .share").all_inner_texts()
    assert len(shares) == 7 and 95 <= sum(int(share.rstrip("%")) for share in shares) <= 105


def test_a_reload_loses_neither_text_nor_edits(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.choose(0, "anger")
    desk.page.reload()
    expect(desk.text).to_have_value(f"{WON} {MISS}")
    expect(desk.tags).to_have_text(["anger", "sadness"])


def test_an_empty_page_asks_for_nothing_and_says_so(desk: Visit) -> None:
    desk.page.get_by_role("button", name="Clear").click()
    expect(desk.tags).to_have_count(0)
    desk.requests.clear()
    desk.page.locator(".play").click()
    expect(desk.status).to_contain_text("Write something first")
    assert not desk.posted("/synthesize") and not desk.posted("/analyze")
