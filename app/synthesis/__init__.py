"""Synthesize utterances: tokenizer, acoustic models, vocoders and the engine that runs them."""

from app.synthesis.engine import Engine, never_cancelled
from app.synthesis.job import StreamStart, UtteranceStream
from app.synthesis.playback import Playback
from app.synthesis.warmup import choose_backend

__all__ = ["Engine", "Playback", "StreamStart", "UtteranceStream", "choose_backend", "never_cancelled"]
