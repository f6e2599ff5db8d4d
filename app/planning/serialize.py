"""Plans as the JSON that clients receive, and that they may edit and send back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, NotRequired

from pydantic import BaseModel, ConfigDict, FailFast, Field, model_validator
from typing_extensions import TypedDict

from app import types
from app.errors import InvalidRequest
from app.fields import (
    MAX_VOICE_CHARS,
    Degree,
    EmotionName,
    PauseField,
    Pitch,
    Seconds,
    Sha256,
    Share,
    SpanField,
    Speed,
    Strength,
    Volume,
    Weight,
    closed_schema,
)
from app.text.phonetic import remove_phonemes
from app.types import (
    NO_SPAN,
    Blend,
    Decision,
    EditedUtterance,
    Emotion,
    PlanFingerprint,
    Prosody,
    Role,
    Sentence,
    Source,
)


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


MAX_UTTERANCES = 20_000


class _Strict(BaseModel):
    """Model in which `null` anywhere means the default."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class AnalyzedBody(_Strict):
    """State of an utterance when it was first planned."""

    emotion: Emotion = Field(strict=False)
    text_sha256: Sha256


class UtteranceBody(_Strict):
    """One utterance. Only `text` is required; fields that explain decisions may stay and are recomputed."""

    text: str
    """Text to speak; empty for a pause alone."""
    ssml: str | None = None
    """Text with the markup that changes its reading; ignored if it does not match `text`."""
    span: SpanField | None = None
    """Position of the text in the request that was analyzed, in code points."""
    voice: str | None = None
    """Name or alias; by default the plan's voice."""
    emotion: EmotionName | None = None
    """Name or alias; `auto` (the default) classifies the text."""
    blend: Annotated[dict[str, Weight], Field(min_length=1)] | None = None
    """Several emotions with their weights."""
    degree: Degree | None = None
    """How strongly the emotion is spoken; by default 1, or the strength of the text if it is classified again."""
    speed: Speed | None = None
    volume: Volume | None = None
    """Gain."""
    pitch: Pitch | None = None
    """Semitones above the voice's own pitch."""
    pause_after: PauseField | None = None
    """Seconds of silence; by default chosen by the last punctuation mark and by what follows."""
    probabilities: Annotated[dict[Annotated[Emotion, Field(strict=False)], Share], Field(min_length=7)] | None = None
    """Probabilities of all seven emotions."""
    strength: Strength | None = None
    role: Annotated[Role, Field(strict=False)] | None = None
    """`narration` (the default) or `dialogue`."""
    speaker: Annotated[str, Field(max_length=MAX_VOICE_CHARS)] | None = None
    """Who speaks, for the plan; `voice` is what is heard."""
    source: Annotated[Source, Field(strict=False)] | None = None
    reason: str | None = None
    analyzed: AnalyzedBody | None = None
    spoken: str | None = None
    approximated: bool | None = None
    checkpoint: str | None = None
    checkpoint_sha256: str | None = None
    start: float | None = None
    end: float | None = None
    words: list[Any] | None = None

    @model_validator(mode="after")
    def _check_span(self) -> UtteranceBody:
        if self.span is not None and self.span[0] > self.span[1]:
            raise ValueError("span must not end before it starts")
        return self


class PlanBody(_Strict):
    """Plan from `POST /analyze`, edited or not."""

    # Stops at the first invalid utterance: twenty thousand of them with twenty errors each take half a gigabyte.
    utterances: Annotated[list[UtteranceBody], FailFast()] = Field(min_length=1, max_length=MAX_UTTERANCES)
    voice: str | None = None
    """Name or alias; by default the service's own voice."""
    classifier: dict[str, Any] | None = None
    duration_estimate: float | None = None
    marks: list[Any] | None = None
    warnings: list[Any] | None = None


def convert_utterance(utterance: UtteranceBody) -> EditedUtterance:
    """Convert an utterance to the pipeline's type. Raise `InvalidSsml` or `UnknownEmotion`."""
    from app.text import read_fragment, split_utterance

    first = utterance.analyzed
    analyzed = PlanFingerprint(first.emotion, first.text_sha256) if first else None
    as_planned = analyzed is not None and PlanFingerprint.of(analyzed.emotion, utterance.text) == analyzed
    start, end = utterance.span if utterance.span and as_planned else (NO_SPAN, NO_SPAN)
    inner = read_fragment(utterance.ssml) if utterance.ssml else None
    is_marked = inner is not None and inner.text == " ".join(utterance.text.split())
    # Several if the text is too long to be spoken at once.
    clauses = [*inner.clauses] if inner is not None and is_marked else split_utterance(utterance.text)
    if len(clauses) == 1:
        clauses = [replace(clauses[0], text=utterance.text, start=start, end=end, analyzed=analyzed)]
    else:
        clauses = [replace(one, start=NO_SPAN, end=NO_SPAN) for one in clauses]
    manner = Prosody(
        voice=utterance.voice,
        degree=utterance.degree,
        speed=utterance.speed or 1.0,
        volume=1.0 if utterance.volume is None else utterance.volume,
        pitch=utterance.pitch or 0.0,
    )
    role, speaker = utterance.role or Role.NARRATION, utterance.speaker
    *before, last = (replace(one, manner=manner, role=role, speaker=speaker) for one in clauses)
    sentence = Sentence(utterance.text, start, end, (*before, replace(last, pause_after=utterance.pause_after)))
    return EditedUtterance(sentence, _read_decision(utterance, analyzed), inner.warnings if inner else ())


def _read_decision(utterance: UtteranceBody, analyzed: PlanFingerprint | None) -> Decision | None:
    """Return the plan's decision; None to classify the text again. Unedited decisions keep their reason."""
    from app.planning.decide import decide_explicit

    emotion_spec = _read_emotion(utterance, analyzed)
    if emotion_spec is None:
        return None
    decision = decide_explicit(emotion_spec, "plan", utterance.probabilities)
    same = analyzed is not None and decision.emotion is analyzed.emotion
    if not same or utterance.source is None or (decision.blend and utterance.source is not Source.PINNED):
        return decision
    return replace(
        decision, source=utterance.source, reason=utterance.reason or decision.reason, strength=utterance.strength
    )


def _read_emotion(utterance: UtteranceBody, analyzed: PlanFingerprint | None) -> Emotion | Blend | None:
    """Return the emotion or the blend.

    If they disagree, the edited one counts; refuse them if it is unknown which one was edited.
    """
    from app.emotion import parse_emotion_spec

    emotion = None if utterance.emotion is None else parse_emotion_spec(utterance.emotion)
    if utterance.blend is None:
        return emotion
    blend = parse_emotion_spec(utterance.blend)
    assert isinstance(blend, Mapping)
    if utterance.emotion is None or max(blend, key=lambda each: blend[each]) is emotion:
        return blend
    if analyzed is None:
        raise InvalidRequest(
            "emotion is not the one with the largest weight in blend.", hint="Leave emotion or blend out."
        )
    return blend if emotion is analyzed.emotion else emotion
