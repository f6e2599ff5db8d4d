"""Utterances -> samples: phonemes, acoustic models, vocoders and the engine that runs them."""

from app.speech.choosing import choose_backend
from app.speech.engine import Engine, never
from app.speech.job import Head, Speaking

__all__ = ["Engine", "Head", "Speaking", "choose_backend", "never"]
