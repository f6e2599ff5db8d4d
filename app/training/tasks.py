"""Settings, a voice to start from and recordings -> the task that trains one part of a voice."""

from __future__ import annotations

from collections.abc import Sequence

from app.plan import Emotion
from app.training.acoustic import start_acoustic
from app.training.clips import read_clips
from app.training.dataset import Dataset, Recording
from app.training.glow import GlowTask
from app.training.settings import Model, TrainingSettings
from app.training.tacotron import TacotronTask
from app.training.task import Task
from app.training.vocoders import vocoder_task
from app.voices import Voice


def make_task(
    settings: TrainingSettings, base: Voice, dataset: Dataset, good: Sequence[Recording], *, scratch: bool
) -> tuple[Task, tuple[str, ...]]:
    """The task, and the speakers of its checkpoint in the order of their embeddings."""
    if not settings.model.acoustic:
        return vocoder_task(settings, base, dataset, good, scratch=scratch), ()
    unlabelled = settings.emotion or Emotion.NEUTRAL
    start = start_acoustic(settings, base, dataset.emotions(unlabelled), scratch=scratch)
    clips = read_clips(good, unlabelled, start.tokenizer, start.layout, start.convert)
    kind = GlowTask if settings.model is Model.GLOW_TTS else TacotronTask
    return kind(start, clips, settings), start.speakers
