"""Run a request from text to sentences, emotions, utterances and samples; no other module sees every stage."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from app.emotion import Classifier, read_label_map
from app.emotion.classifier import Rows
from app.emotion.network import ClassifierOutput
from app.errors import AudioTooLong, EmptyText, TextTooLong
from app.inference import Backend, limit_torch_threads
from app.memory import limit_arenas
from app.planning.decide import StrengthRule
from app.planning.incremental import IncrementalPlan
from app.planning.instructions import follow_instructions
from app.planning.parse import ParsedText, parse_request
from app.planning.pauses import DEFAULT_PAUSES
from app.planning.planner import MAX_SPEED, Planner
from app.settings import Settings
from app.synthesis import Engine, Playback, choose_backend, never_cancelled
from app.synthesis.identity import compute_identity
from app.synthesis.job import raise_if_cancelled
from app.synthesis.stream import Speech, SynthesisStream, VoiceSelection
from app.text import count_expanded
from app.text.lexicon import Lexicon
from app.text.lexicon_file import read_lexicon
from app.text.normalization.cleaning import clean
from app.text.phonetic import count_model_chars
from app.text.scripts import fit_to_language
from app.types import Plan, PlanWarning, Sentence, SpeechRequest, StrengthMode, Utterance
from app.voices import Registry, Voice

log = logging.getLogger(__name__)

DEFAULT_THRESHOLD = 0.7
WARM_UP_TEXT = "Ready when you are."
BYTES_PER_MB = 1_000_000
EMPTY = "The text is empty, or nothing but white space."
EMPTY_HINT = "Send at least one character other than white space."
READABLE = re.compile(r"[A-Za-z0-9]")
"""Characters that every voice can read."""
SWITCH_INTERVAL_SECONDS = 0.0005
"""Maximum time for which a thread keeps the GIL while others wait. A worker needs the GIL briefly about fifty times an
utterance; with Python's default of 5 ms it would wait longer than it computes while another thread reads a request."""
CLASSIFIER_CACHE_CHARACTERS = 2_000_000
"""Capacity of the classifier's cache, in characters of the sentences whose probabilities it keeps."""


class Pipeline:
    """Models and settings that are loaded once for all requests. Thread-safe."""

    def __init__(
        self,
        settings: Settings,
        classifier: Classifier,
        registry: Registry,
        engine: Engine,
        lexicon: Lexicon | None = None,
        *,
        whole_voices: bool = False,
    ) -> None:
        """Put a pipeline together; with `whole_voices`, a request loads all of its voices before it speaks, so that
        their folders may be removed meanwhile."""
        self.whole_voices = whole_voices
        self.settings = settings
        self.classifier = classifier
        self.registry = registry
        self.engine = engine
        self.lexicon = lexicon

    @classmethod
    def load(cls, settings: Settings, warm: bool = False, registry: Registry | None = None) -> Pipeline:
        """Choose the backend, find the voices unless they are given, and load the classifier.

        With `warm`, also load all of the default voice and synthesize a text, so that the first request does not wait
        for loading; otherwise a voice is loaded on first use.
        """
        prepare_process(settings)
        registry = registry or Registry(settings.voices, settings.default_voice, settings.voice_aliases)
        voice = registry.get()
        lexicon = load_lexicon(settings.lexicon) if settings.lexicon else None
        engine = make_engine(settings, voice)
        with ThreadPoolExecutor(1) as executor:
            classifier = executor.submit(load_classifier, settings, engine.backend)
            if warm:
                engine.warm_up(voice)
            pipeline = cls(settings, classifier.result(), registry, engine, lexicon, whole_voices=warm)
        if warm:
            pipeline.synthesize(SpeechRequest(WARM_UP_TEXT))
            _ = pipeline.identity
            engine.trim()
            engine.start_preparing(voice)
        return pipeline

    @cached_property
    def identity(self) -> str:
        """Hash of all that determines the bytes of seeded audio besides the request; computing it takes a while."""
        rule = self.make_strength_rule(SpeechRequest(""))
        return compute_identity(self.settings, self.classifier, self.registry, self.engine.backend.name, rule)

    def reload_voices(self) -> Pipeline:
        """Return a pipeline with the voices that the folders hold now, and the same models.

        Requests finish with the pipeline with which they began.
        """
        settings = self.settings
        registry = Registry(settings.voices, settings.default_voice, settings.voice_aliases, previous=self.registry)
        reloaded = Pipeline(
            settings, self.classifier, registry, self.engine, self.lexicon, whole_voices=self.whole_voices
        )
        if {id(voice) for voice in registry.voices.values()} != {id(voice) for voice in self.registry.voices.values()}:
            self.engine.cache.clear()
        _ = reloaded.identity
        return reloaded

    def close(self) -> None:
        """Finish the running batches and stop the workers."""
        self.engine.close()

    def analyze(self, request: SpeechRequest, cancelled: Callable[[], bool] = never_cancelled) -> Plan:
        """Plan a request without synthesizing it; `cancelled` stops the work with `OverTimeBudget`.

        Raises `EmptyText`, `InvalidSsml`, `TextTooLong`, `VoiceNotFound`, `FallbackRefused`, `BlendUnsupported` or
        `AudioTooLong`.
        """
        selection, plan = self.plan_request(request, cancelled)
        utterances, seconds = [], 0.0
        for utterance in plan.plan_all():
            utterances.append(utterance)
            seconds += estimate_seconds([utterance], selection)
            self.check_seconds(seconds)
        return self.make_plan(selection, utterances, plan.warnings)

    def synthesize(
        self, request: SpeechRequest, cancelled: Callable[[], bool] = never_cancelled, with_words: bool = True
    ) -> Speech:
        """Synthesize a request; `cancelled` stops the work with `OverTimeBudget`. Raises what `analyze` raises."""
        rendering = self.render(request, cancelled, with_words, streamed=False)
        samples = np.concatenate(list(rendering))
        return Speech(samples, rendering.selection.sample_rate, self.complete_plan(rendering), rendering.timings)

    def render(
        self,
        request: SpeechRequest,
        cancelled: Callable[[], bool] = never_cancelled,
        with_words: bool = False,
        *,
        streamed: bool = True,
    ) -> SynthesisStream:
        """Synthesize a request as a stream, planning as it goes; with `strict`, which may refuse, plan all first.

        `streamed` is whether the reader plays the audio while it is made.
        """
        playback = Playback(streamed)
        selection, plan = self.plan_request(request, cancelled, playback)
        if request.strict:
            list(plan)
        for loader in selection.loaders if self.whole_voices else ():
            loader.load_all()

        def check_seconds(seconds: float) -> None:
            self.check_seconds(seconds)
            request.check_room(seconds, selection.sample_rate)

        return SynthesisStream(
            self.engine,
            selection,
            plan,
            seed=request.seed,
            key_name=request.key_name,
            with_words=with_words,
            check_seconds=check_seconds,
            cancelled=cancelled,
            playback=playback,
        )

    def complete_plan(self, rendering: SynthesisStream) -> Plan:
        """Return the plan of a stream, completed with what synthesis added so far: times, marks and warnings."""
        plan = self.make_plan(rendering.selection, rendering.spoken, rendering.all_warnings)
        return replace(plan, marks=tuple(rendering.marks))

    def make_plan(self, selection: VoiceSelection, utterances: list[Utterance], warnings: list[PlanWarning]) -> Plan:
        """Return a plan of utterances with their estimated duration."""
        seconds = round(estimate_seconds(utterances, selection), 2)
        return Plan(selection.voice.name, self.classifier.name, tuple(utterances), seconds, tuple(warnings))

    def plan_request(
        self, request: SpeechRequest, cancelled: Callable[[], bool], playback: Playback | None = None
    ) -> tuple[VoiceSelection, IncrementalPlan]:
        """Check a request and return its voices and its incremental plan, of which the first utterance is ready.

        If the request has a playback, its labels are computed in turn with synthesis.
        """
        voice = self.registry.get(request.voice)
        rule = self.make_strength_rule(request)
        classifier = self.schedule_classifier(playback, cancelled) if playback else self.classifier
        request, remarks = follow_instructions(request, classifier, rule.threshold)
        fastest = MAX_SPEED if request.may_have_markup else min(request.speed, MAX_SPEED)

        def check(characters: int) -> None:
            raise_if_cancelled(cancelled)
            self.check_seconds(voice.estimate_seconds(characters, fastest))

        languages = self.registry.list_languages(voice)
        text = parse_request(request, classifier, rule, check, self.lexicon, languages)
        self.check_length(text.characters)
        selection = self.select_voices(request, text)
        characters = max(text.characters, count_expanded(request.text)) if text.is_plain else text.characters
        self.check_seconds(voice.estimate_seconds(characters, request.speed))
        surely_spoken = sum(map(str.isalnum, request.text)) if text.is_plain else 0
        request.check_room(selection.voice.estimate_seconds(surely_spoken, request.speed), selection.sample_rate)
        planner = self.make_planner(request, selection.voice)
        sentences = iterate_until_cancelled(cancelled, text.sentences)
        plan = IncrementalPlan(
            planner.plan(sentences, text.decisions), (*remarks, *text.warnings), request.pauses or DEFAULT_PAUSES
        )
        if not plan.plan_until(1):
            raise EmptyText(EMPTY, hint=EMPTY_HINT)
        if text.is_plain:
            check_script(request.text, selection.voice)
        return selection, plan

    def schedule_classifier(self, playback: Playback, cancelled: Callable[[], bool]) -> Classifier:
        """Return the classifier whose network the engine's workers run, in the order in which audio is needed.

        It raises `OverTimeBudget` once the request is cancelled.
        """
        compute = self.classifier.network.score

        def score_in_turn(batches: Sequence[Rows]) -> list[Sequence[ClassifierOutput]]:
            shapes = [rows[0][0].shape for rows in batches]
            return self.engine.compute(compute, batches, shapes, playback, cancelled)

        return self.classifier.scored_by(score_in_turn)

    def select_voices(self, request: SpeechRequest, text: ParsedText) -> VoiceSelection:
        """Select the request's voice and those in its text; their audio is joined at the highest of their rates."""
        voice = self.registry.get(request.voice)
        found = [voice, *(self.registry.get(name) for name in (*text.voices, *request.voices.values()))]
        voices = {one.name: one for one in found}
        loaders = tuple(self.engine.get_loader(one) for one in voices.values())
        return VoiceSelection(voice, voices, request.rate_for(max(one.sample_rate for one in found)), loaders)

    def make_planner(self, request: SpeechRequest, voice: Voice) -> Planner:
        """Return a planner with the options of a request; `voice` speaks the text that names no other."""
        return Planner(
            lambda name: self.registry.get(name or voice.name).abilities,
            degree=request.degree,
            speed=request.speed,
            volume=request.volume,
            pitch=request.pitch,
            strict=request.strict,
            voices=request.voices,
        )

    def make_strength_rule(self, request: SpeechRequest) -> StrengthRule:
        """Return how readily and how strongly emotions are voiced: by the request, else by the operator's settings.

        The threshold is the operator's, else the classifier's, else the default.
        """
        thresholds = (self.settings.threshold, self.classifier.settings.threshold, DEFAULT_THRESHOLD)
        expressiveness = request.expressiveness
        return StrengthRule(
            threshold=next(one for one in thresholds if one is not None),
            expressiveness=self.settings.expressiveness if expressiveness is None else expressiveness,
            graded=(request.strength or self.settings.strength) is StrengthMode.AUTO,
        )

    def check_text(self, text: str) -> None:
        """Raise if a plain text is empty or exceeds the limit, before any other check."""
        self.check_length(len(text))
        if not text.strip():
            raise EmptyText(EMPTY, hint=EMPTY_HINT)

    def check_length(self, characters: int) -> None:
        """Raise if a text exceeds the limit; markup does not count."""
        if characters > self.settings.max_chars:
            raise TextTooLong(
                f"The text has {characters} characters, the limit is {self.settings.max_chars}.",
                hint="Send the text in parts, or raise INTONE_MAX_CHARS.",
            )

    def check_seconds(self, seconds: float) -> None:
        """Raise if speech exceeds the limit."""
        if seconds > self.settings.max_audio_seconds:
            raise AudioTooLong(
                f"The speech would take {seconds:.0f} s, the limit is {self.settings.max_audio_seconds} s.",
                hint="Send the text in parts, or raise INTONE_MAX_AUDIO_SECONDS.",
            )


def prepare_process(settings: Settings) -> None:
    """Set what all models of the process share; call this before anything is loaded."""
    limit_arenas()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    limit_torch_threads(settings.threads)


def make_engine(settings: Settings, voice: Voice) -> Engine:
    """Return an engine with the backend of the settings, or the fastest one for a voice."""
    backend = choose_backend(
        settings.backend, voice, settings.graph_cache, settings.workers, settings.threads, settings.device
    )
    cache_bytes = settings.cache_mb * BYTES_PER_MB
    return Engine(backend, workers=settings.workers, batch_size=settings.batch_size, cache_bytes=cache_bytes)


def check_script(text: str, voice: Voice) -> None:
    """Raise `EmptyText` if all words of a plain text are in scripts that the voice's language cannot read."""
    if text.isascii() or READABLE.search(text):
        return
    readable, left_out = fit_to_language(clean(text), voice.abilities.language)
    if left_out and not readable:
        raise EmptyText(
            f"The text holds only {', '.join(left_out)}, which the voice {voice.name} cannot read.",
            hint=f"Send text in the language of the voice ({voice.manifest.locale}), or choose another voice.",
        )


def load_lexicon(path: Path) -> Lexicon:
    """Read the service's lexicon, and log what is wrong in it."""
    lexicon = read_lexicon(path)
    for warning in lexicon.warnings:
        log.warning("%s", warning.detail)
    return lexicon


def load_classifier(settings: Settings, backend: Backend) -> Classifier:
    """Load the classifier that the settings name."""
    label_map = read_label_map(settings.label_map) if settings.label_map else None
    remembered = CLASSIFIER_CACHE_CHARACTERS if settings.cache_mb else 0
    return Classifier.load(settings.classifier, label_map, backend, remembered)


def iterate_until_cancelled(cancelled: Callable[[], bool], sentences: Iterable[Sentence]) -> Iterator[Sentence]:
    """Yield sentences until the request is cancelled, then raise `OverTimeBudget`."""
    for sentence in sentences:
        raise_if_cancelled(cancelled)
        yield sentence


def estimate_seconds(utterances: list[Utterance], selection: VoiceSelection) -> float:
    """Estimate the duration of the speech in seconds, pauses included, before synthesis."""
    return sum(
        selection.voices[one.voice].estimate_seconds(count_model_chars(one.spoken), one.speed) + one.pause_after
        for one in utterances
    )
