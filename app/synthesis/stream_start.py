"""Build the start of an utterance's stream, and warnings about what could not be spoken as written."""

from __future__ import annotations

from functools import partial

from app.synthesis.cache import CachedSentence
from app.synthesis.job import Job, StreamStart
from app.synthesis.loader import Speaker
from app.synthesis.models.acoustic import Mel
from app.synthesis.tokenizer import Tokens
from app.synthesis.word_timing import time_words
from app.types import PlanWarning, Utterance


def make_stream_start(job: Job, spoken: Mel | CachedSentence) -> StreamStart:
    """Build the stream start of an utterance: gain, word timings and warnings."""
    warnings = (
        *warn_unknown_characters(job.utterance, job.tokens),
        *warn_model_faults(job.utterance, spoken.runaway, spoken.truncated),
    )
    frame_seconds = job.speaker.vocoder.hop_length / (job.voice.sample_rate * job.pitch_ratio)
    words = partial(time_words, job.utterance, job.tokens, spoken.durations or (), frame_seconds)
    return StreamStart(compute_linear_gain(job.speaker), words if spoken.durations else tuple, warnings)


def compute_linear_gain(speaker: Speaker) -> float:
    """Return the linear gain of a speaker, which is fixed for the checkpoint."""
    return float(10 ** (speaker.gain_db / 20))


def warn_nothing_spoken(utterance: Utterance) -> tuple[PlanWarning, ...]:
    """Warn that an utterance has no sound, unless it is a pause, which has no text."""
    if not utterance.text:
        return ()
    detail = f"{describe_position(utterance)}: there is nothing in it that the voice can pronounce."
    return (PlanWarning("nothing_spoken", detail),)


def warn_not_finite(utterance: Utterance) -> PlanWarning:
    """Warn that the models returned NaN or infinite values."""
    return PlanWarning(
        "not_finite", f"{describe_position(utterance)}: the weights gave no sound, it was left out from there on."
    )


def warn_unknown_characters(utterance: Utterance, tokens: Tokens) -> list[PlanWarning]:
    """Warn about letters that were omitted because the checkpoint does not know them."""
    letters = [character for character in tokens.dropped if character.isalpha()]
    if not letters:
        return []
    detail = f"{describe_position(utterance)}: the voice does not know {', '.join(letters[:8])}, which were left out."
    return [PlanWarning("unread_characters", detail)]


def warn_model_faults(utterance: Utterance, runaway: bool, truncated: bool) -> list[PlanWarning]:
    """Warn if the acoustic model did not stop, or stopped too early."""
    found = []
    if runaway:
        found.append(PlanWarning("runaway", f"{describe_position(utterance)}: the model went on too long and was cut."))
    if truncated:
        found.append(
            PlanWarning("truncated", f"{describe_position(utterance)}: the model stopped before the end of the text.")
        )
    return found


def describe_position(utterance: Utterance) -> str:
    """Describe an utterance's position in the request, for a warning."""
    return "an edited utterance" if utterance.span is None else f"characters {utterance.span[0]} to {utterance.span[1]}"
