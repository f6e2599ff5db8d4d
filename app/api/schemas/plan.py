"""Validate a plan from a client, edited or not, and convert it to the pipeline's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, model_validator

from app.errors import InvalidRequest
from app.fields import (
    MAX_VOICE_CHARS,
    Degree,
    EmotionName,
    PauseField,
    Pitch,
    Sha256,
    Share,
    SpanField,
    Speed,
    Strength,
    Volume,
    Weight,
)
from app.types import (
    NO_SPAN,
    Blend,
    Clause,
    Decision,
    EditedUtterance,
    Emotion,
    PlanFingerprint,
    Prosody,
    Role,
    Sentence,
    Source,
)

if TYPE_CHECKING:
    from app.text.ssml import SsmlFragment

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
    from app.text import read_fragment

    analyzed = (
        PlanFingerprint(utterance.analyzed.emotion, utterance.analyzed.text_sha256) if utterance.analyzed else None
    )
    as_planned = analyzed is not None and PlanFingerprint.of(analyzed.emotion, utterance.text) == analyzed
    start, end = utterance.span if utterance.span and as_planned else (NO_SPAN, NO_SPAN)
    manner = Prosody(
        voice=utterance.voice,
        degree=utterance.degree,
        speed=1.0 if utterance.speed is None else utterance.speed,
        volume=1.0 if utterance.volume is None else utterance.volume,
        pitch=utterance.pitch or 0.0,
    )
    inner = read_fragment(utterance.ssml) if utterance.ssml else None
    clauses = _make_clauses(utterance, inner, (start, end), manner, analyzed)
    warnings = inner.warnings if inner else ()
    return EditedUtterance(Sentence(utterance.text, start, end, clauses), _read_decision(utterance, analyzed), warnings)


def _make_clauses(
    utterance: UtteranceBody,
    inner: SsmlFragment | None,
    span: tuple[int, int],
    manner: Prosody,
    analyzed: PlanFingerprint | None,
) -> tuple[Clause, ...]:
    """Return the text with its markup as clauses: several if the text is too long to be spoken at once."""
    from app.text import split_utterance

    marked = inner is not None and inner.text == " ".join(utterance.text.split())
    parts = inner.clauses if inner is not None and marked else split_utterance(utterance.text)
    role, speaker = utterance.role or Role.NARRATION, utterance.speaker
    if len(parts) == 1:
        start, end = span
        only = replace(parts[0], text=utterance.text, start=start, end=end, analyzed=analyzed)
        return (replace(only, manner=manner, pause_after=utterance.pause_after, role=role, speaker=speaker),)
    *before, last = (
        replace(part, start=NO_SPAN, end=NO_SPAN, manner=manner, role=role, speaker=speaker) for part in parts
    )
    return (*before, replace(last, pause_after=utterance.pause_after))


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
