"""The page: complete, safe and self-contained."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import pytest
import soundfile

from app.evaluation.page import render_page
from app.evaluation.report import Report
from tests.evaluation.measurements import SAMPLES, make_measurement

HOSTILE = "</td><script src='//evil.example/x.js'></script> & \"$x^\" <b>"
VOID = {"meta", "img"}


class PageParser(HTMLParser):
    """A parser that records the tags of a page and fails if one is closed wrongly."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parse(content: str) -> PageParser:
    parser = PageParser()
    parser.feed(content)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def content() -> str:
    measurements = [
        make_measurement(),
        make_measurement("joy", errors=2, understood=HOSTILE),
        make_measurement(HOSTILE, HOSTILE),
    ]
    return render_page(Report(HOSTILE, measurements))


def test_the_page_parses_and_shows_every_recording(content: str) -> None:
    parser = parse(content)
    assert parser.seen.count("audio") == 3
    assert parser.seen.count("img") == 4
    assert parser.seen.count("h2") == 3


def test_the_page_loads_nothing_from_elsewhere(content: str) -> None:
    parser = parse(content)
    assert len(parser.sources) == 7 and all(source.startswith("data:") for source in parser.sources)
    assert {"script", "link", "iframe", "object"}.isdisjoint(parser.seen)
    assert not re.search(r"https?:|url\(|@import", content)


def test_hostile_text_is_shown_as_text(content: str) -> None:
    assert parse(content).text.count(HOSTILE) == 6  # title, heading, row, group, sentence, transcript
    assert "<script" not in content and "<b>" not in content


def test_a_wrong_transcript_is_shown() -> None:
    assert "understood:" not in parse(render_page(Report("wren", [make_measurement()]))).text
    assert (
        "understood: Yellow bear"
        in parse(render_page(Report("wren", [make_measurement(errors=2, understood="Yellow bear")]))).text
    )


def test_the_sound_and_the_pictures_are_embedded(content: str) -> None:
    files = re.findall(r'src="data:([a-z/]+);base64,([^"]+)"', content)
    sound = [base64.b64decode(data) for kind, data in files if kind == "audio/flac"]
    samples, rate = soundfile.read(io.BytesIO(sound[0]), dtype="float32")
    assert rate == 16000 and abs(samples - SAMPLES).max() < 1e-4
    pictures = [base64.b64decode(data) for kind, data in files if kind == "image/png"]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures) and len(pictures) == 4
