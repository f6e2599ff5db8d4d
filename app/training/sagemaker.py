"""A training as SageMaker runs it: files in, files out, an exit code.

    input/config/hyperparameters.json   the settings, as strings
    input/data/training                 the recordings
    input/data/base                     optional: the voice to go on from
    checkpoints                         the run; what is there when a job begins is gone on with
    model                               the voice that comes out
    output/tensorboard                  curves
    output/failure                      why it failed; SageMaker shows the first 1,024 characters

all below /opt/ml, or below the folder that INTONE_ML_ROOT names. SageMaker also makes curves of those lines of the log
that `metric_definitions` describes.
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

SHOWN = 1024
"""Characters of a failure."""
MOST_NAMES = 10
"""Of what is there instead of what was expected."""
TOOLKIT = "sagemaker_"
"""Prefix of hyperparameters that AWS's own toolkits add; they are meant for them."""


def run_job(root: Path) -> int:
    """Run the job; 0 when a voice came out, also when a signal asked for an early end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    try:
        settings = read_hyperparameters(root / "input" / "config" / "hyperparameters.json")
        folders = find_folders(root)
        logging.info("training with %s", settings.model_dump_json(exclude_defaults=True))
        with Logbook(root / "output" / "tensorboard") as logbook:
            voice = train(folders, settings, resume=True, watch=logbook.write)
    except Exception as error:
        # Whatever it was, the platform shows no more of it than this file.
        tell_failure(root, error)
        return 1
    logging.info("The voice %s is in %s.", voice.name, voice.folder)
    return 0


def read_hyperparameters(path: Path) -> TrainingSettings:
    """The settings; a job without the file has none but the defaults."""
    if not path.exists():
        return TrainingSettings()
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SetupError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(values, dict):
        raise SetupError(f"{path} holds no JSON object.")
    return parse_settings({name: value for name, value in values.items() if not name.startswith(TOOLKIT)})


def find_folders(root: Path) -> Folders:
    """The channels and where the results go."""
    channels = root / "input" / "data"
    training, base = channels / "training", channels / "base"
    if not training.is_dir() or not any(training.iterdir()):
        raise SetupError(
            f"The channel training is missing or empty; there is {', '.join(names_in(channels)) or 'none'}.",
            hint="Point it at a folder with metadata.csv and wavs/, laid out as LJSpeech is, with the input mode File.",
        )
    if base.is_dir() and not (base / FILE_NAME).is_file():
        raise SetupError(
            f"The channel base holds no {FILE_NAME}; there is {', '.join(names_in(base)) or 'nothing'}.",
            hint="Point it at an unpacked voice: a model.tar.gz is not unpacked there.",
        )
    return Folders(training, base if base.is_dir() else None, run=root / "checkpoints", voice=root / "model")


def names_in(folder: Path) -> list[str]:
    """The first of what is in a folder, for a message."""
    return sorted(path.name for path in folder.iterdir())[:MOST_NAMES] if folder.is_dir() else []


def tell_failure(root: Path, error: Exception) -> None:
    """Say it where SageMaker looks, and in the log."""
    known = isinstance(error, IntoneError)
    said = f"{error.detail} {error.hint}".strip() if isinstance(error, IntoneError) else repr(error)
    logging.error(said, exc_info=not known)
    (root / "output").mkdir(parents=True, exist_ok=True)
    (root / "output" / "failure").write_text(said[:SHOWN], encoding="utf-8")
