"""Structure of the files and streams of the compressed formats."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from app.audio.compressed import MPEG_RATES, OPUS_RATES
from app.audio.encode import FORMATS, encode
from tests.decoding import encode_stream, make_tone

MPEG_4_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000)
"""Sample rates in hertz, in the order of their index in an ADTS header."""


@dataclass(frozen=True)
class Page:
    """A page of Ogg (RFC 3533)."""

    flags: int
    granule: int
    serial: int
    number: int
    body: bytes


def read_pages(data: bytes) -> list[Page]:
    pages = []
    while data:
        assert data[:5] == b"OggS\0"
        sizes = data[27 : 27 + data[26]]
        header, size = 27 + len(sizes), sum(sizes)
        granule, serial, number = (int.from_bytes(data[a:b], "little") for a, b in ((6, 14), (14, 18), (18, 22)))
        pages.append(Page(data[5], granule, serial, number, data[header : header + size]))
        data = data[header + size :]
    return pages


@pytest.mark.parametrize("rate", MPEG_RATES)
def test_an_mp3_stream_has_frames_of_one_size_and_no_frame_count(rate: int) -> None:
    data = encode_stream(make_tone(rate, 1), "mp3", rate)
    assert b"Xing" not in data and b"Info" not in data
    size = 64_000 // 8 * (1152 if rate >= 32_000 else 576) // rate
    while data:
        header, padding = data[:4], data[2] >> 1 & 1
        assert header[0] == 0xFF and header[1] & 0xE0 == 0xE0, "only frames, from the first byte on"
        assert header[3] & 0xC0 == 0xC0, "mono"
        data = data[size + padding :]


@pytest.mark.parametrize("rate", MPEG_RATES)
def test_an_mp3_file_begins_with_an_info_frame(rate: int) -> None:
    data = encode(make_tone(rate, 1), rate, "mp3")
    assert data[0] == 0xFF and b"Info" in data[:40]


@pytest.mark.parametrize("rate", MPEG_RATES)
def test_aac_consists_of_low_complexity_adts_frames(rate: int) -> None:
    data, frames = encode(make_tone(rate, 1), rate, "aac"), 0
    while data:
        bits = int.from_bytes(data[:7], "big")
        assert bits >> 44 == 0xFFF, "the syncword"
        assert (bits >> 38 & 3, bits >> 34 & 15, bits >> 30 & 7) == (1, MPEG_4_RATES.index(rate), 1)
        data, frames = data[bits >> 13 & 0x1FFF :], frames + 1
    assert abs(frames * 1024 - rate) <= 512


@pytest.mark.parametrize("rate", OPUS_RATES)
def test_opus_is_one_ogg_stream(rate: int) -> None:
    pages = read_pages(encode_stream(make_tone(rate, 2), "opus", rate, piece=rate // 3))
    assert [page.number for page in pages] == list(range(len(pages)))
    assert {page.serial for page in pages} == {0}
    assert [page.flags for page in pages] == [2, *[0] * (len(pages) - 2), 4], "one beginning, one end"
    assert pages[0].body[:10] == b"OpusHead\x01\x01" and pages[1].body[:8] == b"OpusTags"
    assert int.from_bytes(pages[0].body[12:16], "little") == rate
    skipped = int.from_bytes(pages[0].body[10:12], "little")
    assert pages[-1].granule == 2 * 48_000 + skipped


def test_opus_pages_are_short() -> None:
    granules = [page.granule for page in read_pages(encode(make_tone(24_000, 2), 24_000, "opus"))[2:]]
    assert max(following - granule for granule, following in pairwise([0, *granules])) <= 0.06 * 48_000


@pytest.mark.parametrize(("name", "seconds"), [("mp3", 0.1), ("opus", 0.14), ("aac", 0.14)])
def test_encoder_latency_is_low(name: str, seconds: float) -> None:
    encoder = FORMATS[name].stream(24_000)
    header = len(encoder.push(make_tone(24_000, 0.01)))
    assert len(encoder.push(make_tone(24_000, seconds))) > header


@pytest.mark.parametrize(("name", "rate"), [("mp3", 24_000), ("opus", 48_000), ("aac", 24_000)])
def test_the_bit_rate_suits_speech(name: str, rate: int) -> None:
    assert 48_000 <= 8 * len(encode(make_tone(rate, 4), rate, name)) / 4 <= 90_000
