"""Utterances -> samples: phonemes, acoustic models, vocoders and the engine that runs them."""

from app.speech.engine import Engine, Spoken

__all__ = ["Engine", "Spoken"]
