"""`intone say` with a novel: M4B, subtitles, ACX, chapter files, edited plans, retakes, and going on."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile

from app.__main__ import main
from app.packages import version
from tests.documents.novel import AUTHOR, PARTS, TITLE, make_png, write_novel
from tests.forking import start_program
from tests.serving import LOADED, wait_until
from tests.tiny_voice import write_tiny_voice

TITLES = [TITLE, *(part.title for part in PARTS)]


@pytest.fixture
def novel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A novel as an EPUB; the default voice is a tiny one."""
    write_tiny_voice(tmp_path / "tiny")
    monkeypatch.setenv("INTONE_VOICES", str(tmp_path / "tiny"))
    monkeypatch.setenv("INTONE_DEFAULT_VOICE", "tiny")
    monkeypatch.setenv("INTONE_BACKEND", "torch")
    return write_novel(tmp_path / "novel.epub", parts=PARTS[:2])


def say(*words: str | Path) -> int:
    pinned = () if "--plan" in words else ("--emotion", "neutral")
    return main(["say", *map(str, words), *pinned])


def read_json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(capsys.readouterr().out)
    return plan


def read_index(out: Path) -> list[str]:
    return (out.with_name(f"{out.name}.parts") / "index.jsonl").read_text().splitlines()


def test_an_m4b_has_chapters_tags_and_the_cover(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = novel.with_suffix(".m4b")
    assert say(novel, "-o", out, "--json", "--bitrate", "96", "--sample-rate", "44100") == 0
    plan = read_json(capsys)
    starts = {one["text"]: one["start"] for one in plan["utterances"]}
    with av.open(out) as file:
        found = [(one["metadata"]["title"], float(one["start"] * one["time_base"])) for one in file.chapters()]
        assert (file.metadata["title"], file.metadata["artist"]) == (TITLE, AUTHOR)
        assert file.metadata["comment"] == f"Synthetic speech by Intone {version()}, voice tiny."
        assert file.metadata["major_brand"] == "M4B "
        assert file.streams.audio[0].rate == 44100
        (cover,) = [bytes(packet) for packet in file.demux(video=0) if packet.size]
    assert cover == make_png()
    assert [title for title, _ in found] == TITLES[:3]
    assert [start for _, start in found] == pytest.approx([0.0, starts["Chapter 1."], starts["Chapter 2."]], abs=0.001)
    assert {"footnotes_left_out", "page_marks_left_out"} <= {one["code"] for one in plan["warnings"]}
    assert not out.with_name("novel.m4b.parts").exists()


@pytest.mark.parametrize("ending", ["flac", "opus", "mp3", "m4b"])
def test_tags_of_flags_replace_those_of_the_document(novel: Path, ending: str) -> None:
    cover = novel.with_name("cover.png")
    cover.write_bytes(make_png(32))
    out = novel.with_suffix(f".{ending}")
    assert say(novel, "-o", out, "--title", "Dark", "--author", "B. C.", "--cover", cover) == 0
    with av.open(out) as file:
        metadata = file.metadata | file.streams.audio[0].metadata
        assert (metadata["title"], metadata["artist"]) == ("Dark", "B. C.")
        assert file.streams.video[0].width == 32
        assert len(file.chapters()) == 3


def test_subtitles_are_aligned_with_the_sound(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, srt, vtt = (novel.with_suffix(ending) for ending in (".wav", ".srt", ".vtt"))
    assert say(novel, "-o", out, "--subtitles", srt, "--subtitles", vtt, "--json") == 0
    utterances = [one for one in read_json(capsys)["utterances"] if one["text"]]
    samples, rate = soundfile.read(out)
    loud = np.flatnonzero(np.abs(samples) > 1e-4)
    blocks = srt.read_text().strip().split("\n\n")
    assert len(blocks) == len(utterances)
    for number, (block, one) in enumerate(zip(blocks, utterances, strict=True), 1):
        head, times, text = block.split("\n")
        start, end = map(parse_time, times.split(" --> "))
        assert (int(head), text) == (number, " ".join(one["text"].split()))
        inside = loud[(loud >= (start - 0.1) * rate) & (loud <= (end + 0.1) * rate)]
        assert abs(inside[0] / rate - start) < 0.1 and abs(inside[-1] / rate - end) < 0.1
    cues = vtt.read_text()
    assert cues.startswith(f"WEBVTT\n\nNOTE Synthetic speech by Intone {version()}")
    assert "<c.neutral>He rowed.</c>" in cues


def test_subtitles_by_word_cover_every_word(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    srt = novel.with_suffix(".srt")
    assert say(novel, "-o", novel.with_suffix(".wav"), "--subtitles", srt, "--subtitles-by", "word", "--json") == 0
    words = [word["text"] for one in read_json(capsys)["utterances"] for word in one["words"]]
    assert [block.split("\n")[2] for block in srt.read_text().strip().split("\n\n")] == words


def parse_time(text: str) -> float:
    hours, minutes, seconds = text.replace(",", ".").split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def test_acx_passes_and_is_reported(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = novel.with_suffix(".mp3")
    assert say(novel, "-o", out, "--loudness", "acx") == 0
    report = capsys.readouterr().out
    assert "ACX: novel.mp3 passes" in report and "FAIL" not in report
    with av.open(out) as file:
        stream = file.streams.audio[0]
        assert (stream.rate, stream.channels, stream.bit_rate) == (44_100, 1, 192_000)
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(stream)])
    rms = 10 * np.log10(np.mean(samples**2))
    assert -23 <= rms <= -18 and np.abs(samples).max() <= 10 ** (-3 / 20)


def test_chapters_are_files_of_their_own(novel: Path) -> None:
    out, vtt = novel.with_suffix(".mp3"), novel.with_suffix(".vtt")
    assert say(novel, "-o", out, "--chapter-files", "--subtitles", vtt, "--loudness", "audiobook") == 0
    names = ["1 The Keeper of Harrow Light", "2 Chapter 1. The Letter", "3 Chapter 2. The Crossing"]
    folder = novel.with_suffix("")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{name}{ending}" for name in names for ending in (".mp3", ".vtt")
    )
    with av.open(folder / f"{names[1]}.mp3") as file:
        assert (file.metadata["title"], file.metadata["album"]) == ("Chapter 1. The Letter", TITLE)
        assert file.metadata["track"] == "2/3"
    assert not out.exists() and not vtt.exists()


def test_each_file_of_a_chapter_satisfies_acx(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = novel.with_suffix(".mp3")
    assert say(novel, "-o", out, "--chapter-files", "--loudness", "acx") == 0
    report = capsys.readouterr().out
    assert report.count("passes") == 3 and "FAIL" not in report


def test_recordings_serve_files_of_any_rate_and_loudness(novel: Path) -> None:
    out = novel.with_suffix(".mp3")
    assert say(novel, "-o", out, "--keep") == 0
    spoken = read_index(out)
    for flags in (("--sample-rate", "44100"), ("--loudness", "acx"), ("--sample-rate", "16000", "--bitrate", "48")):
        assert say(novel, "-o", out, "--keep", *flags) == 0
        assert read_index(out) == spoken
    with av.open(out) as file:
        assert file.streams.audio[0].rate == 16_000


def test_an_interrupted_book_goes_on_to_equal_bytes(
    novel: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write_novel(novel, repetitions=4)
    out, whole = tmp_path / "book.flac", tmp_path / "whole.flac"
    words = ("say", str(novel), "-o", str(out), "--emotion", "neutral", "--keep")
    streams = [tmp_path_factory.mktemp("streams") / name for name in ("output", "errors")]
    program = start_program("app", words, os.environ, (os.devnull, *streams))
    index = out.with_name("book.flac.parts") / "index.jsonl"
    wait_until(lambda: (index.exists() and index.read_bytes().count(b"\n") > 5) or program.poll() is not None, 60)
    program.send_signal(signal.SIGKILL)
    program.wait(60 * LOADED)
    assert not out.exists()
    with index.open("ab") as file:
        file.write(b'["half a li')
    before = read_index(out)[:-1]
    assert say(novel, "-o", out, "--keep") == 0
    assert read_index(out)[: len(before)] == before
    assert say(novel, "-o", whole, "--keep") == 0
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(line[:40] for line in read_index(out)) == sorted(line[:40] for line in read_index(whole))


def test_an_edited_plan_speaks_only_what_changed(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, plan_path = novel.with_suffix(".flac"), novel.with_suffix(".jsonl")
    assert main(["analyze", str(novel), "--json-lines", "--emotion", "neutral"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["chapter"] for row in rows if "chapter" in row] == TITLES[:3]
    assert (rows[0]["title"], rows[0]["author"], rows[-1]["warnings"][0]["code"]) == (
        TITLE,
        AUTHOR,
        "footnotes_left_out",
    )
    plan_path.write_text("\n".join(map(json.dumps, rows)))
    assert say("--plan", plan_path, "-o", out, "--json") == 0
    first, first_samples = read_json(capsys)["utterances"], soundfile.read(out)[0]
    spoken = read_index(out)
    utterances = [row for row in rows if "text" in row]
    utterances[2]["text"] = "Chapter Ten."
    utterances[5]["volume"] = 0.7
    utterances[9]["volume"] = 0.5
    utterances[11]["pause_after"] = 2.0
    utterances[13]["text"] = "All winter."
    plan_path.write_text("\n".join(map(json.dumps, rows)))
    assert say("--plan", plan_path, "-o", out, "--json") == 0
    second, second_samples = read_json(capsys)["utterances"], soundfile.read(out)[0]
    assert read_index(out)[: len(spoken)] == spoken
    assert len(read_index(out)) == len(spoken) + 4
    rate = soundfile.info(out).samplerate
    changed = [
        number
        for number, (one, other) in enumerate(zip(first, second, strict=True))
        if not np.array_equal(cut(first_samples, one, rate), cut(second_samples, other, rate))
    ]
    assert changed == [2, 5, 9, 13]
    with av.open(out) as file:
        assert file.metadata["title"] == TITLE and len(file.chapters()) == 3


def cut(samples: np.ndarray, utterance: dict[str, Any], rate: int) -> np.ndarray:
    return samples[round(utterance["start"] * rate) : round(utterance["end"] * rate)]


def test_a_retake_changes_one_sentence_and_lasts(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, config = novel.with_suffix(".wav"), novel.with_name("tiny") / "acoustic" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"inference_noise_scale": 0.7}))
    takes = []
    for flags in (("--keep",), ("--retake", "5"), ("--retake", "7"), ("--retake", "5")):
        assert say(novel, "-o", out, "--json", *flags) == 0
        samples, rate = soundfile.read(out)
        takes.append([cut(samples, one, rate) for one in read_json(capsys)["utterances"]])

    def find_changes(before: list[np.ndarray], after: list[np.ndarray]) -> list[int]:
        pairs = enumerate(zip(before, after, strict=True), 1)
        return [number for number, (one, other) in pairs if not np.array_equal(one, other)]

    assert find_changes(takes[0], takes[1]) == [5]
    assert find_changes(takes[1], takes[2]) == [7]
    assert find_changes(takes[2], takes[3]) == [5]
    assert find_changes(takes[0], takes[3]) == [5, 7]


def test_pauses_of_an_audiobook_surround_headings(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def analyze(*flags: str) -> dict[str, float]:
        assert main(["analyze", str(novel), "--json", "--emotion", "neutral", *flags]) == 0
        return {one["text"]: one["pause_after"] for one in read_json(capsys)["utterances"]}

    book, assistant, own = analyze(), analyze("--pauses", "assistant"), analyze("--pauses", "audiobook,chapter=4")
    assert (book["Chapter 1."], book["The Letter"], book["by Ada Quill"]) == (1.0, 1.5, 2.5)
    assert book["His hands shook on the oars."] == 1.2 and book["“I heard it breathing.”"] == 0.55
    assert assistant["The Letter"] == 0.75 and own["by Ada Quill"] == 4.0
    assert main(["analyze", str(novel), "--pauses", "slow"]) == 2


def test_lines_of_a_game_become_files_in_an_archive(novel: Path, tmp_path: Path) -> None:
    table, out = tmp_path / "lines.csv", tmp_path / "voices.zip"
    rows = [
        f'line_{number:03},{("Mira", "Guard")[number % 2]},neutral,"Who goes there, {number}?"' for number in range(200)
    ]
    table.write_text("\n".join(["id,character,emotion,line", *rows]))
    words = ("say", str(table), "-o", str(out), "--format", "opus", "--loudness", "-18", "--keep")
    assert main(list(words)) == 0
    first = out.read_bytes()
    with zipfile.ZipFile(out) as archive:
        listed = json.loads(archive.read("lines.json"))
        assert len(archive.namelist()) == 201
        assert [row["id"] for row in listed["lines"]] == [f"line_{number:03}" for number in range(200)]
        for row in listed["lines"][::50]:
            with av.open(io.BytesIO(archive.read(row["file"]))) as file:
                seconds = sum(frame.samples for frame in file.decode(audio=0)) / 48_000
            assert seconds == pytest.approx(row["seconds"], abs=0.02)
            assert row["words"] and row["emotion"] == ["neutral"]
    assert listed["comment"].startswith("Synthetic speech by Intone")
    spoken = len(read_index(out))
    assert main(list(words)) == 0
    assert out.read_bytes() == first and len(read_index(out)) == spoken
    shutil.rmtree(out.with_name("voices.zip.parts"))
    table.write_text("id,character,emotion,line\na,Mira,sleepiness,Hello.")
    assert main(["say", str(table), "-o", str(tmp_path / "folder")]) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--loudness", "acx", "-o", "{}.flac"), "ACX takes MP3"),
        (("--loudness", "loud", "-o", "{}.flac"), "no loudness"),
        (("--bitrate", "96", "-o", "{}.flac"), "no bit rate"),
        (("--sample-rate", "44100", "-o", "{}.opus"), "no sample rate"),
        (("--subtitles", "{}.srt"), "needs a file"),
        (("--plan", "{}.epub", "-o", "{}.flac"), "not"),
        (("--cover", "{}.epub", "-o", "{}.flac"), "neither JPEG nor PNG"),
        (("--retake", "999", "-o", "{}.flac"), "utterances"),
        (("--dynamics", "0"), "--dynamics needs a file"),
        (("--title", "A"), "--title needs a file"),
        (("--subtitles-by", "word"), "--subtitles-by needs a file"),
        (("--subtitles-by", "word", "-o", "{}.flac"), "--subtitles-by has no effect without subtitles"),
    ],
)
def test_wrong_flags_are_usage_errors(
    novel: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert say(novel, *(word.format(novel.with_suffix("")) for word in words)) == 2
    assert message in capsys.readouterr().err
    assert not novel.with_name("novel.flac.parts").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--speed", "1.2"), "--speed has no effect on a plan"),
        (("--emotion", "joy"), "--emotion has no effect on a plan"),
        (("--pauses", "assistant"), "--pauses has no effect on a plan"),
        (("--retake", "2"), "the text has 1 utterances"),
    ],
)
def test_flags_without_effect_on_a_plan_are_refused(
    novel: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    plan, out = novel.with_suffix(".json"), novel.with_suffix(".flac")
    plan.write_text('{"utterances": [{"text": "Hello.", "voice": "tiny", "emotion": "neutral"}]}')
    assert say("--plan", plan, "-o", out, *words) == 2
    assert message in capsys.readouterr().err
    assert not out.with_name(f"{out.name}.parts").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "{}/file", "--format", "wav"), "is a file, not a folder"),
        (("-o", "{}/none/lines"), "There is no folder"),
        (("-o", "{}/lines", "--title", "A"), "--title has no effect"),
        (("-o", "{}/lines", "--json"), "--json has no effect"),
        (("-o", "{}/lines", "--loudness", "acx"), "for books"),
        (("-o", "{}/lines", "--format", "opus", "--sample-rate", "44100"), "no sample rate"),
        (("-o", "-", "--title", "A"), "--title needs a file"),
    ],
)
def test_lines_of_a_game_are_refused_before_anything_is_loaded(
    novel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    table = tmp_path / "lines.csv"
    table.write_text("id,character,emotion,line\na,Mira,joy,Hello.")
    (tmp_path / "file").write_text("mine")
    assert main(["say", str(table), *(word.format(tmp_path) for word in words)]) == 2
    assert message in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine" and not (tmp_path / "lines").exists()


@pytest.mark.parametrize("rate", ["1", "7999", "96001", "x"])
def test_a_sample_rate_is_bounded(novel: Path, capsys: pytest.CaptureFixture[str], rate: str) -> None:
    with pytest.raises(SystemExit):
        say(novel, "-o", novel.with_suffix(".wav"), "--sample-rate", rate)
    assert "--sample-rate" in capsys.readouterr().err


def test_a_document_that_cannot_be_read_is_a_usage_error(novel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    novel.write_bytes(b"\x7fELF" + bytes(100))
    assert say(novel, "-o", novel.with_suffix(".m4b")) == 2
    assert "program" in capsys.readouterr().err
