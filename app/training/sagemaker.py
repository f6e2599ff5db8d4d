"""Run a training as a SageMaker job: files in, files out, an exit code.

    input/config/hyperparameters.json   the settings, as strings
    input/data/training                 the recordings
    input/data/base                     optional: the voice to continue from
    checkpoints                         the run; a job continues from a checkpoint that it finds here
    model                               the resulting voice
    output/tensorboard                  curves
    output/failure                      why it failed; SageMaker shows the first 1,024 characters

All paths are below /opt/ml, or below the folder in INTONE_ML_ROOT. SageMaker also plots the values in the log lines
of `trainer.format_line`.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

from app.errors import IntoneError, SetupError
from app.training.settings import TrainingSettings, parse_settings
from app.training.train import Folders, train
from app.training.trainer import Logbook
from app.voices.manifest import FILE_NAME

MAX_FAILURE_CHARACTERS = 1024
"""Characters of a failure that SageMaker shows."""
MAX_NAMES = 10
"""Maximum number of names listed in the error."""
TOOLKIT_PREFIX = "sagemaker_"
"""Prefix of hyperparameters that AWS's toolkits add for their own use."""


def run_job(root: Path) -> int:
    """Run the job; return 0 if it wrote a voice, even after a signal to end early, and 1 if it failed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        settings = read_hyperparameters(root / "input" / "config" / "hyperparameters.json")
        folders = find_folders(root)
        logging.info("training with %s", settings.model_dump_json(exclude_defaults=True))
        with Logbook(root / "output" / "tensorboard") as logbook:
            voice = train(folders, settings, resume=True, watch=logbook.write)
    except Exception as error:
        # Catch every error: the platform shows nothing but the file of the failure.
        report_failure(root, error)
        return 1
    logging.info("The voice %s is in %s.", voice.name, voice.folder)
    return 0


def read_hyperparameters(path: Path) -> TrainingSettings:
    """Read the settings; a job without the file has the defaults."""
    if not path.exists():
        return TrainingSettings()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SetupError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(values, dict):
        raise SetupError(f"{path} holds no JSON object.")
    return parse_settings({name: value for name, value in values.items() if not name.startswith(TOOLKIT_PREFIX)})


def find_folders(root: Path) -> Folders:
    """Find the input channels and the output folders."""
    channels = root / "input" / "data"
    training, base = channels / "training", channels / "base"
    if not training.is_dir() or not any(training.iterdir()):
        raise SetupError(
            f"The channel training is missing or empty; there is {', '.join(list_names(channels)) or 'none'}.",
            hint="Point it at a folder with metadata.csv and wavs/, laid out as LJSpeech is, with the input mode File.",
        )
    if base.is_dir() and not (base / FILE_NAME).is_file():
        raise SetupError(
            f"The channel base holds no {FILE_NAME}; there is {', '.join(list_names(base)) or 'nothing'}.",
            hint="Point it at an unpacked voice: a model.tar.gz is not unpacked there.",
        )
    return Folders(training, base if base.is_dir() else None, run=root / "checkpoints", voice=root / "model")


def list_names(folder: Path) -> list[str]:
    """Return the first names in a folder, for a message."""
    return sorted(path.name for path in folder.iterdir())[:MAX_NAMES] if folder.is_dir() else []


def report_failure(root: Path, error: Exception) -> None:
    """Write the error to the file that SageMaker shows, and to the log."""
    known = isinstance(error, IntoneError)
    message = f"{error.detail} {error.hint}".strip() if isinstance(error, IntoneError) else repr(error)
    logging.error(message, exc_info=not known)
    (root / "output").mkdir(parents=True, exist_ok=True)
    (root / "output" / "failure").write_text(message[:MAX_FAILURE_CHARACTERS], encoding="utf-8")
