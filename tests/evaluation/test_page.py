"""The page: whole, safe, and in need of nothing else."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import pytest
import soundfile

from app.evaluation.page import render_page
from app.evaluation.report import Report
from tests.evaluation.hearing import SAMPLES, heard

HOSTILE = "</td><script src='//evil.example/x.js'></script> & \"$x^\" <b>"
VOID = {"meta", "img"}


class Reader(HTMLParser):
    """Follows the tags of a page and refuses one that is closed wrongly."""

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


def read(content: str) -> Reader:
    reader = Reader()
    reader.feed(content)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def content() -> str:
    sentences = [heard(), heard("joy", errors=2, understood=HOSTILE), heard(HOSTILE, HOSTILE)]
    return render_page(Report(HOSTILE, sentences))


def test_the_page_parses_and_shows_every_recording(content: str) -> None:
    reader = read(content)
    assert reader.seen.count("audio") == 3
    assert reader.seen.count("img") == 4
    assert reader.seen.count("h2") == 3


def test_nothing_on_the_page_comes_from_elsewhere(content: str) -> None:
    reader = read(content)
    assert len(reader.sources) == 7 and all(source.startswith("data:") for source in reader.sources)
    assert {"script", "link", "iframe", "object"}.isdisjoint(reader.seen)
    assert not re.search(r"https?:|url\(|@import", content)


def test_hostile_text_is_shown_as_text(content: str) -> None:
    assert read(content).text.count(HOSTILE) == 6  # title, heading, row, group, sentence, what was understood
    assert "<script" not in content and "<b>" not in content


def test_what_was_understood_is_shown_where_it_is_wrong() -> None:
    assert "understood:" not in read(render_page(Report("wren", [heard()]))).text
    assert (
        "understood: Yellow bear" in read(render_page(Report("wren", [heard(errors=2, understood="Yellow bear")]))).text
    )


def test_the_sound_and_the_pictures_are_inside(content: str) -> None:
    files = re.findall(r'src="data:([a-z/]+);base64,([^"]+)"', content)
    sound = [base64.b64decode(data) for kind, data in files if kind == "audio/flac"]
    samples, rate = soundfile.read(io.BytesIO(sound[0]), dtype="float32")
    assert rate == 16000 and abs(samples - SAMPLES).max() < 1e-4
    pictures = [base64.b64decode(data) for kind, data in files if kind == "image/png"]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures) and len(pictures) == 4
