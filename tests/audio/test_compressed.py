"""How the files and streams of the compressed formats are built."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from app.audio.compressed import MPEG_RATES, OPUS_RATES
from app.audio.encode import FORMATS, encode
from tests.decoding import streamed, tone

MPEG_4_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000)
"""Hertz, as an ADTS head counts them."""


@dataclass(frozen=True)
class Page:
    """A page of Ogg (RFC 3533)."""

    flags: int
    granule: int
    serial: int
    number: int
    body: bytes


def pages(data: bytes) -> list[Page]:
    found = []
    while data:
        assert data[:5] == b"OggS\0"
        sizes = data[27 : 27 + data[26]]
        head, size = 27 + len(sizes), sum(sizes)
        granule, serial, number = (int.from_bytes(data[a:b], "little") for a, b in ((6, 14), (14, 18), (18, 22)))
        found.append(Page(data[5], granule, serial, number, data[head : head + size]))
        data = data[head + size :]
    return found


@pytest.mark.parametrize("rate", MPEG_RATES)
def test_a_stream_of_mp3_is_frames_of_one_size_and_tells_no_number_of_them(rate: int) -> None:
    data = streamed(tone(rate, 1), "mp3", rate)
    assert b"Xing" not in data and b"Info" not in data
    size = 64_000 // 8 * (1152 if rate >= 32_000 else 576) // rate
    while data:
        head, padding = data[:4], data[2] >> 1 & 1
        assert head[0] == 0xFF and head[1] & 0xE0 == 0xE0, "nothing but frames, from the first byte on"
        assert head[3] & 0xC0 == 0xC0, "mono"
        data = data[size + padding :]


@pytest.mark.parametrize("rate", MPEG_RATES)
def test_a_whole_mp3_tells_its_length_first(rate: int) -> None:
    data = encode(tone(rate, 1), rate, "mp3")
    assert data[0] == 0xFF and b"Info" in data[:40]


@pytest.mark.parametrize("rate", MPEG_RATES)
def test_aac_is_adts_frames_of_low_complexity_and_nothing_else(rate: int) -> None:
    data, frames = encode(tone(rate, 1), rate, "aac"), 0
    while data:
        bits = int.from_bytes(data[:7], "big")
        assert bits >> 44 == 0xFFF, "the mark"
        assert (bits >> 38 & 3, bits >> 34 & 15, bits >> 30 & 7) == (1, MPEG_4_RATES.index(rate), 1)
        data, frames = data[bits >> 13 & 0x1FFF :], frames + 1
    assert abs(frames * 1024 - rate) <= 512


@pytest.mark.parametrize("rate", OPUS_RATES)
def test_opus_is_one_ogg_stream(rate: int) -> None:
    found = pages(streamed(tone(rate, 2), "opus", rate, piece=rate // 3))
    assert [page.number for page in found] == list(range(len(found)))
    assert {page.serial for page in found} == {0}
    assert [page.flags for page in found] == [2, *[0] * (len(found) - 2), 4], "one beginning, one end"
    assert found[0].body[:10] == b"OpusHead\x01\x01" and found[1].body[:8] == b"OpusTags"
    assert int.from_bytes(found[0].body[12:16], "little") == rate
    skipped = int.from_bytes(found[0].body[10:12], "little")
    assert found[-1].granule == 2 * 48_000 + skipped


def test_pages_of_opus_are_short() -> None:
    granules = [page.granule for page in pages(encode(tone(24_000, 2), 24_000, "opus"))[2:]]
    assert max(after - before for before, after in pairwise([0, *granules])) <= 0.06 * 48_000


@pytest.mark.parametrize(("name", "seconds"), [("mp3", 0.1), ("opus", 0.14), ("aac", 0.14)])
def test_sound_leaves_soon_after_it_came(name: str, seconds: float) -> None:
    encoder = FORMATS[name].stream(24_000)
    head = len(encoder.push(tone(24_000, 0.01)))
    assert len(encoder.push(tone(24_000, seconds))) > head


@pytest.mark.parametrize(("name", "rate"), [("mp3", 24_000), ("opus", 48_000), ("aac", 24_000)])
def test_the_bit_rate_is_that_of_good_speech(name: str, rate: int) -> None:
    assert 48_000 <= 8 * len(encode(tone(rate, 4), rate, name)) / 4 <= 90_000
