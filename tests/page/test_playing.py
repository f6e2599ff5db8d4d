"""Playback: the page highlights what it plays."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.page.book import write_book
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


BOOK = "The rain fell on the roof all night, and nobody in the old house could sleep at all. " * 200
"""Takes far longer to synthesize than its first sound."""

RECEIVED = "performance.getEntriesByType('resource').filter(one => one.name.endsWith('/synthesize')).length"
"""Number of responses that have ended."""


def test_the_sound_starts_before_the_response_has_ended(desk: Visit) -> None:
    desk.text.fill(BOOK)
    desk.settle()
    desk.page.locator(".play").click()
    state = desk.page.locator(".transport")
    expect(state).to_have_attribute("data-state", "playing")
    expect(desk.page.locator("mark.heard")).to_have_count(1)
    assert desk.page.evaluate(RECEIVED) == 0
    expect(desk.page.locator(".clock")).to_contain_text("about")
    with desk.page.expect_event("requestfailed"):
        desk.page.get_by_role("button", name="Stop").click()
    desk.wait_until_still()
    expect(desk.page.locator("mark.heard")).to_have_count(0)
    expect(desk.alert).to_be_hidden()


RECORD_PIECES = """() => {
    window.pieces = [];
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (when) {
        window.pieces.push([when, this.buffer.length, this.buffer.sampleRate, this.context.sampleRate]);
        return start.call(this, when);
    };
}"""


def test_the_pieces_sound_one_after_the_other(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.page.evaluate(RECORD_PIECES)
    _, response = desk.speak()
    expect(desk.status).to_have_text("Finished.")
    pieces = desk.page.evaluate("window.pieces")
    rate = response["sample_rate"]
    assert len(pieces) > 2
    assert {(own, context) for _, _, own, context in pieces} == {(rate, rate)}, "resampled pieces would click"
    assert sum(length for _, length, _, _ in pieces) == round(response["duration"] * rate)
    for (start, length, _, _), (following, _, _, _) in pairwise(pieces):
        assert following >= start + length / rate - 1e-6, "a piece must not sound over the one before"


def test_a_stream_that_is_cut_off_is_reported_and_can_be_tried_again(desk: Visit) -> None:
    desk.write(WON, "joy")
    start = '{"type": "speech.start", "sample_rate": 24000}\n'
    desk.page.route("**/synthesize", lambda route: route.fulfill(body=start, content_type="application/x-ndjson"))
    desk.page.locator(".play").click()
    expect(desk.alert).to_contain_text("The sound was cut off")
    desk.wait_until_still()
    desk.page.unroute("**/synthesize")
    desk.alert.get_by_role("button", name="Try again").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    expect(desk.alert).to_be_hidden()


def test_an_error_in_the_stream_is_reported(desk: Visit) -> None:
    desk.write(WON, "joy")
    problem = {"code": "audio_too_long", "title": "Too long", "detail": "It takes too long.", "hint": "Cut it."}
    lines = [{"type": "speech.start", "sample_rate": 24000}, {"type": "error", "error": problem}]
    body = "".join(f"{json.dumps(line)}\n" for line in lines)
    desk.page.route("**/synthesize", lambda route: route.fulfill(body=body, content_type="application/x-ndjson"))
    desk.page.locator(".play").click()
    expect(desk.alert).to_contain_text("Too long. It takes too long. Cut it.")
    desk.wait_until_still()


def test_a_click_while_it_plays_the_first_time_goes_on_from_there(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.speak()
    expect(desk.page.locator(".clock")).not_to_contain_text("about")
    canvas = desk.page.locator("canvas")
    canvas.press("Home")
    canvas.press("ArrowRight")
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    expect(desk.status).to_have_text("Finished.")
    desk.wait_until_still()


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
    expect(desk.page.locator(".clock")).not_to_contain_text("about")
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


def test_dragging_in_the_waveform_seeks_once(desk: Visit) -> None:
    desk.write(f"{WON} {MISS}", "joy", "sadness")
    desk.page.route("**/synthesize", lambda route: None)
    desk.page.locator(".play").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "making")
    desk.page.get_by_role("button", name="Stop").click()
    box = desk.page.locator("canvas").bounding_box()
    assert box
    desk.page.evaluate(RECORD_PLACES)
    desk.page.mouse.move(box["x"] + 5, box["y"] + 20)
    desk.page.mouse.down()
    desk.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 20, steps=8)
    desk.page.mouse.up()
    places = desk.page.evaluate("new Promise((resolve) => setTimeout(() => resolve(window.places), 100))")
    assert len(set(places)) == 1 and float(places[0]) > 0


RECORD_PLACES = """() => {
    window.places = [];
    const canvas = document.querySelector("canvas");
    const see = () => window.places.push(canvas.getAttribute("aria-valuenow"));
    new MutationObserver(see).observe(canvas, { attributeFilter: ["aria-valuenow"] });
}"""

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


def test_a_long_part_is_heard_before_all_of_it_is_planned(desk: Visit) -> None:
    held: list[Route] = []

    def hold_long_texts(route: Route) -> None:
        is_long = len(route.request.post_data_json["text"]) > 2000
        held.append(route) if is_long else route.continue_()

    desk.page.route("**/analyze", hold_long_texts)
    desk.text.fill(write_book(2500))
    desk.page.locator(".play").click()
    expect(desk.page.locator(".transport")).to_have_attribute("data-state", "playing")
    assert held and desk.tags.count() == 0
    assert min(len(one["text"]) for one in desk.read_bodies("/analyze")) < 450
    for route in held:
        route.continue_()
    expect(desk.tags.nth(30)).to_be_attached()
    sentences = desk.marks.all_inner_texts()
    while len(spoken := read_spoken(desk)) < 25:
        desk.page.wait_for_timeout(100)
    assert spoken == sentences[: len(spoken)]


def read_spoken(desk: Visit) -> list[str]:
    """Return the sentences that were requested, in order."""
    return [one["text"] for sent in desk.read_bodies("/synthesize") for one in sent["plan"]["utterances"]]
