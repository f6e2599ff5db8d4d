"""Write plans as the JSON that clients receive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NotRequired

from typing_extensions import TypedDict

from app import types
from app.fields import (
    Degree,
    PauseField,
    Pitch,
    Seconds,
    Seed,
    Sha256,
    Share,
    SpanField,
    Speed,
    Strength,
    Volume,
    closed_schema,
)
from app.text.phonetic import remove_phonemes
from app.types import Emotion, PlanFingerprint, Role, Source


@closed_schema
class ClassifierJson(TypedDict):
    """Classifier that labelled the text."""

    name: str
    version: str


@closed_schema
class AnalyzedJson(TypedDict):
    """State of an utterance when it was first planned; shows what was edited since."""

    emotion: Emotion
    text_sha256: Sha256
    """SHA-256 of the text in UTF-8."""


@closed_schema
class WordJson(TypedDict):
    """Word with its time in the audio."""

    text: str
    span: SpanField | None
    """Code points in the request's text, half open; null if the text was edited."""
    start: Seconds
    """Seconds from the beginning of the audio."""
    end: Seconds


@closed_schema
class UtteranceJson(TypedDict):
    """Sentence, or part of one, with every decision about how it is spoken."""

    text: str
    span: SpanField | None
    """Code points in the request's text, half open, markup included; null if the text was edited."""
    spoken: str
    """Text as it is read, with numbers, dates and symbols in words."""
    voice: str
    emotion: Emotion
    blend: dict[Emotion, Share] | None
    """Weights of several emotions; `emotion` is the one with the largest weight."""
    strength: Strength | None
    """How strongly the text expresses the emotion, 0 for neutral; null if the emotion was chosen explicitly."""
    degree: Degree
    """How strongly the emotion is spoken: the value set by markup, else the strength times the request's degree."""
    role: Role
    """Who speaks the words: `dialogue` is direct speech, within quotation marks or in a line of a script."""
    speaker: str | None
    """Who speaks direct speech, as the text names them; null if the text does not say so for certain."""
    speed: Speed
    """Speaking rate."""
    volume: Volume
    """Gain."""
    pause_after: NotRequired[PauseField]
    """Seconds of silence after the utterance; only its start in a stream lacks it."""
    probabilities: dict[Emotion, Share] | None
    """Probabilities of the seven emotions; null if nothing was classified."""
    source: Source
    """Origin of the emotion: the classifier, an explicit choice, or a fallback of the voice."""
    reason: str
    """Explanation in one sentence."""
    approximated: NotRequired[bool]
    """True if rules approximate the emotion with the neutral voice; only then."""
    checkpoint: str
    """Name of the weights that synthesize the utterance."""
    checkpoint_sha256: Sha256
    analyzed: AnalyzedJson
    ssml: NotRequired[str]
    """Text with its inner markup; only if the markup changes the reading."""
    pitch: NotRequired[Pitch]
    """Semitones above the voice's own pitch; only if the pitch is changed."""
    seed: NotRequired[Seed]
    """Seed of the utterance; only if a plan set it."""
    start: NotRequired[Seconds]
    """Start in the audio, in seconds; only after synthesis."""
    end: NotRequired[Seconds]
    """End in the audio, in seconds, without the pause; only after synthesis."""
    words: NotRequired[list[WordJson]]
    """Times of the words; only after synthesis, and if the model predicts durations."""


@closed_schema
class MarkJson(TypedDict):
    """Time at which a mark of the SSML is reached."""

    name: str
    time: Seconds
    """Seconds from the beginning of the audio."""


@closed_schema
class WarningJson(TypedDict):
    """Deviation from what was requested."""

    code: str
    """Identifier for programs."""
    detail: str
    """Description for people."""


@closed_schema
class PlanJson(TypedDict):
    """Every decision about a text, and the times measured during synthesis. It can be edited and sent back."""

    voice: str
    classifier: ClassifierJson
    duration_estimate: Seconds
    """Estimate in seconds, made before synthesis."""
    utterances: list[UtteranceJson]
    marks: NotRequired[list[MarkJson]]
    """Marks of the SSML; only after synthesis."""
    warnings: list[WarningJson]


_PROBABILITY_DIGITS = 6
_SECOND_DIGITS = 5
"""Decimal places of seconds: finer than one sample at every supported rate, and shorter than an unrounded float."""


def plan_to_dict(plan: types.Plan) -> PlanJson:
    """Return the plan as in responses of `/analyze`, and of `/synthesize` with `timing`."""
    content: PlanJson = {
        "voice": plan.voice,
        "classifier": classifier_to_dict(plan.classifier),
        "duration_estimate": round_seconds(plan.duration_estimate),
        "utterances": [utterance_to_dict(utterance) for utterance in plan.utterances],
        "warnings": warnings_to_list(plan.warnings),
    }
    if any(utterance.start is not None for utterance in plan.utterances):
        content["marks"] = marks_to_list(plan.marks)
    return content


def utterance_to_dict(utterance: types.Utterance, *, is_whole: bool = True) -> UtteranceJson:
    """Return an utterance as in a plan; `is_whole` is whether the pause after it is known."""
    analyzed = utterance.analyzed or PlanFingerprint.of(utterance.emotion, utterance.text)
    content: UtteranceJson = {
        "text": utterance.text,
        "span": _span_to_list(utterance.span),
        "spoken": remove_phonemes(utterance.spoken),
        "voice": utterance.voice,
        "emotion": utterance.emotion,
        "blend": None if utterance.blend is None else dict(utterance.blend),
        "strength": utterance.strength,
        "degree": utterance.degree,
        "role": utterance.role,
        "speaker": utterance.speaker,
        "speed": utterance.speed,
        "volume": utterance.volume,
        "pause_after": round_seconds(utterance.pause_after),
        "probabilities": None
        if utterance.probabilities is None
        else {emotion: round(utterance.probabilities[emotion], _PROBABILITY_DIGITS) for emotion in Emotion},
        "source": utterance.source,
        "reason": utterance.reason,
        "checkpoint": utterance.checkpoint,
        "checkpoint_sha256": utterance.checkpoint_sha256,
        "analyzed": {"emotion": analyzed.emotion, "text_sha256": analyzed.text_sha256},
    }
    if utterance.ssml:
        content["ssml"] = utterance.ssml
    if utterance.pitch:
        content["pitch"] = utterance.pitch
    if utterance.seed is not None:
        content["seed"] = utterance.seed
    if utterance.approximated:
        content["approximated"] = True
    if not is_whole:
        del content["pause_after"]
    if utterance.start is not None:
        content["start"] = round_seconds(utterance.start)
    if utterance.end is not None:
        content["end"] = round_seconds(utterance.end)
    if utterance.words:
        content["words"] = words_to_list(utterance.words)
    return content


def classifier_to_dict(classifier: types.ClassifierId) -> ClassifierJson:
    """Return the name of a classifier as in a plan."""
    return {"name": classifier.name, "version": classifier.version}


def warnings_to_list(warnings: Iterable[types.PlanWarning]) -> list[WarningJson]:
    """Return warnings as in a plan."""
    return [{"code": warning.code, "detail": warning.detail} for warning in warnings]


def marks_to_list(marks: Iterable[types.TimedMark]) -> list[MarkJson]:
    """Return marks as in a plan."""
    return [{"name": one.name, "time": round_seconds(one.time)} for one in marks]


def words_to_list(words: Iterable[types.Word]) -> list[WordJson]:
    """Return words as in a plan."""
    return [
        {
            "text": word.text,
            "span": _span_to_list(word.span),
            "start": round_seconds(word.start),
            "end": round_seconds(word.end),
        }
        for word in words
    ]


def round_seconds(value: float) -> float:
    """Round a time or a duration in seconds for a response."""
    return round(value, _SECOND_DIGITS)


def _span_to_list(span: tuple[int, int] | None) -> list[int] | None:
    return None if span is None else list(span)
