"""Plan a text that arrives in pieces: the same utterances, emotions and pauses as if it had come whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.emotion import find_word_emotion
from app.emotion.classifier import Classifier, Excerpt, make_context
from app.live.prefix import ReadingOptions
from app.live.reader import Boundary, LiveReader
from app.planning.decide import decide_classified, decide_explicit
from app.planning.incremental import PlannedUtterance, compute_pause_between
from app.planning.instructions import follow_instructions
from app.planning.parse import decide_unknown, find_narrator, read_context
from app.text.lexicon import name_lexicons
from app.types import Assessment, Decision, PlanWarning, Sentence, SpeechRequest, Utterance

if TYPE_CHECKING:
    from app.synthesis.pipeline import Pipeline

MAX_REMEMBERED_WARNINGS = 100
"""Maximum warnings that are remembered so that none is reported twice."""


@dataclass(frozen=True, slots=True)
class LiveUtterance:
    """Planned utterance of a text that arrives in pieces."""

    utterance: Utterance
    """Its span counts code points from the beginning of the text. Its `pause_after` is not known yet: 0."""
    pause_before: float
    """Seconds of silence between the previous utterance and this one; 0 for the first one."""
    warnings: tuple[PlanWarning, ...] = ()


class LivePlan:
    """Plan of one text that arrives in pieces, which `reader` receives. Not thread-safe."""

    def __init__(
        self, pipeline: Pipeline, request: SpeechRequest, classifier: Classifier, *, first_at_comma: bool = False
    ) -> None:
        """Start a plan with the options of a request, whose text is ignored.

        With `first_at_comma`, the first clause is spoken as soon as a comma ends it. Raises `VoiceNotFound`.
        """
        voice = pipeline.registry.get(request.voice)
        self._rule = pipeline.make_strength_rule(request)
        self._request, remarks = follow_instructions(request, classifier, self._rule.threshold)
        self._make_planner = partial(pipeline.make_planner, self._request, voice)
        self._planner = self._make_planner()
        options = ReadingOptions(
            find_word_emotion if request.tags else None,
            name_lexicons(request.lexicon, pipeline.lexicon),
            pipeline.registry.get(find_narrator(request.voices) or request.voice).language,
            names_speakers=self._planner.characters.has_characters,
        )
        self.reader = LiveReader(options, first_at_comma=first_at_comma)
        self._classifier = classifier
        self._recent: deque[str] = deque(read_context(request.context), maxlen=self._classifier.settings.context)
        self._assessed: tuple[Excerpt, Assessment] | None = None
        """The sentence that was classified last."""
        self._before: PlannedUtterance | None = None
        self._coming: deque[LiveUtterance] = deque()
        self._warnings = [*remarks, *(request.lexicon.warnings if request.lexicon else ())]
        """Warnings that no utterance has reported yet."""

    @property
    def may_settle(self) -> bool:
        """See `LiveReader`."""
        return bool(self._coming) or self.reader.may_settle

    def read(self) -> LiveUtterance | Boundary | None:
        """Return the next utterance, the boundary after the last one before it, or None if it takes more text.

        Raises `FallbackRefused` and `BlendUnsupported` like a request.
        """
        while not self._coming:
            found = self.reader.read()
            if not isinstance(found, Sentence):
                return found
            self._coming.extend(self._plan(found))
        return self._coming.popleft()

    def expect(self) -> Utterance | None:
        """Return the next utterance as it will be if the text that follows begins another sentence; None if unlikely.

        All text must have been read. Raises what `read` raises.
        """
        sentence = self.reader.expect()
        if sentence is None:
            return None
        # Another planner, because this one remembers the warnings that it has returned.
        (planned,) = self._make_planner().plan([sentence], [self._decide(sentence)])
        return planned.utterances[0]

    def take_warnings(self) -> tuple[PlanWarning, ...]:
        """Return the warnings that no utterance has reported, each once."""
        warnings = (*self._warnings, *self.reader.take_warnings())
        self._warnings.clear()
        return warnings

    def _plan(self, sentence: Sentence) -> Iterable[LiveUtterance]:
        (planned,) = self._planner.plan([sentence], [self._decide(sentence)])
        self._recent.append(sentence.text)
        warnings = (*self.take_warnings(), *planned.warnings)
        if len(self._planner.warnings) > MAX_REMEMBERED_WARNINGS:
            self._planner.warnings.clear()
        for clause, utterance in zip(sentence.clauses, planned.utterances, strict=True):
            here = PlannedUtterance(utterance, clause, sentence)
            pause = compute_pause_between(self._before, here) if self._before else 0.0
            self._before = here
            yield LiveUtterance(utterance, pause, warnings)
            warnings = ()

    def _decide(self, sentence: Sentence) -> Decision:
        """Decide for a sentence, which the classifier reads with the sentences before it."""
        if self._request.emotion is not None:
            return decide_explicit(self._request.emotion, self._request.pinned_by)
        if unknown := decide_unknown(sentence.language, self._classifier):
            return unknown
        excerpt = Excerpt(make_context(self._recent), sentence.text)
        if self._assessed is None or self._assessed[0] != excerpt:
            (assessment,) = self._classifier.assess([excerpt], self._request.key_name)
            self._assessed = excerpt, assessment
        return decide_classified(self._assessed[1], self._rule)
