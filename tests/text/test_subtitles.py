"""Subtitles: what is said, without numbers, times and positions."""

from __future__ import annotations

import pytest

from app.types import InputFormat
from tests.text.formatted_reading import check_places, read, read_aloud, read_warnings

TIMES = "00:00:01,200 --> 00:00:03,850"
SUBRIP = f"1\n{TIMES}\nWhere is it?\n\n2\n{TIMES}\n<i>At the</i>\n\n3\n{TIMES}\nold mill.\n"
WEBVTT = (
    "WEBVTT - A film\n\nNOTE made by hand\n\nSTYLE\n::cue { color: red }\n\n"
    "intro\n00:01.000 --> 00:02.000 align:start\n<v Ann>Where <00:01.500>is it?</v>\n\n"
    "00:02.500 --> 00:04.000\n<c.loud>At the</c>\n\n00:04.000 --> 00:05.000\nold mill."
)


@pytest.mark.parametrize("text", [SUBRIP, SUBRIP.replace("\n", "\r\n")], ids=["LF", "CRLF"])
def test_numbers_and_times_of_cues_are_not_read(text: str) -> None:
    assert read_aloud(text) == "Where is it? / At the old mill."
    assert read_warnings(text) == ["dropped_times"]
    check_places(text, list(read(text).sentences))


def test_webvtt_is_read_without_header_comments_and_voice_tags() -> None:
    assert read_aloud(WEBVTT) == "Where is it? / At the old mill."
    check_places(WEBVTT, list(read(WEBVTT).sentences))


def test_each_speaker_of_a_cue_has_a_sentence() -> None:
    assert read_aloud(f"7\n{TIMES}\n- You lied.\n- I did not.\n") == "You lied. / I did not."


def test_a_number_that_is_said_is_read() -> None:
    text = f"1\n{TIMES}\nHow many?\n\n2\n{TIMES}\n12\n\n3\n{TIMES}\nOh.\n"
    assert read_aloud(text) == "How many? / twelve / Oh."


def test_what_is_said_is_read_if_the_blank_line_after_it_is_missing() -> None:
    assert read_aloud(f"1\n{TIMES}\nWe have four\n{TIMES}\napples.\n") == "We have four apples."
    assert read_aloud(f"1\n{TIMES}\n2\n{TIMES}\nApples.\n") == "Apples."


def test_comments_of_several_lines_between_cues_are_not_read() -> None:
    cue = "00:01.000 --> 00:02.000\nHello.\n\n"
    text = f"WEBVTT\n\n{cue}NOTE\nby hand\n in May\n\n{cue}STYLE\n::cue {{ color: red }}"
    assert read_aloud(text) == "Hello. // Hello."


@pytest.mark.parametrize("text", ["2\nFrom 10:00 --> 11:00 we wait.", "a --> b", "12:30\nLunch"])
def test_other_text_with_times_and_arrows_is_no_subtitle(text: str) -> None:
    assert "dropped_times" not in read_warnings(text)


def test_a_text_that_is_named_plain_is_read_as_it_stands() -> None:
    assert "one" in read_aloud(SUBRIP, InputFormat.TEXT)
