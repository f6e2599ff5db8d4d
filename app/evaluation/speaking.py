"""Have a voice speak the sentences."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.errors import SetupError
from app.evaluation.recordings import Recording
from app.evaluation.sentences import Prompt
from app.pipeline import WARM_UP_TEXT, Pipeline
from app.plan import Emotion, Speech
from app.request import SpeechRequest


def speak(pipeline: Pipeline, voice: str, sentences: Sequence[Prompt], degree: float = 1.0) -> Iterator[Recording]:
    """Speak each sentence with its emotion and time it; loading an emotion's checkpoint is not in the time."""
    warm: set[Emotion] = set()
    for sentence in sentences:
        if sentence.emotion not in warm:
            synthesize(pipeline, voice, Prompt(sentence.emotion, WARM_UP_TEXT, seed=0), degree)
            warm.add(sentence.emotion)
        began = time.perf_counter()
        speech = synthesize(pipeline, voice, sentence, degree)
        spent = time.perf_counter() - began
        yield Recording(sentence.emotion.value, sentence.text, speech.samples, speech.sample_rate, spent)


def speak_neutrally(pipeline: Pipeline, voice: str, sentences: Sequence[Prompt]) -> Iterator[Recording]:
    """Speak the emotional ones of the sentences without their emotion, with the same seeds."""
    for sentence in sentences:
        if sentence.emotion is not Emotion.NEUTRAL:
            speech = synthesize(pipeline, voice, replace(sentence, emotion=Emotion.NEUTRAL), degree=1.0)
            yield Recording(Emotion.NEUTRAL.value, sentence.text, speech.samples, speech.sample_rate)


def synthesize(pipeline: Pipeline, voice: str, sentence: Prompt, degree: float) -> Speech:
    """Speak one sentence; refuse silence."""
    # Strict: a fallback would be measured under the name of another emotion.
    request = SpeechRequest(
        sentence.text, voice=voice, emotion=sentence.emotion, degree=degree, seed=sentence.seed, strict=True
    )
    speech = pipeline.synthesize(request)
    if not speech.samples.any():
        raise SetupError(f"The voice {voice} is silent with {sentence.emotion}: {sentence.text}")
    return speech
