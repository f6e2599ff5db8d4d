"""Identify all that determines the bytes of seeded audio besides the request: code, libraries, models and processor.

Two services with the same identity return the same bytes for the same request.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from app.emotion import Classifier
from app.emotion.classifier import FILE_ENDINGS
from app.inference.graph_cache import describe_processor, hash_file
from app.planning.decide import StrengthRule
from app.settings import Settings
from app.voices import Registry

LIBRARIES = (
    *("av", "coqui-tts", "espeakng-loader", "num2words", "numpy", "openvino", "phonemizer-fork", "scipy"),
    *("sentencex", "soundfile", "soxr", "tokenizers", "torch", "transformers"),
)
"""Distributions that text, models or audio pass through."""
CLASSIFIER_ENDINGS = (*FILE_ENDINGS, ".tsv")
CONFIG_ENDINGS = (".json", ".npy")
"""Endings of the files of a voice beside its weights: configs, speakers and statistics."""


def compute_identity(
    settings: Settings, classifier: Classifier, registry: Registry, backend: str, rule: StrengthRule
) -> str:
    """Compute the hash of all that determines the audio; reads files.

    `backend` is the name of the backend, and `rule` the operator's settings of emotions.
    """
    digest = hashlib.sha256()
    for part in (
        *(backend, settings.threads, rule, classifier.emotions, sys.version, platform.machine()),
        *(registry.default, sorted(registry.aliases.items())),
        *describe_processor(),
        *((name, _find_version(name)) for name in LIBRARIES),
        *((voice.manifest, sorted(voice.hashes.items())) for voice in registry.voices.values()),
        classifier.design.commit,
    ):
        digest.update(f"{part!r}\n".encode())
    files = [
        *_list_files(Path(__file__).parents[1], (".py",)),
        *_list_files(Path(str(settings.classifier)), CLASSIFIER_ENDINGS),
        *([settings.lexicon] if settings.lexicon else []),
    ]
    for voice in registry.voices.values():
        files += _list_files(voice.folder, CONFIG_ENDINGS)
    for file in files:
        digest.update(f"{file.name} {hash_file(file)}\n".encode())
    return digest.hexdigest()


def _list_files(folder: Path, endings: Sequence[str]) -> list[Path]:
    """Return the files of a folder with some endings, in order; none if it is no folder, but a model's name."""
    return sorted(path for path in folder.rglob("*") if path.suffix in endings and path.is_file())


def _find_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
