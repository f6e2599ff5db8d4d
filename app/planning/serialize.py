"""Serialize a plan to the JSON that clients receive; `app.api.schemas.plan` parses it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.text.phonetic import remove_phonemes
from app.types import Blend, Emotion, Plan, PlanFingerprint, Probabilities, Utterance, Word

if TYPE_CHECKING:
    from app.api.schemas import answers


_PROBABILITY_DIGITS = 6
_SECOND_DIGITS = 5
"""Decimal places of seconds: finer than one sample at every supported rate, and shorter than an unrounded float."""


def plan_to_dict(plan: Plan) -> answers.Plan:
    """Return the plan as in responses of `/analyze`, and of `/synthesize` with `timing`."""
    told: answers.Plan = {
        "voice": plan.voice,
        "classifier": {"name": plan.classifier.name, "version": plan.classifier.version},
        "duration_estimate": _round_seconds(plan.duration_estimate),
        "utterances": [_utterance_to_dict(utterance) for utterance in plan.utterances],
        "warnings": [{"code": warning.code, "detail": warning.detail} for warning in plan.warnings],
    }
    if any(utterance.start is not None for utterance in plan.utterances):
        told["marks"] = [{"name": one.name, "time": _round_seconds(one.time)} for one in plan.marks]
    return told


def _utterance_to_dict(utterance: Utterance) -> answers.Utterance:
    analyzed = utterance.analyzed or PlanFingerprint.of(utterance.emotion, utterance.text)
    told: answers.Utterance = {
        "text": utterance.text,
        "span": _span_to_list(utterance.span),
        "spoken": remove_phonemes(utterance.spoken),
        "voice": utterance.voice,
        "emotion": utterance.emotion,
        "blend": _blend_to_dict(utterance.blend),
        "strength": utterance.strength,
        "degree": utterance.degree,
        "role": utterance.role,
        "speed": utterance.speed,
        "volume": utterance.volume,
        "pause_after": _round_seconds(utterance.pause_after),
        "probabilities": _probabilities_to_dict(utterance.probabilities),
        "source": utterance.source,
        "reason": utterance.reason,
        "checkpoint": utterance.checkpoint,
        "checkpoint_sha256": utterance.checkpoint_sha256,
        "analyzed": {"emotion": analyzed.emotion, "text_sha256": analyzed.text_sha256},
    }
    if utterance.ssml:
        told["ssml"] = utterance.ssml
    if utterance.pitch:
        told["pitch"] = utterance.pitch
    _add_times(told, utterance)
    return told


def _blend_to_dict(blend: Blend | None) -> dict[Emotion, float] | None:
    return None if blend is None else dict(blend)


def _add_times(told: answers.Utterance, utterance: Utterance) -> None:
    """Add the times, which are absent before synthesis."""
    if utterance.start is None or utterance.end is None:
        return
    told["start"], told["end"] = _round_seconds(utterance.start), _round_seconds(utterance.end)
    if utterance.words:
        told["words"] = [_word_to_dict(word) for word in utterance.words]


def _word_to_dict(word: Word) -> answers.Word:
    return {
        "text": word.text,
        "span": _span_to_list(word.span),
        "start": _round_seconds(word.start),
        "end": _round_seconds(word.end),
    }


def _probabilities_to_dict(probabilities: Probabilities | None) -> dict[Emotion, float] | None:
    if probabilities is None:
        return None
    return {emotion: round(probabilities[emotion], _PROBABILITY_DIGITS) for emotion in Emotion}


def _span_to_list(span: tuple[int, int] | None) -> list[int] | None:
    return None if span is None else list(span)


def _round_seconds(value: float) -> float:
    return round(value, _SECOND_DIGITS)
