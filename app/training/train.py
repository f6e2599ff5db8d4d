"""Train a voice on a folder of recordings: read and check them, train a model, and write it into a voice."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.errors import SetupError
from app.packages import bundled_models_dir
from app.synthesis.coqui import build_coqui_config, describe_frontend
from app.synthesis.tokenizer import Tokenizer
from app.training.acoustic import GlowTask, TacotronTask, prepare_acoustic
from app.training.check import DatasetReport, examine
from app.training.clips import read_clips
from app.training.dataset import Dataset, DatasetRecording, read_dataset
from app.training.export import write_json, write_voice
from app.training.settings import ModelKind, TrainingSettings
from app.training.trainer import CHECKPOINT, RECORD, Trainer, TrainingModule, TrainingProgress, stop_on_signal
from app.training.vocoders import make_vocoder_task
from app.types import Emotion
from app.voices import Voice, open_voice
from app.voices.voice import read_speaker_names


def make_task(
    settings: TrainingSettings, base: Voice, dataset: Dataset, good: Sequence[DatasetRecording], *, scratch: bool
) -> tuple[TrainingModule, tuple[str, ...]]:
    """Return the task, and the speakers of its checkpoint in the order of their embeddings."""
    if not settings.model.acoustic:
        return make_vocoder_task(settings, base, dataset, good, scratch=scratch), ()
    unlabelled = settings.emotion or Emotion.NEUTRAL
    start = prepare_acoustic(settings, base, dataset.list_emotions(unlabelled), scratch=scratch)
    clips = read_clips(good, unlabelled, start.tokenizer, start.layout, start.convert)
    kind = GlowTask if settings.model is ModelKind.GLOW_TTS else TacotronTask
    return kind(start, clips, settings), start.speakers


LOGGER = logging.getLogger(__name__)

EMBEDDED_VOICE = "wren"
PACKAGES = ("torch", "coqui-tts")
"""Packages whose versions are recorded."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Folders that a training reads and writes."""

    dataset: Path
    base: Path | None
    """The voice to continue from; None trains a new model to go with the other model of the embedded voice."""
    run: Path
    """Folder of the checkpoint and the record."""
    voice: Path
    """Folder of the resulting voice."""


def check(dataset: Path, base: Path | None) -> DatasetReport:
    """Check a folder of recordings against the alphabet of the base."""
    return examine(read_dataset(dataset), make_tokenizer(open_base(base)))


def train(
    folders: Folders, settings: TrainingSettings, *, resume: bool, watch: Callable[[TrainingProgress], None]
) -> Voice:
    """Train until a limit of the settings or a signal; in either case write a voice and return it."""
    if (folders.run / CHECKPOINT).exists() and not resume:
        raise SetupError(f"{folders.run} holds a run.", hint="Go on with --resume, or train into another folder.")
    base = open_base(folders.base)
    dataset = read_dataset(folders.dataset)
    if settings.emotion:
        dataset = dataset.select_emotion(settings.emotion)
    report = examine(dataset, make_tokenizer(base))
    report.refuse_poor()
    for problem in report.problems:
        LOGGER.warning("left out: %s (%s%s)", problem.name, problem.fault, f": {problem.detail}" * bool(problem.detail))
    scratch = folders.base is None or not has_model(base, settings.model)
    LOGGER.info("%s from %s", settings.model, "random weights" if scratch else base.folder)
    task, speakers = make_task(settings, base, dataset, report.good, scratch=scratch)
    run = Trainer(task, folders.run, make_record(settings, dataset, base, report), watch)
    if resume:
        run.resume()
    # A signal that arrives while the voice is written does not interrupt the writing.
    with stop_on_signal() as stop, tempfile.TemporaryDirectory() as trained:
        run.train(settings.epochs, settings.time_limit, stop)
        task.export(Path(trained))
        voice = write_voice(folders.voice, Path(trained), base, settings, speakers, scratch=scratch)
        write_json(folders.voice / RECORD, run.record)
    return voice


def has_model(base: Voice, model: ModelKind) -> bool:
    """Return whether a voice has such a model for neutral, from which training can continue."""
    manifest = base.manifest
    checkpoint = manifest.checkpoints[manifest.emotions[Emotion.NEUTRAL].checkpoint]
    part = checkpoint if model.acoustic else manifest.vocoders[manifest.get_vocoder_name(Emotion.NEUTRAL)]
    return part.architecture == model.architecture


def make_record(settings: TrainingSettings, dataset: Dataset, base: Voice, report: DatasetReport) -> dict[str, Any]:
    """Return the record of a run: its settings, data, base and package versions."""
    return {
        "settings": settings.model_dump(mode="json"),
        "data_sha256": dataset.sha256,
        "base_sha256": hashlib.sha256("".join(sorted(base.hashes.values())).encode()).hexdigest(),
        "base": base.name,
        "recordings": {"good": len(report.good), "left_out": len(report.problems), "minutes": report.seconds / 60},
        "packages": {name: version(name) for name in PACKAGES},
    }


def open_base(folder: Path | None) -> Voice:
    """Open the base, or the embedded voice without one."""
    return open_voice(folder or bundled_models_dir() / "voices" / EMBEDDED_VOICE)


def make_tokenizer(voice: Voice) -> Tokenizer:
    """Return a tokenizer with the alphabet and phonemizer of a voice's neutral checkpoint."""
    name = voice.manifest.emotions[Emotion.NEUTRAL].checkpoint
    config = build_coqui_config(
        voice.read_config(voice.manifest.checkpoints[name].config), read_speaker_names(voice, name)
    )
    return Tokenizer(describe_frontend(config), voice.manifest.language)
