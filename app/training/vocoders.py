"""A voice to start from, and recordings -> a vocoder in training: the voice's own, or a new one for its mel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from app.plan import Emotion
from app.speech.coqui import HifiganGenerator, build_hifigan, fill, load_weights
from app.speech.source import HifiganSourceGenerator
from app.speech.vocos import VocosSourceGenerator
from app.training.dataset import Dataset, Recording
from app.training.export import RAW_FILE
from app.training.hifigan import FROM_SCRATCH, HifiganTask, Stages
from app.training.hifigan_config import hifigan_config, new_hifigan
from app.training.hifigan_source import HifiganSourceTask
from app.training.predicted import Predictor
from app.training.settings import Model, TrainingSettings
from app.training.spectra import read_taught
from app.training.task import Task
from app.training.utterances import read_utterances
from app.training.vocos import CONFIG, VocosTask
from app.voices import Voice
from app.voices.voice import vocoder_audio


def vocoder_task(
    settings: TrainingSettings, base: Voice, dataset: Dataset, good: Sequence[Recording], *, scratch: bool
) -> Task:
    """A vocoder's training; Vocos learns from the spectra beside the recordings, HiFi-GAN from their sound."""
    torch.manual_seed(settings.seed)
    if settings.model is Model.VOCOS_SOURCE:
        return vocos_task(settings, base, dataset, good, scratch=scratch)
    generator, config = hifigan(settings.model, base, scratch=scratch)
    layout = vocoder_audio(base, name_of(base))
    pitched = settings.model is Model.HIFIGAN_SOURCE
    utterances = read_utterances(good, dataset.folder, layout, pitched=pitched)
    kind = HifiganSourceTask if pitched else HifiganTask
    task = kind(generator, config, utterances, settings, FROM_SCRATCH if scratch else Stages())
    raw = raw_weights(base)
    if raw and not scratch:
        task.go_on(raw)
    return task


def hifigan(model: Model, base: Voice, *, scratch: bool) -> tuple[HifiganGenerator, dict[str, Any]]:
    """The generator and its `config.json`."""
    name = name_of(base)
    if scratch:
        config = hifigan_config(model, vocoder_audio(base, name))
        return new_hifigan(config), config
    files = base.manifest.vocoders[name]
    config, state = base.config(files.config), load_weights(base.file(files.model))
    if model is not Model.HIFIGAN_SOURCE:
        return build_hifigan(config, state), config
    generator = HifiganSourceGenerator(config)
    fill(generator, state["model"], files.architecture)
    return generator, config


def vocos_task(
    settings: TrainingSettings, base: Voice, dataset: Dataset, good: Sequence[Recording], *, scratch: bool
) -> VocosTask:
    """Goes on from the weights before averaging, where the base has kept them."""
    files = base.manifest.vocoders[name_of(base)]
    config = CONFIG if scratch else base.config(files.config)
    generator = VocosSourceGenerator(config)
    if not scratch:
        fill(generator, raw_weights(base) or load_weights(base.file(files.model))["model"], files.architecture)
    predict = Predictor(base, good) if settings.predicted_mels else None
    return VocosTask(generator, config, read_taught(dataset.folder, generator.config, predict), settings)


def raw_weights(base: Voice) -> dict[str, Tensor] | None:
    """The weights before averaging that the base's vocoder has kept, if it has."""
    path = base.file(base.manifest.vocoders[name_of(base)].config).with_name(RAW_FILE)
    return load_file(path) if path.exists() else None


def name_of(base: Voice) -> str:
    """The vocoder of neutral."""
    return base.manifest.emotions[Emotion.NEUTRAL].vocoder
