"""Utterances -> samples: phonemes, acoustic models, vocoders and the engine that runs them."""

from app.speech.choosing import choose_backend
from app.speech.engine import Engine, never
from app.speech.job import Speaking

__all__ = ["Engine", "Speaking", "choose_backend", "never"]
