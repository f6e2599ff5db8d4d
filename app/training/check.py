"""Check a folder of recordings: the report of `intone train --check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soundfile
from rich.table import Table

from app.errors import SetupError
from app.synthesis.tokenizer import Tokenizer, Tokens
from app.training.dataset import Dataset, DatasetProblem, DatasetRecording, Fault

MAX_BAD_FRACTION = 0.1
"""Fraction of bad clips above which the folder itself is presumably wrong."""
MAX_SECONDS, MIN_SECONDS = 15.0, 0.4
"""Seconds; the memory of a batch depends on its longest recording."""
MIN_SAMPLE_RATE = 16_000
"""Hz; below it the upper mel bands are empty."""
MAX_CHARACTERS_PER_SECOND, MIN_CHARACTERS_PER_SECOND = 30.0, 2.0
"""Characters per second; outside this range the text does not match the recording."""
FULL_SCALE, MAX_CLIPPED_FRACTION = 0.999, 1e-3
SILENT_PEAK = 0.01
MAX_DROPPED_FRACTION = 0.1
"""Maximum fraction of a clip's symbols outside the alphabet."""
MAX_DURATION_ERROR = 0.1
"""Maximum difference in seconds between the sum of the durations and the recording's length."""
MAX_EXAMPLES = 3
"""Maximum number of names listed for each fault."""


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """The good clips, and the problems of the others."""

    good: tuple[DatasetRecording, ...]
    problems: tuple[DatasetProblem, ...]
    seconds: float
    """Total length of the good clips."""
    rates: Counter[int]
    """Number of clips of each sample rate in hertz."""
    unknown: Counter[str]
    """Number of clips with each character outside the alphabet; such characters are left out."""

    @property
    def total(self) -> int:
        """Number of clips, good and bad."""
        return len(self.good) + len(self.problems)

    @property
    def poor(self) -> bool:
        """Whether too many clips are bad to train on the folder."""
        return not self.good or len(self.problems) > MAX_BAD_FRACTION * self.total

    def refuse_poor(self) -> None:
        """Raise `SetupError` for a poor folder, before hours of training are spent on it."""
        if self.poor:
            counts = Counter(problem.fault for problem in self.problems)
            most = ", ".join(f"{fault.value}: {count}" for fault, count in counts.most_common(4))
            raise SetupError(
                f"{len(self.problems)} of {self.total} clips cannot be used ({most or 'the folder is empty'}).",
                hint="Run `intone train --check` on the folder, and mend or leave out what it names.",
            )


def examine(dataset: Dataset, tokenizer: Tokenizer) -> DatasetReport:
    """Read every recording completely and report all problems."""
    good, problems, rates, unknown = [], list(dataset.problems), Counter[int](), Counter[str]()
    total = 0.0
    for recording in dataset.recordings:
        tokens = tokenizer.encode(recording.text) if recording.text else None
        unknown.update(tokens.dropped if tokens else "")
        sound = read_samples(recording)
        if isinstance(sound, DatasetProblem):
            problems.append(sound)
            continue
        samples, rate = sound
        rates[rate] += 1
        found = next(find_faults(recording, tokens, samples, rate), None)
        if found:
            problems.append(DatasetProblem(recording.name, *found))
        else:
            good.append(recording)
            total += len(samples) / rate
    return DatasetReport(tuple(good), tuple(problems), total, rates, unknown)


def read_samples(recording: DatasetRecording) -> tuple[npt.NDArray[np.float32], int] | DatasetProblem:
    """Read the samples of a clip, (samples, channels), and its sample rate, or return why it cannot be used."""
    try:
        seconds = soundfile.info(recording.sound).duration
        if seconds > MAX_SECONDS:  # before reading what may be an hour of sound
            return DatasetProblem(recording.name, Fault.LONG, f"{seconds:.1f} s")
        samples, rate = soundfile.read(recording.sound, dtype="float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        return DatasetProblem(recording.name, Fault.UNREADABLE, str(error))
    if not np.isfinite(samples).all():
        return DatasetProblem(recording.name, Fault.UNREADABLE, "not every sample is a number")
    return samples, rate


def find_faults(
    recording: DatasetRecording, tokens: Tokens | None, samples: npt.NDArray[np.float32], rate: int
) -> Iterator[tuple[Fault, str]]:
    """Yield the problems of a clip that is readable, each with its detail."""
    yield from find_text_faults(recording, tokens, len(samples) / rate)
    yield from find_sound_faults(samples, rate)
    if recording.durations and tokens:
        yield from find_duration_faults(recording, tokens, len(samples) / rate)


def find_text_faults(recording: DatasetRecording, tokens: Tokens | None, seconds: float) -> Iterator[tuple[Fault, str]]:
    """Yield the problems of the transcript."""
    if tokens is None:
        yield Fault.EMPTY, ""
        return
    letters = sum(character.isalpha() for character in recording.text)
    if not letters:
        yield Fault.ODD, "no letter"
    if len(tokens.dropped) > MAX_DROPPED_FRACTION * (len(tokens.symbols) + len(tokens.dropped)):
        yield Fault.ALPHABET, tokens.dropped
    if (
        MIN_SECONDS <= seconds <= MAX_SECONDS
        and not MIN_CHARACTERS_PER_SECOND <= len(recording.text) / seconds <= MAX_CHARACTERS_PER_SECOND
    ):
        yield Fault.ODD, f"{len(recording.text)} characters in {seconds:.1f} s"


def find_sound_faults(samples: npt.NDArray[np.float32], rate: int) -> Iterator[tuple[Fault, str]]:
    """Yield the problems of the sound."""
    seconds = len(samples) / rate
    if seconds < MIN_SECONDS:
        yield Fault.SHORT, f"{seconds:.2f} s"
    if rate < MIN_SAMPLE_RATE:
        yield Fault.RATE, f"{rate} Hz"
    loud = np.abs(samples)
    if loud.max(initial=0) < SILENT_PEAK:
        yield Fault.SILENT, ""
    if samples.size and (loud >= FULL_SCALE).mean() > MAX_CLIPPED_FRACTION:
        yield Fault.CLIPPED, f"{(loud >= FULL_SCALE).mean():.1%}"


def find_duration_faults(recording: DatasetRecording, tokens: Tokens, seconds: float) -> Iterator[tuple[Fault, str]]:
    """Yield a problem if the durations belong to another text or recording."""
    given = recording.durations
    if given is None:
        return
    if len(given.symbols) != len(given.seconds) or min(given.seconds, default=-1) < 0:
        yield Fault.DURATIONS, f"{len(given.symbols)} symbols, {len(given.seconds)} durations"
    elif "".join(symbol for symbol in given.symbols if symbol not in tokens.dropped) != tokens.symbols:
        yield Fault.DURATIONS, "other symbols than those of the text"
    elif abs(sum(given.seconds) - seconds) > MAX_DURATION_ERROR:
        yield Fault.DURATIONS, f"{sum(given.seconds):.2f} s of {seconds:.2f} s"


def build_report_table(report: DatasetReport) -> Table:
    """Return the report as a table for the terminal."""
    table = Table("what", "clips", "which", box=None, header_style="bold", pad_edge=False)
    table.add_row("usable", str(len(report.good)), f"{report.seconds / 60:.1f} minutes")
    table.add_row("bad", str(len(report.problems)), f"{len(report.problems) / max(1, report.total):.1%}")
    for fault in Fault:
        found = [problem for problem in report.problems if problem.fault is fault]
        if found:
            which = [f"{problem.name} ({problem.detail})" if problem.detail else problem.name for problem in found]
            rest = f" and {len(found) - MAX_EXAMPLES} more" if len(found) > MAX_EXAMPLES else ""
            table.add_row(f"  {fault.value}", str(len(found)), ", ".join(which[:MAX_EXAMPLES]) + rest)
    for rate, count in sorted(report.rates.items()):
        table.add_row("sample rate", str(count), f"{rate} Hz")
    for character, count in report.unknown.most_common():
        table.add_row("character that is left out", str(count), f"{character} (U+{ord(character):04X})")
    return table
