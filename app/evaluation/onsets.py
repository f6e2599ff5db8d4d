"""Speak short sentences that begin with each English sound, alone and, as a control, within running speech.

A voice may speak the first sound of an utterance worse than the same sound in the middle of one. Both renditions have
the same words, emotion and seed, so that only the position in the utterance differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from app.audio.join import Joiner
from app.errors import SetupError
from app.evaluation.recordings import Prompt, Recording, synthesize
from app.synthesis.pipeline import Pipeline
from app.types import Emotion, Samples, Speech

ONSETS_FILE = Path(__file__).with_name("onsets.tsv")
"""Lines of sound, tab, sentence: at least two sentences for each sound or cluster that begins English words."""
CARRIER = "Then he said, "
"""Words before the sentence in the control."""


@dataclass(frozen=True, slots=True)
class Onset:
    """A sentence and the sound with which it begins."""

    sound: str
    prompt: Prompt


@dataclass(frozen=True, slots=True, eq=False)
class OnsetPair:
    """The two renditions of one sentence."""

    sound: str
    alone: Recording
    """The sentence as an utterance of its own."""
    control: Recording
    """The same words, cut from an utterance in which other words precede them."""


def read_onsets(emotions: Collection[Emotion], limit: int | None = None) -> list[Onset]:
    """Read the sentences for each of these emotions, in the order of the file; at most `limit` of each."""
    lines = ONSETS_FILE.read_text(encoding="utf-8").splitlines()[:limit]
    rows = [line.split("\t") for line in lines]
    return [
        Onset(sound, Prompt(emotion, text, seed)) for emotion in emotions for seed, (sound, text) in enumerate(rows)
    ]


def speak_onsets(pipeline: Pipeline, voice: str, onsets: Sequence[Onset], degree: float = 1.0) -> Iterator[OnsetPair]:
    """Speak each sentence alone and within running speech."""
    for onset in onsets:
        prompt = onset.prompt
        alone = synthesize(pipeline, voice, prompt, degree)
        running = synthesize(pipeline, voice, Prompt(prompt.emotion, prepend_carrier(prompt.text), prompt.seed), degree)
        control = cut_words(running, len(CARRIER))
        group, text, rate = prompt.emotion.value, prompt.text, alone.sample_rate
        yield OnsetPair(onset.sound, Recording(group, text, alone.samples, rate), Recording(group, text, control, rate))


def prepend_carrier(text: str) -> str:
    """Prepend the carrier to a sentence."""
    return CARRIER + text[0].lower() + text[1:]


def cut_words(speech: Speech, place: int) -> Samples:
    """Return the speech from a character offset in the request's text on, by the word times that the service reports.

    The cut is at the end of the previous word, because a sound may begin before the time of its word; the silence at
    both ends is trimmed as for any utterance.
    """
    words = [word for utterance in speech.plan.utterances for word in utterance.words]
    ends = [before.end for before, word in pairwise(words) if word.span and word.span[0] == place]
    if not ends:
        raise SetupError(
            "The voice reports no times of words, by which the control is cut.",
            hint="Measure a voice of GlowTTS, or leave --onsets out.",
        )
    joiner = Joiner(speech.sample_rate)
    joiner.start_utterance(gain=1.0)
    begun = joiner.push(speech.samples[round(ends[0] * speech.sample_rate) :])
    return np.concatenate([begun, joiner.end(pause_after=0.0)[0]])
