"""Short sentences that begin with each English sound: spoken alone, and, as a control, within running speech.

A voice may speak the first sound of an utterance worse than the same sound in the middle of one. Both renditions have
the same words, emotion and seed, so that only the place in the utterance differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.audio.join import FADE_SECONDS, fade
from app.errors import SetupError
from app.evaluation.recordings import Recording
from app.evaluation.sentences import Prompt
from app.evaluation.speaking import synthesize
from app.pipeline import Pipeline
from app.plan import Emotion, Speech

FILE = Path(__file__).with_name("onsets.tsv")
"""sound, tab, sentence: at least two sentences for each sound or cluster that begins English words."""
CARRIER = "Then he said, "
"""Comes before the sentence in the control."""
LEAD_SECONDS = 0.02
"""The control begins this long before its first word, as an utterance begins before its first loud sample."""


@dataclass(frozen=True, slots=True)
class Onset:
    """A sentence and the sound that it begins with."""

    sound: str
    prompt: Prompt


@dataclass(frozen=True, slots=True, eq=False)
class OnsetPair:
    """The two renditions of one sentence."""

    sound: str
    alone: Recording
    """The sentence as an utterance of its own."""
    control: Recording
    """The same words, cut from an utterance in which others come before them."""


def read_onsets(emotions: Collection[Emotion], limit: int | None = None) -> list[Onset]:
    """Read the sentences for each of these emotions, in the order of the file; at most `limit` of each."""
    lines = FILE.read_text(encoding="utf-8").splitlines()[:limit]
    rows = [line.split("\t") for line in lines]
    return [
        Onset(sound, Prompt(emotion, text, seed)) for emotion in emotions for seed, (sound, text) in enumerate(rows)
    ]


def speak_onsets(pipeline: Pipeline, voice: str, onsets: Sequence[Onset], degree: float = 1.0) -> Iterator[OnsetPair]:
    """Speak each sentence in both ways."""
    for onset in onsets:
        prompt = onset.prompt
        alone = synthesize(pipeline, voice, prompt, degree)
        running = synthesize(
            pipeline, voice, Prompt(prompt.emotion, in_running_speech(prompt.text), prompt.seed), degree
        )
        first = first_sample(running, len(CARRIER))
        group, text, rate = prompt.emotion.value, prompt.text, alone.sample_rate
        yield OnsetPair(
            onset.sound,
            Recording(group, text, alone.samples, rate),
            Recording(group, text, fade(running.samples[first:], round(FADE_SECONDS * rate), 0), rate),
        )


def in_running_speech(text: str) -> str:
    """Put the carrier before a sentence."""
    return CARRIER + text[0].lower() + text[1:]


def first_sample(speech: Speech, place: int) -> int:
    """Find where the word at this place of the request's text begins, less the lead; by the service's own times."""
    for utterance in speech.plan.utterances:
        for word in utterance.words:
            if word.span and word.span[0] == place:
                return max(0, round((word.start - LEAD_SECONDS) * speech.sample_rate))
    raise SetupError(
        "The voice gives no times of words, by which the control is cut.",
        hint="Measure a voice of GlowTTS, or leave --onsets out.",
    )
