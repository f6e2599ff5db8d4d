"""A plan as JSON: the form in which clients see it. `plan_body.py` reads it back."""

from __future__ import annotations

from typing import Any

from app.plan import Analyzed, Blend, Emotion, Plan, Probabilities, Utterance, Word, without_phonemes

_PROBABILITY_DIGITS = 6
_SECOND_DIGITS = 5
"""Under one sample at every rate that we make, and less than a float spells out."""


def plan_to_dict(plan: Plan) -> dict[str, Any]:
    """What `/analyze` answers, and `/synthesize` with `timing`."""
    spoken = any(utterance.start is not None for utterance in plan.utterances)
    return {
        "voice": plan.voice,
        "classifier": {"name": plan.classifier.name, "version": plan.classifier.version},
        "duration_estimate": _seconds(plan.duration_estimate),
        "utterances": [_utterance_to_dict(utterance) for utterance in plan.utterances],
        **({"marks": [{"name": one.name, "time": _seconds(one.time)} for one in plan.marks]} if spoken else {}),
        "warnings": [{"code": warning.code, "detail": warning.detail} for warning in plan.warnings],
    }


def _utterance_to_dict(utterance: Utterance) -> dict[str, Any]:
    analyzed = utterance.analyzed or Analyzed.of(utterance.emotion, utterance.text)
    return {
        "text": utterance.text,
        "span": utterance.span and list(utterance.span),
        "spoken": without_phonemes(utterance.spoken),
        "voice": utterance.voice,
        "emotion": utterance.emotion.value,
        "blend": _blend_to_dict(utterance.blend),
        "degree": utterance.degree,
        "speed": utterance.speed,
        "volume": utterance.volume,
        "pause_after": _seconds(utterance.pause_after),
        "probabilities": _probabilities_to_dict(utterance.probabilities),
        "source": utterance.source.value,
        "reason": utterance.reason,
        "checkpoint": utterance.checkpoint,
        "checkpoint_sha256": utterance.checkpoint_sha256,
        "analyzed": {"emotion": analyzed.emotion.value, "text_sha256": analyzed.text_sha256},
        **({"ssml": utterance.ssml} if utterance.ssml else {}),
        **({"pitch": utterance.pitch} if utterance.pitch else {}),
        **_times(utterance),
    }


def _blend_to_dict(blend: Blend | None) -> dict[str, float] | None:
    return None if blend is None else {emotion.value: weight for emotion, weight in blend.items()}


def _times(utterance: Utterance) -> dict[str, Any]:
    """What is known only after synthesis; absent before."""
    if utterance.start is None or utterance.end is None:
        return {}
    times: dict[str, Any] = {"start": _seconds(utterance.start), "end": _seconds(utterance.end)}
    if utterance.words:
        times["words"] = [_word_to_dict(word) for word in utterance.words]
    return times


def _word_to_dict(word: Word) -> dict[str, Any]:
    return {
        "text": word.text,
        "span": word.span and list(word.span),
        "start": _seconds(word.start),
        "end": _seconds(word.end),
    }


def _probabilities_to_dict(probabilities: Probabilities | None) -> dict[str, float] | None:
    if probabilities is None:
        return None
    return {emotion.value: round(probabilities[emotion], _PROBABILITY_DIGITS) for emotion in Emotion}


def _seconds(value: float) -> float:
    return round(value, _SECOND_DIGITS)
