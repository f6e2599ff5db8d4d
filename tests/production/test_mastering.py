"""Targets of loudness, the distance between emotions, and the check of ACX."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.audio.chapters import Tags, save_with_chapters
from app.audio.encode import FORMATS, encode
from app.audio.loudness import LevelMeter
from app.cli.book import Book, report_acx, split_book
from app.errors import InvalidRequest
from app.production.acx import check_acx
from app.production.mastering import TARGETS, make_mastering, parse_loudness
from app.production.narrate import Line
from app.production.store import Store
from app.types import Emotion, Samples, Source, Utterance

RATE = 24_000


def make_voice(seconds: float, level: float, seed: int) -> Samples:
    """Return noise with the rhythm of syllables."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    rhythm = np.abs(np.sin(np.arange(len(noise)) * 2 * np.pi * 2.5 / RATE))
    return (noise * rhythm * 10 ** (level / 20) / 0.7).astype(np.float32)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path)
    yield opened
    opened.close()


def make_lines(store: Store) -> list[Line]:
    """Return soft, middle and loud utterances."""
    lines = []
    for number in range(9):
        emotion = (Emotion.SADNESS, Emotion.NEUTRAL, Emotion.ANGER)[number % 3]
        store.add(str(number), make_voice(2, {"sadness": -34, "neutral": -28, "anger": -22}[emotion], number), ())
        utterance = Utterance("A.", None, "A.", "v", emotion, None, Source.PINNED, "", "c", "0" * 64, pause_after=0.5)
        lines.append(Line(utterance, str(number)))
    return lines


def test_a_file_of_a_chapter_ends_without_the_pause_before_the_next(store: Store) -> None:
    lines = make_lines(store)
    book = Book(Path("a.wav"), FORMATS["wav"], Tags(), None, None, 1.0, (), False, True, False, frozenset())
    parts = split_book(book, lines, [("One", 0), ("Two", 4), ("Three", 5)])
    assert [[line.utterance.pause_after for line in part.lines] for part in parts] == [
        [0.5, 0.5, 0.5, 0.0],
        [0.0],
        [0.5, 0.5, 0.5, 0.0],
    ]
    assert [line.key for part in parts for line in part.lines] == [line.key for line in lines]


def measure(pieces: Iterator[Samples]) -> LevelMeter:
    meter = LevelMeter(RATE)
    for piece in pieces:
        meter.push(piece)
    return meter


@pytest.mark.parametrize("name", ["audiobook", "podcast", "-23"])
def test_the_whole_has_the_loudness_of_the_target(store: Store, name: str) -> None:
    lines, target = make_lines(store), parse_loudness(name)
    mastering = make_mastering(lines, store, (RATE, RATE), target)
    meter = measure(mastering.render(lines, store))
    assert meter.loudness == pytest.approx(target.level, abs=0.15)
    assert meter.peak <= target.ceiling + 0.05


def compute_distance(store: Store, lines: list[Line], dynamics: float) -> float:
    """Return the decibels between anger and sadness."""
    mastering = make_mastering(lines, store, (RATE, RATE), None, dynamics)
    levels = [measure(mastering.render([replace(line)], store)).rms for line in lines]
    return float(np.mean(levels[2::3]) - np.mean(levels[::3]))


def test_the_distance_between_emotions_follows_the_dial(store: Store) -> None:
    lines = make_lines(store)
    usual = compute_distance(store, lines, 1.0)
    assert usual == pytest.approx(12, abs=0.5)
    for dynamics in (0.0, 0.5, 2.0):
        assert compute_distance(store, lines, dynamics) == pytest.approx(dynamics * usual, abs=0.3)


def test_a_target_changes_no_distance_between_soft_emotions(store: Store) -> None:
    lines = make_lines(store)
    mastering = make_mastering(lines, store, (RATE, RATE), TARGETS["audiobook"])
    bare = replace(mastering, target=replace(TARGETS["audiobook"], lead=0.0, tail=0.0))
    levels = [measure(bare.render([line], store)).rms for line in lines[:2]]
    assert levels[1] - levels[0] == pytest.approx(6, abs=0.2)


def test_a_wrong_loudness_is_refused() -> None:
    for text in ("loud", "-3", "nan", ""):
        with pytest.raises(InvalidRequest):
            parse_loudness(text)


def test_acx_names_every_rule_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(encode(make_voice(3, -30, 1), RATE, "mp3"))
    failed = {check.name for check in check_acx(path) if not check.passed}
    assert {"RMS level", "room tone before", "room tone after", "sample rate", "format"} <= failed
    assert not failed & {"channels", "length"}


def test_acx_measures_what_the_file_contains(tmp_path: Path) -> None:
    rate = 44_100
    speech = np.sin(np.arange(5 * rate) * 2 * np.pi * 300 / rate) * 10 ** (-17 / 20)
    sound = np.concatenate([np.zeros(round(0.8 * rate)), speech, np.zeros(2 * rate)]).astype(np.float32)
    path = tmp_path / "a.mp3"
    save_with_chapters(path, "mp3", rate, [sound], (), tuple, bit_rate=192_000)
    checks = {check.name: check for check in check_acx(path)}
    assert all(check.passed for check in checks.values()), checks
    bad, report = tmp_path / "bad.mp3", io.StringIO()
    bad.write_bytes(encode(make_voice(3, -30, 1), RATE, "mp3"))
    assert not report_acx([bad, path], report.write)
    assert [line for line in report.getvalue().split("\n") if line.startswith("ACX")] == [
        "ACX: bad.mp3 fails",
        "ACX: a.mp3 passes",
    ]
    assert float(checks["RMS level"].value.split()[0]) == pytest.approx(-17 - 3.01 - 1.93, abs=0.3)
