"""Plan utterances from decisions: choose an emotion that the voice can speak and its checkpoint, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, InitVar, dataclass, replace
from types import MappingProxyType

from app.capabilities import VoiceCapabilities
from app.errors import BlendUnsupported, FallbackRefused
from app.planning.decide import MAX_DEGREE, decide_explicit, decide_neutral, weaken_narration
from app.text.phonetic import drop_phonemes
from app.text.scripts import fit_to_language
from app.types import (
    NO_SPAN,
    Blend,
    Clause,
    Decision,
    Emotion,
    PlanWarning,
    Role,
    Sentence,
    Source,
    Utterance,
)

MIN_SPEED, MAX_SPEED = 0.25, 4.0
MIN_DEGREE = 0.01
MAX_VOLUME = 2.0
MAX_PITCH = 12.0
WEAK_STRENGTH = 0.5
"""Strength below which a voice that cannot vary the degree speaks neutrally instead."""
BLEND_HINT = "GET /voices lists the emotions of each voice; `degree` shows whether it can blend them."

VoiceLookup = Callable[[str | None], VoiceCapabilities]
"""Function that returns the capabilities of a voice by name or alias, or of the request's voice for None; it may raise
`VoiceNotFound`."""


@dataclass(frozen=True, slots=True)
class PlannedSentence:
    """Sentence with its planned utterances."""

    sentence: Sentence
    utterances: tuple[Utterance, ...]
    """Utterance of each clause."""
    warnings: tuple[PlanWarning, ...]
    """Warnings about the sentence that no earlier sentence caused."""


class CharacterVoices:
    """Voices of a request by role and by character."""

    def __init__(self, voices: Mapping[str, str]) -> None:
        """Take the names or aliases of voices by `narration`, `dialogue` and names of characters, in any case."""
        roles = {role.value for role in Role}
        self._roles = {name.lower(): voice for name, voice in voices.items() if name.lower() in roles}
        self._characters = {split_name(name): voice for name, voice in voices.items() if name.lower() not in roles}

    @property
    def has_characters(self) -> bool:
        """Whether any character has a voice."""
        return bool(self._characters)

    def find(self, clause: Clause) -> str | None:
        """Return the voice of a clause's speaker, else that of its role; None if the request names neither.

        A character is found by the whole name, else by a part of it that no other voice has: `Ruth` is `Ruth Carver`.
        """
        words = split_name(clause.speaker or "")
        if words:
            near = {voice for name, voice in self._characters.items() if name <= words or words <= name}
            voice = self._characters.get(words) or (near.pop() if len(near) == 1 else None)
            if voice is not None:
                return voice
        return self._roles.get(clause.role.value)


def split_name(name: str) -> frozenset[str]:
    """Return the words of a name without case, punctuation and `the`."""
    return frozenset(word for part in name.lower().split() if (word := part.strip(".,'’")) not in ("", "the"))


@dataclass
class Planner:
    """Planner of utterances from clauses, whose markup takes precedence over the request's options."""

    find_voice: VoiceLookup
    _: KW_ONLY
    degree: float = 1.0
    speed: float = 1.0
    volume: float = 1.0
    pitch: float = 0.0
    strict: bool = False
    """Whether to refuse fallbacks."""
    voices: InitVar[Mapping[str, str]] = MappingProxyType({})
    """As in `SpeechRequest`."""

    def __post_init__(self, voices: Mapping[str, str]) -> None:
        self.characters = CharacterVoices(voices)
        self.warnings: dict[tuple[str, ...], PlanWarning] = {}
        """Warnings by code and subject, so that each is reported once."""

    def plan(self, sentences: Iterable[Sentence], decisions: Iterable[Decision]) -> Iterator[PlannedSentence]:
        """Yield the plan of each sentence; its clauses share its decision.

        Raise `FallbackRefused` if `strict` forbids a fallback, and `BlendUnsupported` if a voice cannot blend.
        """
        for sentence, decision in zip(sentences, decisions, strict=False):
            reported = len(self.warnings)
            sentence = self.leave_out_labels(sentence)
            if not sentence.clauses:
                continue
            narration = weaken_narration(decision) if sentence.has_dialogue else decision
            utterances = tuple(
                self.plan_clause(clause, narration if clause.role is Role.NARRATION else decision)
                for clause in sentence.clauses
            )
            yield PlannedSentence(sentence, utterances, tuple(self.warnings.values())[reported:])

    def leave_out_labels(self, sentence: Sentence) -> Sentence:
        """Return a sentence without the names before lines of a script, if their speakers have voices."""
        if not self.characters.has_characters or not any(clause.is_label for clause in sentence.clauses):
            return sentence
        detail = "Names before the lines of a script are not read, because the request gives characters voices."
        self.warn("label_left_out", detail)
        return replace(sentence, clauses=tuple(clause for clause in sentence.clauses if not clause.is_label))

    def plan_clause(self, clause: Clause, decision: Decision) -> Utterance:
        """Plan a clause with its own explicit emotion or its sentence's decision."""
        manner = clause.manner
        voice = self.find_voice(manner.voice or self.characters.find(clause))
        if manner.emotion_spec is not None:
            decision = decide_explicit(manner.emotion_spec, manner.origin, decision.probabilities)
        decision = make_speakable(decision, voice)
        if decision.blend:
            check_blend(decision.blend, voice)
        spoken = self.apply_fallback(decision, voice)
        checkpoint = voice.checkpoints[spoken.emotion]
        self.report_interpolation(voice)
        return Utterance(
            text=clause.text,
            span=None if clause.start == NO_SPAN else (clause.start, clause.end),
            spoken=self.fit_letters(clause, voice),
            voice=voice.voice,
            emotion=spoken.emotion,
            probabilities=spoken.probabilities,
            source=spoken.source,
            reason=spoken.reason,
            checkpoint=checkpoint.name,
            checkpoint_sha256=checkpoint.sha256,
            blend=spoken.blend,
            strength=spoken.strength,
            degree=self.choose_degree(manner.degree, spoken.strength, voice),
            role=clause.role,
            speaker=clause.speaker,
            speed=self.limit_speed(self.speed * manner.speed),
            volume=min(self.volume * manner.volume, MAX_VOLUME),
            pitch=self.choose_pitch(self.pitch + manner.pitch, voice),
            approximated=spoken.emotion in voice.approximated,
            requested_emotion=None if spoken.emotion is decision.emotion else decision.emotion,
            ssml=clause.ssml,
            marks=clause.marks,
            places=clause.places,
            analyzed=clause.analyzed,
        )

    def fit_letters(self, clause: Clause, voice: VoiceCapabilities) -> str:
        """Return what a voice reads of a clause; warn about words of other scripts and unknown phonemes."""
        spoken, left_out = fit_to_language(clause.spoken, voice.language)
        place = "an edited utterance" if clause.start == NO_SPAN else f"characters {clause.start} to {clause.end}"
        if left_out:
            letters = " and ".join(f"{number} letters ({script})" for script, number in left_out.items())
            detail = f"{place}: the voice {voice.voice} cannot read {letters}, which were left out."
            self.warn("unreadable_script", detail, str(clause.start), clause.text)
        if voice.phonemes is not None and "⟦" in spoken:
            spoken, unknown = drop_phonemes(spoken, voice.phonemes)
            if unknown:
                detail = f"{place}: the voice {voice.voice} does not know {', '.join(unknown)}, which were left out."
                self.warn("unread_characters", detail, str(clause.start), clause.text)
        return spoken

    def apply_fallback(self, decision: Decision, voice: VoiceCapabilities) -> Decision:
        """Return the decision, or one for the closest emotion that the voice can speak."""
        wanted = decision.emotion
        if wanted in voice.checkpoints:
            return self.report_approximation(decision, voice)
        chain = (*voice.fallbacks.get(wanted, ()), Emotion.NEUTRAL)
        emotion = next(candidate for candidate in chain if candidate in voice.checkpoints)
        if self.strict:
            detail = f"The voice {voice.voice} has no {wanted}; {emotion} would speak instead."
            raise FallbackRefused(detail, hint="Choose another voice or emotion, or leave `strict` out.")
        detail = f"The voice {voice.voice} has no {wanted}; {emotion} speaks instead."
        self.warn("fallback", detail, voice.voice, wanted)
        reason = f"{decision.reason}; the voice lacks {wanted}: {emotion}"
        return replace(decision, emotion=emotion, source=Source.FALLBACK, reason=reason)

    def report_approximation(self, decision: Decision, voice: VoiceCapabilities) -> Decision:
        """Return the decision, with a warning and another reason if rules approximate the emotion."""
        wanted = decision.emotion
        if wanted not in voice.approximated:
            return decision
        detail = f"The voice {voice.voice} has no {wanted}; its neutral approximates it by pitch, rate and level"
        if self.strict:
            raise FallbackRefused(f"{detail}.", hint="Choose another voice or emotion, or leave `strict` out.")
        self.warn("approximated", f"{detail}.", voice.voice, wanted)
        ending = f"; the voice approximates {wanted} by prosody"
        return replace(decision, reason=decision.reason.removesuffix(ending) + ending)

    def choose_degree(self, marked: float | None, strength: float | None, voice: VoiceCapabilities) -> float:
        """Return the degree of an utterance, which is 1 if the voice cannot vary it.

        A degree in markup applies alone; the request's degree is multiplied by the strength of the text.
        """
        degree = self.degree if marked is None else marked
        if voice.degree:
            scaled = degree if marked is not None else degree * (strength or 1.0)
            return round(min(max(scaled, MIN_DEGREE), MAX_DEGREE), 4)
        if degree != 1.0:
            detail = f"The voice {voice.voice} cannot vary how strongly it feels: degree {degree} was read as 1."
            self.warn("degree_unsupported", detail, voice.voice)
        return 1.0

    def choose_pitch(self, pitch: float, voice: VoiceCapabilities) -> float:
        """Return the pitch shift in semitones, which is 0 if the voice cannot shift its pitch."""
        if pitch == 0.0 or voice.pitch:
            return min(max(pitch, -MAX_PITCH), MAX_PITCH)
        self.warn("pitch_unsupported", f"The voice {voice.voice} cannot move its pitch.", voice.voice)
        return 0.0

    def limit_speed(self, speed: float) -> float:
        """Limit a speaking rate to the supported range."""
        limited = min(max(speed, MIN_SPEED), MAX_SPEED)
        if limited != speed:
            self.warn("speed_limited", f"A speed of {speed:.2f} was read as {limited:g}.", f"{limited:g}")
        return limited

    def report_interpolation(self, voice: VoiceCapabilities) -> None:
        """Warn if the rates of a voice's models differ, which costs sound quality."""
        if voice.mel_rate is not None:
            detail = (
                f"The acoustic model of the voice {voice.voice} works at {voice.mel_rate} Hz and its vocoder at "
                f"{voice.sample_rate} Hz: mel spectrograms are interpolated, which sounds worse than a fitting vocoder."
            )
            self.warn("rates_interpolated", detail, voice.voice)

    def warn(self, code: str, detail: str, *about: str) -> None:
        """Add a warning, unless there is one with the same code and subject."""
        self.warnings.setdefault((code, *about), PlanWarning(code, detail))


def make_speakable(decision: Decision, voice: VoiceCapabilities) -> Decision:
    """Replace a weak emotion by neutral if the voice can speak it only at full strength."""
    if voice.degree or not decision.strength or decision.strength >= WEAK_STRENGTH:
        return decision
    return decide_neutral(f"{decision.reason}, which the voice cannot speak weakly: neutral", decision.probabilities)


def check_blend(blend: Blend, voice: VoiceCapabilities) -> None:
    """Raise `BlendUnsupported` if the voice cannot speak the blend."""
    missing = [str(emotion) for emotion in blend if emotion not in voice.checkpoints]
    if missing:
        raise BlendUnsupported(f"The voice {voice.voice} has no {', '.join(missing)} to blend.", hint=BLEND_HINT)
    if len(blend) > 1 and not voice.degree:
        raise BlendUnsupported(f"The voice {voice.voice} cannot blend emotions.", hint=BLEND_HINT)
