"""Parse a request into its sentences and a decision for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import tee

from app.emotion import Classifier, find_word_emotion, parse_emotion_spec, read_excerpts
from app.errors import InvalidRequest, UnknownEmotion
from app.planning.decide import StrengthRule, decide, decide_again, decide_neutral
from app.text import LengthCheck, read_input, read_ssml, segment
from app.text.clauses import shift_clause
from app.text.languages import get_base_language
from app.text.languages.voices import ENGLISH_VOICES, VoiceLanguages
from app.text.lexicon import Lexicon, name_lexicons
from app.types import (
    Blend,
    Clause,
    Decision,
    EditedUtterance,
    Emotion,
    PlanWarning,
    Role,
    Sentence,
    SpeechRequest,
    Turn,
)


@dataclass(frozen=True, slots=True)
class ParsedText:
    """Parsed request, whose sentences are read lazily."""

    sentences: Iterable[Sentence]
    decisions: Iterable[Decision]
    """Decision for each sentence."""
    characters: int
    """Code points without markup."""
    voices: tuple[str, ...] = ()
    """Names or aliases of the voices that occur in the request."""
    warnings: tuple[PlanWarning, ...] = ()
    is_plain: bool = False
    """Whether every letter and digit of the request is spoken, at the speed that the request sets."""


def parse_request(
    request: SpeechRequest,
    classifier: Classifier,
    rule: StrengthRule,
    check: LengthCheck,
    lexicon: Lexicon | None = None,
    languages: VoiceLanguages = ENGLISH_VOICES,
) -> ParsedText:
    """Parse a request; raise `InvalidSsml` if its markup is wrong.

    `check` may raise within a sentence to stop. `lexicon` is the service's; the request's own takes precedence.
    A text is in the language of the voice that narrates it.
    """
    if request.edited is not None:
        return parse_plan(request.edited, request, classifier, rule)
    lexicons = name_lexicons(request.lexicon, lexicon)
    warnings = request.lexicon.warnings if request.lexicon else ()
    if request.markup:
        marked = read_ssml(request.text, parse_style, check=check, lexicons=lexicons, voices=languages)
        labelled = label_sentences(marked.sentences, request, classifier, rule)
        return ParsedText(*labelled, marked.characters, marked.voices, (*warnings, *marked.warnings))
    turns = request.turns or (Turn(0, len(request.text)),)
    narrator = find_narrator(request.voices)
    texts = [
        read_input(
            request.text[turn.start : turn.end],
            request.input_format,
            check,
            find_emotion=find_word_emotion if request.tags else None,
            lexicons=lexicons,
            split_labels=bool(request.voices),
            language=languages.find_language(turn.voice or narrator),
        )
        for turn in turns
    ]
    sentences = (
        assign_turn(sentence, turn) if request.turns else sentence
        for turn, text in zip(turns, texts, strict=True)
        for sentence in text.sentences
    )
    return ParsedText(
        *label_sentences(sentences, request, classifier, rule),
        sum(text.characters for text in texts),
        tuple(dict.fromkeys(turn.voice for turn in turns if turn.voice)),
        tuple(dict.fromkeys((*warnings, *(one for text in texts for one in text.warnings)))),
        # Voices of characters leave labels of a script out.
        is_plain=all(text.is_plain for text in texts) and not request.voices,
    )


def find_narrator(voices: Mapping[str, str]) -> str | None:
    """Return the voice of the narration; None if it is the request's own."""
    return next((voice for name, voice in voices.items() if name.lower() == Role.NARRATION), None)


def assign_turn(sentence: Sentence, turn: Turn) -> Sentence:
    """Return a sentence of a turn at its offset in the request, with the turn's voice and emotion."""

    def assign(clause: Clause) -> Clause:
        manner = clause.manner
        if turn.emotion is not None and manner.emotion_spec is None:
            manner = replace(manner, emotion_spec=turn.emotion, origin="turn")
        return replace(shift_clause(clause, turn.start), manner=replace(manner, voice=manner.voice or turn.voice))

    start, end = sentence.start + turn.start, sentence.end + turn.start
    return replace(sentence, start=start, end=end, clauses=tuple(assign(clause) for clause in sentence.clauses))


def label_sentences(
    sentences: Iterable[Sentence], request: SpeechRequest, classifier: Classifier, rule: StrengthRule
) -> tuple[Iterable[Sentence], Iterable[Decision]]:
    """Return the sentences and a decision for each; an explicit emotion needs no classifier."""
    if request.emotion is not None:
        return sentences, decide(None, rule, request.emotion, request.pinned_by)
    sentences, read, known = tee(sentences, 3)
    excerpts = read_excerpts((one.text for one in read), read_context(request.context), classifier.settings.context)
    decisions, unknown = tee(decide_unknown(one.language, classifier) for one in known)
    readable = (excerpt for excerpt, decision in zip(excerpts, unknown, strict=True) if decision is None)
    return sentences, decide_again(decisions, classifier.stream(readable, request.key_name), rule)


def decide_unknown(language: str, classifier: Classifier) -> Decision | None:
    """Return a decision for neutral if the classifier does not know a language; None if it does."""
    base = get_base_language(language)
    if classifier.settings.knows(base):
        return None
    return replace(decide_neutral(f"the classifier does not know the language {base}: neutral", None), unknown=base)


def read_context(context: tuple[str, ...]) -> Iterator[str]:
    """Yield the sentences of the texts before the request's own."""
    return (text[span.start : span.end] for text in context for span in segment(text))


def parse_plan(
    edited: tuple[EditedUtterance, ...], request: SpeechRequest, classifier: Classifier, rule: StrengthRule
) -> ParsedText:
    """Parse the utterances of a plan that the client sends back."""
    before = read_context(request.context)
    excerpts = read_excerpts((one.sentence.text for one in edited), before, classifier.settings.context)
    known = [one.decision or decide_unknown(one.sentence.language, classifier) for one in edited]
    undecided = (excerpt for decision, excerpt in zip(known, excerpts, strict=True) if decision is None)
    decisions = decide_again(known, classifier.stream(undecided, request.key_name), rule)
    names = [clause.manner.voice for one in edited for clause in one.sentence.clauses]
    voices = tuple(dict.fromkeys(name for name in names if name is not None))
    characters = sum(len(one.sentence.text) for one in edited)
    warnings = tuple(dict.fromkeys(warning for one in edited for warning in one.warnings))
    return ParsedText([one.sentence for one in edited], decisions, characters, voices, warnings)


def parse_style(style: str) -> Emotion | Blend | None:
    """Parse the emotion of a markup style; return None for a style without one, such as `newscast`."""
    try:
        return parse_emotion_spec(style)
    except (UnknownEmotion, InvalidRequest):
        return None
