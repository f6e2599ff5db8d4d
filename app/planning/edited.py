"""Read plans that clients send back, edited or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, model_validator

from app.errors import InvalidRequest
from app.fields import (
    MAX_VOICE_CHARS,
    Degree,
    EmotionName,
    PauseField,
    Pitch,
    Seed,
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
    Decision,
    EditedUtterance,
    Emotion,
    PlanFingerprint,
    Prosody,
    Role,
    Sentence,
    Source,
)

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
    seed: Seed | None = None
    """Seed of this utterance, which then sounds the same beside any others; by default derived from the request's."""
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


def convert_utterance(utterance: UtteranceBody, language: str = "en") -> EditedUtterance:
    """Convert an utterance to the pipeline's type; `language` is that of its voice.

    Raise `InvalidSsml` or `UnknownEmotion`.
    """
    from app.text import read_fragment, split_utterance

    first = utterance.analyzed
    analyzed = PlanFingerprint(first.emotion, first.text_sha256) if first else None
    as_planned = analyzed is not None and PlanFingerprint.of(analyzed.emotion, utterance.text) == analyzed
    start, end = utterance.span if utterance.span and as_planned else (NO_SPAN, NO_SPAN)
    inner = read_fragment(utterance.ssml, language) if utterance.ssml else None
    is_marked = inner is not None and inner.text == " ".join(utterance.text.split())
    # Several if the text is too long to be spoken at once.
    clauses = [*inner.clauses] if inner is not None and is_marked else split_utterance(utterance.text, language)
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
        seed=utterance.seed,
    )
    role, speaker = utterance.role or Role.NARRATION, utterance.speaker
    *before, last = (replace(one, manner=manner, role=role, speaker=speaker) for one in clauses)
    spoken = (*before, replace(last, pause_after=utterance.pause_after))
    sentence = Sentence(utterance.text, start, end, spoken, language=language)
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
