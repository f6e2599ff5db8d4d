"""Exports of the page: audio files, a curl command and SSML."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Download, expect

from tests.decoding import decode
from tests.page.browsing import OpenPage, Visit
from tests.serving import Server

LAUGHED, SAID = "“I am so happy!” she laughed.", "“I miss her so much,” he said."
WON, MISS = "We won & <danced>, didn't we?", 'I miss "her" so much.'


@pytest.fixture
def edited_page(desk: Visit) -> Visit:
    """Return a page with a plan that was edited in every field."""
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.text.fill(f"{WON} {MISS}")
    expect(desk.marks).to_have_text([WON, MISS])
    desk.settle()
    desk.choose(0, "joy")
    for name, value in {"degree": 1.5, "speed": 1.2, "pitch": 2, "pause_after": 0.7}.items():
        desk.set_dial(name, value)
    desk.choose(1, "sadness")
    return desk


@pytest.fixture
def quoted_page(desk: Visit) -> Visit:
    """Return an unedited page with quotations, whose parts have different strengths."""
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.set_strengths(0.4, 0.2, 1.2, 0.28)
    desk.write(f"{LAUGHED} {SAID}")
    expect(desk.marks).to_have_text(["“I am so happy!”", "she laughed.", "“I miss her so much,”", "he said."])
    expect(desk.tags).to_have_text(["joy", "joy", "sadness", "sadness"])
    desk.settle()
    return desk


def select_audible_fields(utterance: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that change the sound of an utterance."""
    fields = ("text", "emotion", "degree", "role", "speed", "pitch", "volume", "pause_after", "voice")
    return {name: utterance.get(name) for name in fields}


def export(desk: Visit, name: str) -> None:
    desk.page.get_by_role("button", name="Export").click()
    desk.page.locator("#export").get_by_role("button", name=name, exact=True).click()


def download(desk: Visit, name: str) -> Download:
    with desk.page.expect_download() as started:
        export(desk, name)
    return started.value


@pytest.mark.parametrize("format", ["wav", "mp3", "flac", "opus"])
def test_a_download_is_a_file_that_can_be_played(edited_page: Visit, format: str, tmp_path: Path) -> None:
    _, spoken = edited_page.speak()
    file = download(edited_page, {"opus": "Opus"}.get(format, format.upper()))
    assert file.suggested_filename == f"Untitled.{format}"
    file.save_as(tmp_path / "file")
    samples = decode((tmp_path / "file").read_bytes(), format, spoken["sample_rate"])
    assert len(samples) == pytest.approx(spoken["duration"] * spoken["sample_rate"], abs=0.1 * spoken["sample_rate"])
    expect(edited_page.status).to_have_text(f"Saved as Untitled.{format}.")


def test_the_copied_command_creates_the_downloaded_file(edited_page: Visit, tmp_path: Path) -> None:
    download(edited_page, "WAV").save_as(tmp_path / "downloaded.wav")
    export(edited_page, "curl")
    expect(edited_page.status).to_contain_text("clipboard")
    subprocess.run(["sh", "-eu"], input=edited_page.read_clipboard().encode(), cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "speech.wav").read_bytes() == (tmp_path / "downloaded.wav").read_bytes()


def test_the_copied_ssml_gives_the_same_plan(edited_page: Visit, server: Server) -> None:
    _, spoken = edited_page.speak()
    export(edited_page, "SSML")
    expect(edited_page.status).to_have_text("The SSML is on the clipboard.")
    headers = {"Content-Type": "application/ssml+xml"}
    with server.create_client() as client:
        plan = client.post("/analyze", content=edited_page.read_clipboard().encode(), headers=headers).json()
    assert plan["warnings"] == []
    assert list(map(select_audible_fields, plan["utterances"])) == list(
        map(select_audible_fields, spoken["plan"]["utterances"])
    )
    with server.create_client() as client:
        response = client.post("/synthesize", content=edited_page.read_clipboard().encode(), headers=headers)
    assert (response.status_code, response.headers["x-emotions"]) == (200, "joy,sadness")
    assert "x-warnings" not in response.headers


def test_the_copied_command_keeps_strengths_and_roles(quoted_page: Visit, tmp_path: Path) -> None:
    _, spoken = quoted_page.speak()
    assert [one["degree"] for one in spoken["plan"]["utterances"]] == [0.4, 0.2, 1.2, 0.28]
    download(quoted_page, "WAV").save_as(tmp_path / "downloaded.wav")
    export(quoted_page, "curl")
    expect(quoted_page.status).to_contain_text("clipboard")
    body = json.loads(quoted_page.read_clipboard().splitlines()[-2])
    plan = body["plan"]["utterances"]
    assert [one["degree"] for one in plan] == [0.4, 0.2, 1.2, 0.28]
    assert [one.get("role") for one in plan] == ["dialogue", None] * 2
    subprocess.run(["sh", "-eu"], input=quoted_page.read_clipboard().encode(), cwd=tmp_path, check=True, timeout=120)
    assert (tmp_path / "speech.wav").read_bytes() == (tmp_path / "downloaded.wav").read_bytes()


def test_the_copied_ssml_keeps_strengths(quoted_page: Visit, server: Server) -> None:
    _, spoken = quoted_page.speak()
    export(quoted_page, "SSML")
    expect(quoted_page.status).to_have_text("The SSML is on the clipboard.")
    assert re.findall(r'styledegree="([^"]*)"', quoted_page.read_clipboard()) == ["0.4", "0.2", "1.2", "0.28"]
    with server.create_client() as client:
        headers = {"Content-Type": "application/ssml+xml"}
        plan = client.post("/analyze", content=quoted_page.read_clipboard().encode(), headers=headers).json()
    assert list(map(select_audible_fields, plan["utterances"])) == list(
        map(select_audible_fields, spoken["plan"]["utterances"])
    )


@pytest.mark.parametrize(
    "text",
    [
        "It's 5 o'clock; echo `ls` $HOME \\ \"quoted\" %s !!",
        "PLAN\nPLAN\n\nEOF",
        "Ünïcödé 😀 \u2028 line.",
        "a\tb\\nc.",
    ],
)
def test_no_text_escapes_the_quotes_of_the_command(desk: Visit, text: str, tmp_path: Path) -> None:
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.text.fill(text)
    desk.settle()
    expect(desk.marks.first).to_be_visible()
    export(desk, "curl")
    expect(desk.status).to_contain_text("clipboard")
    completed = subprocess.run(
        ["sh", "-eu"], input=desk.read_clipboard().encode(), cwd=tmp_path, check=True, timeout=120, capture_output=True
    )
    assert (completed.stdout, completed.stderr) == (b"", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["speech.wav"]
    assert (tmp_path / "speech.wav").read_bytes().startswith(b"RIFF")


def test_the_copied_ssml_has_no_character_that_xml_forbids(desk: Visit, server: Server) -> None:
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desk.text.evaluate(
        "area => { area.value = 'A \\u0001 bell ]]> & < \\ufffe.'; area.dispatchEvent(new Event('input')) }"
    )
    expect(desk.marks).to_have_count(1)
    desk.settle()
    export(desk, "SSML")
    expect(desk.status).to_have_text("The SSML is on the clipboard.")
    response = httpx.post(
        f"{server.url}/synthesize",
        content=desk.read_clipboard().encode(),
        headers={"Content-Type": "application/ssml+xml"},
        timeout=60,
        trust_env=False,
    )
    assert response.status_code == 200


def test_a_blocked_clipboard_falls_back_to_exec_command_and_its_failure_is_shown(
    open_page: OpenPage, server: Server
) -> None:
    desk = open_page(f"{server.url}/")
    desk.tags.first.wait_for()
    desk.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }")
    desk.page.evaluate(
        "() => { window.commands = []; document.execCommand = (name) => { commands.push(name); return false; }; }"
    )
    export(desk, "SSML")
    expect(desk.status).to_contain_text("does not let this page use the clipboard")
    assert desk.page.evaluate("commands") == ["copy"]
