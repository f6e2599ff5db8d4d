"""Other voices with another sample rate: one is only neutral and without pitch, one feels by rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.page.browsing import OpenPage
from tests.serving import ROOT, Server, start_server
from tests.tiny_voice import change, write_tiny_voice

WON, MISS = "We won!", "I miss her so much."


@pytest.fixture(scope="module")
def two_voices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("voices")
    write_tiny_voice(folder / "tiny")
    change(write_tiny_voice(folder / "ruled") / "voice.json", name="ruled", style="prosody")
    server = start_server(folder, "--voices", f"{ROOT / 'models' / 'voices'}:{folder}")
    yield server
    server.stop()


def test_dialogue_characters_and_sentences_have_voices(open_page: OpenPage, two_voices: Server) -> None:
    page = open_page(f"{two_voices.url}/")
    page.write('"Come in," said Ruth. He took the lift.', "neutral", "neutral", "neutral")
    page.page.get_by_role("combobox", name="Ruth", exact=True).select_option("tiny")
    page.tags.nth(0).click()
    spoken_by = page.page.get_by_role("combobox", name="Ruth, spoken by")
    expect(spoken_by).to_have_value("tiny")
    page.tags.nth(2).click()
    page.page.get_by_role("combobox", name="Spoken by", exact=True).select_option("tiny")
    sent, response = page.speak()
    assert [one["voice"] for one in response["plan"]["utterances"]] == ["tiny", "wren", "tiny"]
    assert sent["plan"]["utterances"][0]["speaker"] == "Ruth"
    with page.page.expect_response("**/voices/wren/sample") as sample:
        page.page.get_by_role("button", name="Hear a sample of the voice").click()
    assert sample.value.headers["content-type"] == "audio/wav"


def test_a_second_voice_speaks_and_the_page_shows_what_it_lacks(open_page: OpenPage, two_voices: Server) -> None:
    page = open_page(f"{two_voices.url}/")
    voice = page.page.get_by_role("combobox", name="Voice")
    expect(voice).to_have_value("wren")
    page.write(f"{WON} {MISS}", "joy", "sadness")
    page.choose(1, "fear")
    voice.select_option("tiny")
    expect(page.tags).to_have_text(["neutral", "fear"])
    expect(page.page.locator("#notes")).to_be_visible()
    expect(page.page.locator("#inspector .reason")).to_have_text("tiny has no fear and speaks it as neutral.")
    expect(page.page.get_by_role("slider", name="Strength")).to_be_disabled()
    sent, response = page.speak()
    assert [one["voice"] for one in response["plan"]["utterances"]] == ["tiny"] * 2
    assert sent["plan"]["utterances"][1]["emotion"] == "fear"
    expect(page.page.locator("#notes")).to_contain_text("fear")

    with page.page.expect_response("**/synthesize") as sample:
        page.page.get_by_role("button", name="Hear neutral").click()
    assert sample.value.headers["x-voice"] == "tiny"
    voice.select_option("wren")
    expect(page.tags).to_have_text(["joy", "fear"])
    expect(page.page.get_by_role("slider", name="Strength")).to_be_enabled()


def test_the_panel_says_that_a_feeling_is_approximated(open_page: OpenPage, two_voices: Server) -> None:
    page = open_page(f"{two_voices.url}/")
    page.write(f"{WON} {MISS}", "joy", "sadness")
    page.tags.nth(0).click()
    remarks = page.page.get_by_role("list", name="Remarks")
    expect(remarks).to_be_hidden()
    page.page.get_by_role("combobox", name="Voice").select_option("ruled")
    by_rule = "rules change pitch, rate and level of its neutral voice."
    expect(remarks).to_have_text(f"ruled has no joy of its own: {by_rule}")
    page.choose(0, "fear")
    expect(remarks).to_have_text(f"ruled has no fear of its own: {by_rule}")
    page.choose(0, "neutral")
    expect(remarks).to_be_hidden()
