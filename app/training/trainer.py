"""Run a training loop: save checkpoints, resume from them and log the progress."""

from __future__ import annotations

import io
import json
import logging
import math
import os
import shutil
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, Self

import torch
from torch.utils.tensorboard import SummaryWriter

from app.errors import IntoneError, SetupError
from app.training.optimizer import TrainingDiverged


class StatePart(Protocol):
    """A part of a checkpoint: a network, an optimizer or a moving average."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any: ...


class TrainingModule(ABC):
    """A network in training. All randomness of a step derives from a seed and the step number."""

    number = 0
    """Number of completed steps."""
    epoch: int
    """Steps in one pass over the training data."""

    @abstractmethod
    def step(self) -> dict[str, float]:
        """Run one step and return its losses."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Return the losses of the averaged weights on held-out data."""

    @abstractmethod
    def list_parts(self) -> dict[str, StatePart]:
        """Return everything that the next step depends on, besides its number, by the names in a checkpoint."""

    @abstractmethod
    def export(self, folder: Path) -> None:
        """Write `config.json` and `model.safetensors`, with the averaged weights in half precision."""

    def state(self) -> dict[str, Any]:
        """Return the state to save in a checkpoint."""
        return {"number": self.number, **{name: part.state_dict() for name, part in self.list_parts().items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state` returned."""
        self.number = state["number"]
        for name, part in self.list_parts().items():
            part.load_state_dict(state[name])


SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM or SIGINT sets; a second Ctrl-C ends the process. Works in the main thread only."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def note(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            signal.signal(number, before[number])


LOGGER = logging.getLogger(__name__)

CHECKPOINT, RECORD = "training.pt", "run.json"
SAVE_SECONDS = 240
SPARE_CHECKPOINTS = 3
"""Free space required before training, in checkpoints: room for a half-written one and for the voice."""

MUTABLE_SETTINGS = ("epochs", "steps", "time_limit", "name", "display_name")
"""Settings that may change when a run is resumed."""

Json = dict[str, Any]


class TrainingStopped(IntoneError):
    """The run cannot continue; its last checkpoint is intact."""


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Progress of a run."""

    step: int
    share: float
    """Fraction of the run that is done, 0 to 1."""
    seconds_left: float
    losses: Mapping[str, float]
    """Losses of this step."""
    held_out: Mapping[str, float]
    """Losses of the last evaluation; empty before the first."""


class Trainer:
    """Training loop of one task, with its checkpoint and record in a folder."""

    def __init__(
        self, task: TrainingModule, folder: Path, record: Json, watch: Callable[[TrainingProgress], None]
    ) -> None:
        self.task = task
        self.folder = folder
        self.record: Json = {**record, "seconds": 0.0, "curve": []}
        self.watch = watch
        self.held_out: dict[str, float] = {}
        self.save_seconds: float = SAVE_SECONDS

    def resume(self) -> None:
        """Continue from the checkpoint in the folder, if there is one; data and settings must be the same."""
        if not (self.folder / CHECKPOINT).exists():
            return
        found = json.loads((self.folder / RECORD).read_text(encoding="utf-8"))
        # A setting that is newer than the saved run counts as unchanged.
        before = identify_run(found)
        changed = [name for name, value in identify_run(self.record).items() if before.get(name, value) != value]
        if changed:
            raise SetupError(
                f"The run in {self.folder} had other {' and '.join(changed)}.",
                hint="Give it what it had, or train into another folder.",
            )
        self.task.restore(torch.load(self.folder / CHECKPOINT, weights_only=True))
        self.record |= {"seconds": found["seconds"], "curve": found["curve"]}
        LOGGER.info("going on from step %d", self.task.number)

    def train(self, epochs: float, seconds: float, stop: threading.Event) -> None:
        """Train for the given epochs or seconds, whichever end first, or until `stop` is set."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.check_space()
        last = math.ceil(epochs * self.task.epoch)
        started, first_step = time.monotonic(), self.task.number
        saved, before = started, self.record["seconds"]

        def report(losses: Mapping[str, float]) -> None:
            passed = time.monotonic() - started
            pace = passed / max(1, self.task.number - first_step)
            left = max(0.0, min((last - self.task.number) * pace, seconds - passed))
            share = min(1.0, max(self.task.number / last, passed / seconds))
            self.watch(TrainingProgress(self.task.number, share, left, losses, self.held_out))

        def save(losses: Mapping[str, float]) -> None:
            self.record["seconds"] = before + time.monotonic() - started
            self.save(losses)

        while self.task.number < last and not stop.is_set() and time.monotonic() - started < seconds:
            losses = self.step()
            report(losses)
            if time.monotonic() - saved > self.save_seconds:
                save(losses)
                saved = time.monotonic()
        save({})
        report({})

    def step(self) -> dict[str, float]:
        """Run one step and return its losses; raise `TrainingStopped` if they are not finite."""
        try:
            losses = self.task.step()
        except TrainingDiverged as error:
            raise self.make_stop_error(error.detail) from None
        if not all(map(math.isfinite, losses.values())):
            raise self.make_stop_error(f"The losses are {losses}.")
        return losses

    def make_stop_error(self, why: str) -> TrainingStopped:
        """Return the error for a run that cannot continue."""
        saved = bool(self.record["curve"])
        kept = f"{self.folder / CHECKPOINT} holds the last good step." if saved else "Nothing was saved yet."
        return TrainingStopped(
            f"Stopped at step {self.task.number}: {why} {kept}",
            hint="Go on with --resume, with a smaller learning rate or better data in a new folder.",
        )

    def save(self, losses: Mapping[str, float]) -> None:
        """Evaluate, then write the checkpoint and the record."""
        self.held_out = self.task.evaluate()
        point = {"step": self.task.number, "seconds": round(self.record["seconds"], 1)}
        self.record["curve"].append({**point, "train": dict(losses), "held_out": self.held_out})
        buffer = io.BytesIO()  # on a full disk, torch.save raises an error that looks like any other
        torch.save(self.task.state(), buffer)
        try:
            replace_file(self.folder / CHECKPOINT, buffer.getbuffer())
            replace_file(self.folder / RECORD, (json.dumps(self.record, indent=1) + "\n").encode())
        except OSError as error:
            self.record["curve"].pop()
            raise self.make_stop_error(f"{self.folder} cannot be written: {error.strerror}.") from None

    def check_space(self) -> None:
        """Raise `SetupError` if the disk would soon be full."""
        size = sum(value.numel() * value.element_size() for value in collect_tensors(self.task.state()))
        free = shutil.disk_usage(self.folder).free
        if free < SPARE_CHECKPOINTS * size:
            raise SetupError(
                f"{self.folder} has {free >> 20} MiB left; {SPARE_CHECKPOINTS * size >> 20} MiB are needed.",
                hint="Free some space, or train into a folder on another disk.",
            )


def identify_run(record: Json) -> Json:
    """Return what the losses depend on: the data, the base and all settings but `MUTABLE_SETTINGS`."""
    settings = {name: value for name, value in record["settings"].items() if name not in MUTABLE_SETTINGS}
    return {**settings, "data": record["data_sha256"], "base": record["base_sha256"]}


def replace_file(path: Path, content: bytes | memoryview) -> None:
    """Replace a file atomically: after a crash it has either the old or the new content."""
    partial = path.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def collect_tensors(state: Any) -> list[torch.Tensor]:
    """Return all tensors of a nested state."""
    if isinstance(state, torch.Tensor):
        return [state]
    parts = state.values() if isinstance(state, Mapping) else state if isinstance(state, list | tuple) else ()
    return [tensor for part in parts for tensor in collect_tensors(part)]


LINE_SECONDS = 15


class Logbook:
    """Log of a training's progress, as lines of text and as TensorBoard events."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer: SummaryWriter | None = None
        self.held_out: Mapping[str, float] = {}
        self.due = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer:
            self.writer.close()

    def write(self, progress: TrainingProgress) -> None:
        """Record the losses of a step."""
        self.writer = self.writer or SummaryWriter(str(self.folder))
        for name, value in progress.losses.items():
            self.writer.add_scalar(f"train/{name}", value, progress.step)
        listened = progress.held_out != self.held_out
        if listened:
            self.held_out = progress.held_out
            for name, value in self.held_out.items():
                self.writer.add_scalar(f"held_out/{name}", value, progress.step)
        if listened or time.monotonic() >= self.due:
            LOGGER.info(format_line(progress))
            self.due = time.monotonic() + LINE_SECONDS


def format_line(progress: TrainingProgress) -> str:
    """Return one log line that people and the metric definitions of SageMaker can read."""
    named = {f"train_{name}": value for name, value in progress.losses.items()}
    named |= {f"held_out_{name}": value for name, value in progress.held_out.items()}
    metrics = "".join(f" {name}={value:.4e};" for name, value in named.items())
    left = timedelta(seconds=round(progress.seconds_left))
    return f"sm_metric step={progress.step};{metrics} {progress.share:.0%} done, {left} left"
