"""Make an audiobook of a long novel, interrupted and edited, and check all files with means of their own.

    python -m scripts.check_novel [--words 75000] [--folder FOLDER]

Prints each result with time and peak memory; fails at the end if one is wrong. What is in the folder is used again, so
the check itself may be interrupted. 75,000 words take an hour and a half on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

from app.types import Samples
from scripts.novel import write_novel

CHECKED_CUES = 20
MAX_MISALIGNMENT = 0.1
"""Seconds."""
MAX_MEMORY_MIB = 1536
EDITS: tuple[dict[str, Any], ...] = (
    {"text": "Nobody had expected that."},
    {"emotion": "fear", "degree": 1.37},
    {"speed": 0.8},
    {"volume": 0.6},
    {"seed": 12},
)
_ONSET_LEVEL = 10 ** (-55 / 20)
_FRAME_SECONDS = 0.005
_failures: list[str] = []


def check(passed: bool, what: str) -> None:
    """Print a result, and remember a failure."""
    sys.stdout.write(f"{'pass' if passed else 'FAIL'}  {what}\n")
    sys.stdout.flush()
    if not passed:
        _failures.append(what)


@dataclass(frozen=True)
class Cue:
    """Subtitle."""

    start: float
    end: float
    text: str


def run(
    *words: str | Path, output: Path | None = None, until: Callable[[], bool] | None = None, number: int = 0
) -> int:
    """Run a command, print time and memory, and return its exit code; send it a signal once `until` is true."""
    began = time.monotonic()
    command = [sys.executable, "-m", "app", *map(str, words)]
    with (output or Path(os.devnull)).open("w") as file:
        program = subprocess.Popen(command, stdout=file)
        while until is not None and program.poll() is None:
            if until():
                program.send_signal(number)
                until = None
            time.sleep(0.2)
        _, status, usage = os.wait4(program.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    spent = f"{time.monotonic() - began:.0f} s, processor {usage.ru_utime + usage.ru_stime:.0f} s"
    memory = usage.ru_maxrss // 1024
    check(memory < MAX_MEMORY_MIB, f"{' '.join(map(str, words[:2]))}: {spent}, {memory} MiB, exit code {code}")
    return code


def count_recordings(out: Path) -> int:
    """Return the number of recordings in the store of an output."""
    index = out.with_name(f"{out.name}.parts") / "index.jsonl"
    return index.read_bytes().count(b"\n") if index.exists() else 0


def speak_interrupted(book: Path, plan: Path, out: Path) -> None:
    """Speak a book that is interrupted at a fifth, killed at half, and then completed."""
    total = sum('"text"' in line for line in plan.open())
    words = ("say", book, "--plan", plan, "-o", out, "--loudness", "audiobook", "--subtitles", out.with_suffix(".srt"))
    for share, number in ((0.2, signal.SIGINT), (0.5, signal.SIGKILL)):
        if (before := count_recordings(out)) < share * total:

            def has_share(least: float = share * total) -> bool:
                return count_recordings(out) > least

            code = run(*words, until=has_share, number=number)
            expected = {signal.SIGINT: 130, signal.SIGKILL: -9}[number]
            after = count_recordings(out)
            check(code == expected, f"{number.name} at {after} of {total} utterances, {after - before} of them new")
    check(run(*words) == 0, f"{out.name} is complete")


def check_chapters(path: Path, titles: Sequence[str], cues: Sequence[Cue]) -> None:
    """Compare the chapters that libav reads with the contents of the novel and with the subtitles."""
    with av.open(path) as file:
        found = [(one["metadata"]["title"], float(one["start"] * (one["time_base"] or 0))) for one in file.chapters()]
        cover = any(packet.size for packet in file.demux(video=0))
    check([title for title, _ in found] == list(titles), f"{len(found)} chapters with their titles, cover {cover}")
    starts = np.array([cue.start for cue in cues])
    distances = [float(np.abs(starts - start).min()) for _, start in found[1:]]  # the first begins before the speech
    check(max(distances, default=0.0) < 0.002, f"chapters begin with a sentence, within {max(distances):.4f} s")


def read_cues(path: Path) -> list[Cue]:
    """Read a SubRip file."""
    cues = []
    for block in path.read_text().strip().split("\n\n"):
        _, times, *lines = block.split("\n")
        start, end = (sum(float(one) * 60**n for n, one in enumerate(reversed(re.split(":", text.replace(",", ".")))))
                      for text in times.split(" --> "))  # fmt: skip
        cues.append(Cue(start, end, " ".join(lines)))
    return cues


def cut(path: Path, spans: Sequence[tuple[float, float]]) -> tuple[list[Samples], int, float]:
    """Decode a file of one channel piece by piece; return the samples of some spans (seconds), the rate and the end."""
    place, found = 0, [list[Samples]() for _ in spans]
    with av.open(path) as file:
        rate = file.streams.audio[0].rate or 1
        edges = [(round(start * rate), round(end * rate)) for start, end in spans]
        for frame in file.decode(audio=0):
            for (start, end), pieces in zip(edges, found, strict=True):
                if start < place + frame.samples and place < end:
                    pieces.append(frame.to_ndarray()[0][max(0, start - place) : end - place])
            place += frame.samples
    return [np.concatenate(pieces) for pieces in found], rate, place / rate


def measure_onset(samples: Samples, rate: int) -> float:
    """Return the seconds before the first sound."""
    size = round(_FRAME_SECONDS * rate)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    loud = np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) > _ONSET_LEVEL)
    return loud[0] * size / rate if len(loud) else float("inf")


def check_subtitles(path: Path, cues: Sequence[Cue]) -> None:
    """Compare random cues with the sound, which is searched from the middle of the silence before them."""
    places = random.Random(7).sample(range(1, len(cues)), min(CHECKED_CUES, len(cues) - 1))
    starts = [max(cues[place].start - 0.4, (cues[place].start + cues[place - 1].end) / 2) for place in places]
    pieces, rate, seconds = cut(path, [(start, cues[place].end) for start, place in zip(starts, places, strict=True)])
    onsets = [start + measure_onset(piece, rate) for start, piece in zip(starts, pieces, strict=True)]
    worst = max(abs(onset - cues[place].start) for onset, place in zip(onsets, places, strict=True))
    what = f"{len(cues)} cues in {seconds / 3600:.2f} h; {len(places)} of them begin within {worst:.3f} s"
    check(worst < MAX_MISALIGNMENT, what)
    check(0 <= seconds - cues[-1].end < 3, f"the last cue ends {seconds - cues[-1].end:.2f} s before the end")


def check_loudness(path: Path) -> None:
    """Measure loudness and true peak with libav's own filter."""
    with av.open(path) as file:
        graph = av.filter.Graph()
        source = graph.add_abuffer(template=file.streams.audio[0])
        meter, sink = graph.add("ebur128", "peak=true:metadata=1"), graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        found: dict[str, str] = {}
        for frame in file.decode(audio=0):
            source.push(frame)
            found = _pull(sink) or found
    loudness = float(found["lavfi.r128.I"])
    peak = 20 * np.log10(float(found["lavfi.r128.true_peaks_ch0"]))
    check(abs(loudness + 19) < 0.3 and peak < -1, f"libav's meter: {loudness:.2f} LUFS, true peak {peak:.2f} dB")


def _pull(sink: Any) -> dict[str, str]:
    """Return the metadata of the last frame that is ready."""
    found: dict[str, str] = {}
    while True:
        try:
            found = dict(sink.pull().metadata)
        except (av.BlockingIOError, av.EOFError):
            return found


def check_acx(book: Path, plan: Path, spoken: Path) -> None:
    """Make the files for ACX of the same recordings, and measure them with libsndfile and NumPy."""
    out = spoken.with_suffix(".mp3")
    copy_recordings(spoken, out)
    report, count = out.with_suffix(".report"), count_recordings(out)
    code = run(*("say", book, "--plan", plan, "-o", out, "--loudness", "acx", "--chapter-files"), output=report)
    lines = [line for line in report.read_text().splitlines() if line.startswith("ACX:")]
    check(code == 0 and count_recordings(out) == count, f"ACX: {sum('passes' in one for one in lines)} of {len(lines)}")
    wrong, levels = [], []
    for path in sorted(out.with_suffix("").glob("*.mp3")):
        samples, rate = soundfile.read(path)
        frames = samples[: len(samples) // 4410 * 4410].reshape(-1, 4410)
        hops = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
        rms, peak = 10 * np.log10(np.mean(samples**2)), 20 * np.log10(np.abs(samples).max())
        loud = np.flatnonzero(hops > -60)
        head, tail = loud[0] / 10, (len(hops) - 1 - loud[-1]) / 10
        floor = max(hops[: loud[0]].max(), hops[loud[-1] + 2 :].max())
        levels.append((rms, peak, floor))
        if not (-23 <= rms <= -18 and peak <= -3 and floor <= -60 and 0.5 <= head <= 1 and 1 <= tail <= 5):
            wrong.append(f"{path.name} {rms:.1f} {peak:.1f} {floor:.1f} {head} {tail}")
        if rate != 44_100 or samples.ndim != 1:
            wrong.append(f"{path.name} {rate} {samples.shape}")
    low, high = np.min(levels, axis=0), np.max(levels, axis=0)
    shown = ", ".join(
        f"{name} {a:.1f} to {b:.1f} dB" for name, a, b in zip(("RMS", "peak", "floor"), low, high, strict=True)
    )
    check(not wrong, f"libsndfile and NumPy: {len(levels)} files, {shown}{'; '.join(['', *wrong])}")


def copy_recordings(source: Path, target: Path) -> None:
    """Let another output begin with the recordings of one."""
    shutil.copytree(
        source.with_name(f"{source.name}.parts"), target.with_name(f"{target.name}.parts"), dirs_exist_ok=True
    )


def check_edits(plan: Path, spoken: Path) -> None:
    """Edit five utterances, and compare the samples of every utterance with those before."""
    out, edited = spoken.with_suffix(".flac"), plan.with_name("edited.jsonl")
    copy_recordings(spoken, out)
    rows = [json.loads(line) for line in plan.open()]
    utterances = [row for row in rows if "text" in row]
    speakable = [number for number, one in enumerate(utterances) if one["spoken"] and len(one["text"]) > 20]
    chosen = speakable[:: max(1, len(speakable) // len(EDITS))][: len(EDITS)]
    before = list(speak_exactly(plan, out))
    count = count_recordings(out)
    for number, edit in zip(chosen, EDITS, strict=True):
        utterances[number].update(edit)
    edited.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    after = list(speak_exactly(edited, out))
    changed = [number for number, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    spoken_again = count_recordings(out) - count
    check(changed == chosen, f"edits of {chosen} change {changed} of {len(after)}, and speak {spoken_again} utterances")


def speak_exactly(plan: Path, out: Path) -> Iterator[int]:
    """Speak a plan without loss, and yield a hash of the samples of each utterance."""
    listed = out.with_suffix(".json")
    check(run("say", "--plan", plan, "-o", out, "--json", output=listed) == 0, f"{plan.name} is spoken")
    with soundfile.SoundFile(out) as file:
        for one in json.loads(listed.read_text())["utterances"]:
            file.seek(round(one["start"] * file.samplerate))
            count = round(one["end"] * file.samplerate) - round(one["start"] * file.samplerate)
            yield hash(file.read(count, "int16").tobytes())


def main() -> None:
    """Run all checks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=75_000)
    parser.add_argument("--folder", type=Path, default=Path("novel"))
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # commands in the background of a shell ignore it
    folder: Path = options.folder
    folder.mkdir(exist_ok=True)
    book, plan, out, whole = (folder / name for name in ("book.epub", "plan.jsonl", "book.m4b", "whole.m4b"))
    titles = write_novel(book, options.words)
    if not plan.exists():
        check(run("analyze", book, "--json-lines", output=plan) == 0, f"the plan has {plan.stat().st_size} bytes")
    if not out.exists():
        speak_interrupted(book, plan, out)
    cues = read_cues(out.with_suffix(".srt"))
    check_chapters(out, titles, cues)
    check_subtitles(out, cues)
    check_loudness(out)
    check_acx(book, plan, out)
    check_edits(plan, out)
    check(run("say", book, "--plan", plan, "-o", whole, "--loudness", "audiobook") == 0, "without an interruption")
    check(out.read_bytes() == whole.read_bytes(), "the interrupted book has the same bytes")
    sys.exit(1 if _failures else 0)


if __name__ == "__main__":
    main()
