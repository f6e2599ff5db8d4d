"""The way of one request: text -> sentences -> emotions -> utterances -> samples. The only file that sees the whole."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from app.audio.join import Piece, Placed, join
from app.audio.pauses import pause_between
from app.emotion import Classifier, plan_emotions, read_label_map
from app.errors import AudioTooLong, EmptyText, OverTimeBudget, TextTooLong
from app.plan import Blend, Emotion, Plan, Sentence, Speech, Timings, Utterance, Word
from app.settings import Settings
from app.speech import Engine, Spoken
from app.text import read_text
from app.voices import Registry, Voice

DEFAULT_THRESHOLD = 0.7
SILENCE_SECONDS = 0.1
"""What is answered where nothing can be pronounced: clients test a server with `.`"""
SEED_STEP = 0x9E3779B97F4A7C15
"""Odd and large (the golden ratio in 64 bits): seeds of neighbouring utterances share no pattern."""
WARM_UP_TEXT = "Ready when you are."


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """What a caller asks for, checked and in its canonical form."""

    text: str
    voice: str | None = None
    """Name or alias; None is the default voice."""
    emotion: Emotion | Blend | None = None
    """None labels each sentence; an emotion, or several with their weights, pins them all."""
    degree: float = 1.0
    speed: float = 1.0
    seed: int | None = None
    strict: bool = False
    """Refuse where the voice lacks an emotion, instead of falling back."""


def never() -> bool:
    """The answer of a caller that stays."""
    return False


class Pipeline:
    """Everything that is loaded once; its methods are called from many threads at a time."""

    def __init__(self, settings: Settings, classifier: Classifier, registry: Registry, engine: Engine) -> None:
        self.settings = settings
        self.classifier = classifier
        self.registry = registry
        self.engine = engine

    @classmethod
    def load(cls, settings: Settings) -> Pipeline:
        """Load the classifier and the default voice and speak once, so that the first caller does not wait."""
        engine = Engine(settings.threads)
        registry = Registry(settings.voices, settings.default_voice, settings.voice_aliases)
        label_map = read_label_map(settings.label_map) if settings.label_map else None
        classifier = Classifier.load(settings.classifier, label_map)
        pipeline = cls(settings, classifier, registry, engine)
        pipeline.synthesize(SpeechRequest(WARM_UP_TEXT, seed=0))
        return pipeline

    def analyze(self, request: SpeechRequest) -> Plan:
        """Decide everything, speak nothing.

        Raises `EmptyText`, `TextTooLong`, `VoiceNotFound`, `FallbackRefused`, `BlendUnsupported` or `AudioTooLong`.
        """
        self.check_length(request.text)
        voice = self.registry.get(request.voice)
        sentences = read_text(request.text)
        utterances, warnings = plan_emotions(
            sentences,
            self.classifier.classify([sentence.text for sentence in sentences]) if request.emotion is None else None,
            voice.abilities,
            threshold=self.threshold,
            pin=request.emotion,
            degree=request.degree,
            speed=request.speed,
            strict=request.strict,
        )
        paused = place_pauses(sentences, utterances)
        seconds = estimate_seconds(paused, voice)
        self.check_seconds(seconds)
        return Plan(voice.name, self.classifier.name, tuple(paused), round(seconds, 2), tuple(warnings))

    def synthesize(
        self,
        request: SpeechRequest,
        on_utterance: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Speech:
        """Speak a text; `on_utterance(done, all)` follows the work, `cancelled` ends it with `OverTimeBudget`."""
        began = time.perf_counter()
        plan = self.analyze(request)
        analyzed = time.perf_counter()
        speech = self.speak(plan, request.seed, on_utterance, cancelled)
        return replace(speech, timings=replace(speech.timings, analyze=1000 * (analyzed - began)))

    def speak(
        self,
        plan: Plan,
        seed: int | None = None,
        on_utterance: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] = never,
    ) -> Speech:
        """Render a plan: the samples, and the plan with what became known by speaking it."""
        voice = self.registry.get(plan.voice)
        spoken: list[Spoken] = []
        pieces: list[Placed] = []
        for number, placed in enumerate(join(self.pieces(plan, voice, seed, spoken, cancelled), voice.sample_rate), 1):
            pieces.append(placed)
            self.check_seconds(placed.end)
            if on_utterance:
                on_utterance(number, len(plan.utterances))
        utterances = tuple(
            replace(utterance, start=placed.start, end=placed.end, words=place_words(one.words, placed))
            for utterance, one, placed in zip(plan.utterances, spoken, pieces, strict=True)
        )
        warnings = plan.warnings + tuple(warning for one in spoken for warning in one.warnings)
        timings = Timings(acoustic=sum(s.acoustic_ms for s in spoken), vocoder=sum(s.vocoder_ms for s in spoken))
        samples = np.concatenate([placed.samples for placed in pieces])
        if not len(samples):
            samples = np.zeros(round(SILENCE_SECONDS * voice.sample_rate), np.float32)
            utterances = (*utterances[:-1], replace(utterances[-1], end=SILENCE_SECONDS))
        return Speech(samples, voice.sample_rate, replace(plan, utterances=utterances, warnings=warnings), timings)

    def pieces(
        self, plan: Plan, voice: Voice, seed: int | None, spoken: list[Spoken], cancelled: Callable[[], bool]
    ) -> Iterator[Piece]:
        """Speak one utterance after the other; what the engine reports is added to `spoken`."""
        first_seed = secrets.randbits(32) if seed is None else seed
        for number, utterance in enumerate(plan.utterances):
            if cancelled():
                raise OverTimeBudget("The work was stopped before its end.", hint="Send a shorter text.")
            one = self.engine.speak(voice, utterance, (first_seed + number * SEED_STEP) % 2**63)
            spoken.append(one)
            yield Piece(one.samples, utterance.pause_after, one.gain * utterance.volume)

    @property
    def threshold(self) -> float:
        """Least probability at which an emotion is voiced: the operator's word, else the classifier's own."""
        for threshold in (self.settings.threshold, self.classifier.threshold):
            if threshold is not None:
                return threshold
        return DEFAULT_THRESHOLD

    def check_length(self, text: str) -> None:
        """Refuse an empty text and one over the limit."""
        if len(text) > self.settings.max_chars:
            raise TextTooLong(
                f"The text has {len(text)} characters, the limit is {self.settings.max_chars}.",
                hint="Send the text in parts, or raise INTONE_MAX_CHARS.",
            )
        if not text.strip():
            raise EmptyText("The text is empty or white space.", hint="Put what is to be spoken into `text`.")

    def check_seconds(self, seconds: float) -> None:
        """Refuse speech over the limit."""
        if seconds > self.settings.max_audio_seconds:
            raise AudioTooLong(
                f"The speech would take {seconds:.0f} s, the limit is {self.settings.max_audio_seconds} s.",
                hint="Send the text in parts, or raise INTONE_MAX_AUDIO_SECONDS.",
            )


def place_pauses(sentences: list[Sentence], utterances: list[Utterance]) -> list[Utterance]:
    """Fill in `pause_after`; the last utterance has none."""
    ends = [
        (clause is sentence.clauses[-1], clause is sentence.clauses[-1] and sentence.ends_paragraph)
        for sentence in sentences
        for clause in sentence.clauses
    ]
    paused = []
    for here, following, (sentence_end, paragraph_end) in zip(utterances, utterances[1:], ends, strict=False):
        pause = pause_between(
            here.text, here.emotion, following.emotion, ends_sentence=sentence_end, ends_paragraph=paragraph_end
        )
        paused.append(replace(here, pause_after=pause if here.spoken else 0.0))
    return paused + utterances[-1:]


def place_words(words: tuple[Word, ...], placed: Placed) -> tuple[Word, ...]:
    """Words in the time of the joined audio."""
    offset = placed.start - placed.trimmed_lead

    def within(seconds: float) -> float:
        return min(max(seconds + offset, placed.start), placed.end)

    return tuple(replace(word, start=within(word.start), end=within(word.end)) for word in words)


def estimate_seconds(utterances: list[Utterance], voice: Voice) -> float:
    """Length of the speech by the voice's words per minute, taken as five letters and a space each."""
    letters_per_second = voice.manifest.words_per_minute * 6 / 60
    speech = sum(len(utterance.spoken) / letters_per_second / utterance.speed for utterance in utterances)
    return speech + sum(utterance.pause_after for utterance in utterances)
