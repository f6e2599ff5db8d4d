"""A plan as JSON and back: the form in which clients see it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from app.plan import Blend, ClassifierName, Emotion, Plan, PlanWarning, Probabilities, Source, Utterance, Word

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
        **({"marks": []} if spoken else {}),
        "warnings": [{"code": warning.code, "detail": warning.detail} for warning in plan.warnings],
    }


def _utterance_to_dict(utterance: Utterance) -> dict[str, Any]:
    return {
        "text": utterance.text,
        "span": list(utterance.span),
        "spoken": utterance.spoken,
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
        "analyzed": {"emotion": utterance.emotion.value, "text_sha256": _sha256(utterance.text)},
        **_times(utterance),
    }


def _blend_to_dict(blend: Blend | None) -> dict[str, float] | None:
    return None if blend is None else {e.value: round(weight, _PROBABILITY_DIGITS) for e, weight in blend.items()}


def _times(utterance: Utterance) -> dict[str, Any]:
    """What is known only after synthesis; absent before."""
    if utterance.start is None or utterance.end is None:
        return {}
    times: dict[str, Any] = {"start": _seconds(utterance.start), "end": _seconds(utterance.end)}
    if utterance.words:
        times["words"] = [_word_to_dict(word) for word in utterance.words]
    return times


def _word_to_dict(word: Word) -> dict[str, Any]:
    return {"text": word.text, "span": list(word.span), "start": _seconds(word.start), "end": _seconds(word.end)}


def _probabilities_to_dict(probabilities: Probabilities | None) -> dict[str, float] | None:
    if probabilities is None:
        return None
    return {emotion.value: round(probabilities[emotion], _PROBABILITY_DIGITS) for emotion in Emotion}


def _seconds(value: float) -> float:
    return round(value, _SECOND_DIGITS)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def plan_from_dict(data: Mapping[str, Any]) -> Plan:
    """The plan that `plan_to_dict` wrote; its floats are as exact as it wrote them."""
    return Plan(
        voice=data["voice"],
        classifier=ClassifierName(**data["classifier"]),
        utterances=tuple(_utterance_from_dict(utterance) for utterance in data["utterances"]),
        duration_estimate=data["duration_estimate"],
        warnings=tuple(PlanWarning(**warning) for warning in data["warnings"]),
    )


def _utterance_from_dict(data: Mapping[str, Any]) -> Utterance:
    probabilities = data["probabilities"]
    return Utterance(
        text=data["text"],
        span=_span(data["span"]),
        spoken=data["spoken"],
        voice=data["voice"],
        emotion=Emotion(data["emotion"]),
        probabilities=probabilities and {Emotion(name): value for name, value in probabilities.items()},
        source=Source(data["source"]),
        reason=data["reason"],
        checkpoint=data["checkpoint"],
        checkpoint_sha256=data["checkpoint_sha256"],
        blend=data["blend"] and {Emotion(name): weight for name, weight in data["blend"].items()},
        degree=data["degree"],
        speed=data["speed"],
        volume=data["volume"],
        pause_after=data["pause_after"],
        start=data.get("start"),
        end=data.get("end"),
        words=tuple(_word_from_dict(word) for word in data.get("words", ())),
    )


def _word_from_dict(data: Mapping[str, Any]) -> Word:
    return Word(data["text"], _span(data["span"]), data["start"], data["end"])


def _span(pair: list[int]) -> tuple[int, int]:
    start, end = pair
    return start, end
