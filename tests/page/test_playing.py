"""Playback: the page highlights what it plays."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.browsing import Visit

WON, MISS = "We won!", "I miss her."

RECORD = """() => {
    window.heard = [];
    const look = () => {
        const mark = document.querySelector("mark.heard");
        const word = [...(CSS.highlights.get("word") ?? [])].map(String).join();
        const seen = JSON.stringify([mark?.textContent ?? null, word]);
        if (window.heard.at(-1) !== seen) window.heard.push(seen);
        requestAnimationFrame(look);
    };
    look();
}"""


def read_highlights(desk: Visit) -> list[list[Any]]:
    """Return the highlighted sentences and words in order, without repetition."""
    seen = desk.page.evaluate("window.heard.map(JSON.parse)")
    return [one for one in seen if one[0] is not None]


def test_sentences_and_words_are_highlighted_in_order(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.page.evaluate(RECORD)
    desk.speak()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    expect(desk.status).to_have_text("Finished.")
    desk.wait_until_still()
    shown = read_highlights(desk)
    sentences = [one[0] for one in shown]
    assert list(dict.fromkeys(sentences)) == [WON, MISS]
    assert sentences == sorted(sentences, key=[WON, MISS].index)
    words = [one[1] for one in shown if one[1]]
    assert list(dict.fromkeys(words)) == ["We", "won", "I", "miss", "her"]
    expect(desk.page.locator("mark.heard")).to_have_count(0)


def test_playback_pauses_resumes_and_stops(desk: Visit) -> None:
    desk.write(f"{WON} {MISS} {WON} {MISS}", "joy", "sadness", "joy", "sadness")
    play, state = desk.page.locator(".play"), desk.page.locator(".transport")
    desk.speak()
    expect(state).to_have_attribute("data-state", "playing")
    expect(play).to_have_accessible_name("Pause")
    play.click()
    expect(play).to_have_accessible_name("Play")
    place = desk.page.get_by_role("slider", name="Place in the sound")
    assert float(place.get_attribute("aria-valuenow") or 0) >= 0
    desk.requests.clear()
    play.click()
    expect(state).to_have_attribute("data-state", "playing")
    desk.page.get_by_role("button", name="Stop").click()
    expect(state).to_have_attribute("data-state", "still")
    expect(place).to_have_attribute("aria-valuenow", "0.0")
    assert not desk.read_bodies("/synthesize")


def test_stop_aborts_a_running_synthesis(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.page.route("**/synthesize", lambda route: None)
    desk.page.locator(".play").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "making")
    with desk.page.expect_event("requestfailed"):
        desk.page.get_by_role("button", name="Stop").click()
    desk.wait_until_still()
    expect(desk.alert).to_be_hidden()


def test_a_click_in_the_waveform_seeks_and_so_do_the_arrow_keys(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    _, response = desk.speak()
    desk.page.locator(".play").click()
    canvas = desk.page.locator("canvas")
    box = canvas.bounding_box()
    assert box
    second = response["plan"]["utterances"][1]
    middle = (second["start"] + second["end"]) / 2 / response["duration"]
    canvas.click(position={"x": box["width"] * middle, "y": box["height"] / 2})
    expect(desk.page.locator("mark.heard")).to_have_text(MISS)
    canvas.press("Home")
    expect(canvas).to_have_attribute("aria-valuenow", "0.0")
    canvas.press("ArrowRight")
    expect(canvas).to_have_attribute("aria-valuenow", "1.0")
    canvas.press("End")
    expect(canvas).to_have_attribute("aria-valuenow", f"{response['duration']:.1f}")


COLOURS_OF_CANVAS = """canvas => {
    const { data, width } = canvas.getContext("2d").getImageData(0, canvas.height / 2, canvas.width, 1);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) found.add([...data.slice(i, i + 3)].join());
    return [...found];
}"""


def test_the_waveform_has_the_colours_of_the_emotions(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    hues = [
        tag.locator("svg").evaluate("sign => getComputedStyle(sign).color.match(/\\d+/g).join()")
        for tag in desk.tags.all()
    ]
    desk.speak()
    desk.wait_until_still()
    assert set(hues) <= set(desk.page.locator("canvas").evaluate(COLOURS_OF_CANVAS))


def test_typing_during_playback_ends_the_highlight_and_not_the_sound(desk: Visit) -> None:
    desk.write(f"{WON} {MISS} {MISS} {MISS}", "joy", "sadness", "sadness", "sadness")
    desk.speak()
    expect(desk.page.locator("mark.heard")).to_have_count(1)
    desk.text.press("ControlOrMeta+End")
    desk.text.press_sequentially(" And")
    expect(desk.page.locator("mark.heard")).to_have_count(0)
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    desk.wait_until_still()
    sent, _ = desk.speak()
    assert sent["plan"]["utterances"][-1]["text"].startswith("And")


def test_an_unchanged_text_is_not_synthesized_again(desk: Visit) -> None:
    desk.write(WON, "joy")
    desk.speak()
    desk.wait_until_still()
    desk.requests.clear()
    desk.page.locator(".play").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    assert not desk.read_bodies("/synthesize")


@pytest.mark.parametrize("emotion", ["neutral", "joy", "sadness", "anger", "fear", "surprise", "disgust"])
def test_the_voice_can_be_played_in_each_emotion(desk: Visit, emotion: str) -> None:
    expect(desk.page.get_by_role("combobox", name="Voice")).to_have_value("wren")
    with desk.page.expect_response("**/synthesize") as response:
        desk.page.get_by_role("button", name=f"Hear {emotion}").click()
    assert (response.value.status, response.value.headers["x-emotions"]) == (200, emotion)
    assert response.value.headers["x-voice"] == "wren"
    expect(desk.page.locator(f".mood.sounding[data-emotion={emotion}]")).to_be_visible()
    expect(desk.page.locator(".mood.sounding")).to_have_count(0)
