"""Read instructions in free words: the emotion, degree, rate, loudness and pitch that they request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.emotion import Classifier, find_word_emotion
from app.emotion.classifier import Excerpt
from app.planning.decide import MAX_DEGREE, find_most_probable
from app.planning.planner import MAX_SPEED, MIN_SPEED
from app.text.delivery import read_delivery, split_words
from app.types import Emotion, PlanWarning, SpeechRequest

RATIO = re.compile(
    r"\b(?:(?P<word>double|twice|triple|half)|(?P<number>\d{1,3}(?:\.\d{1,3})?)\s?(?P<unit>x|times|%|percent))"
    r"\s?(?:(?:the|as|of|its|your|normal|usual|regular|original)\s){0,3}"
    r"(?P<what>speed|pace|rate|tempo|fast|faster|quick|quickly|quicker|slow|slowly|slower)\b"
    r"|\b(?P<times>\d{1,2}(?:\.\d{1,3})?)x(?!\w)|\b(?:speed|rate)\s(?:(?:of|to|at)\s)?(?P<only>\d{1,2}(?:\.\d{1,3})?)(?![\w%])",
    re.IGNORECASE,
)
"""A speaking rate as a number: `at double speed`, `1.5x`, `20% slower`."""
RATIO_WORDS = {"double": 2.0, "twice": 2.0, "triple": 3.0, "half": 0.5}
RATE_PHRASES = (
    (re.compile(r"\b(?:slow(?:ing)? down|take your time)\b", re.IGNORECASE), "slowly"),
    (re.compile(r"\b(?:speed(?:ing)? (?:it )?up|pick up the pace)\b", re.IGNORECASE), "quickly"),
)
"""Phrases for the rate, and the word that stands for each."""
CLAUSE = re.compile(r"([^,.;:!?\n()—–]+)([,.;:!?\n()—–]?)")
NEGATIONS = frozenset(
    "not no never nothing without avoid avoiding cannot nor neither hardly barely scarcely dont minus lacking "
    "lack".split()
)
"""Words that negate the words after them, besides those that end in `n't`."""
NEGATED_PHRASES = frozenset(
    (("instead", "of"), ("rather", "than"), ("free", "of"), ("anything", "but"), ("far", "from"))
)
RESTRAINTS = frozenset(
    "only contain containing contained hide hiding hidden hold holding help wait believe stop suppress suppressing "
    "conceal resist control controlling just".split()
)
"""Words that undo a negation before them: one who cannot contain joy is joyful."""
FEARS = frozenset("afraid hesitate scared shy fear forget".split())
"""Words before `to` that undo a negation: `don't be afraid to sound angry`."""
CONTRASTS = frozenset("but instead just rather only yet however though".split())
"""Words that end a negation."""
VERBS = frozenset(
    "sound speak be use talk say read keep make stay act try deliver show sounding speaking being please".split()
)
"""Words that begin another request, and end a negation after a comma or `and`."""
FEELING_WORDS = frozenset("emotion emotions feeling feelings expression".split())
COMPARISON = re.compile(r"\b(?:as if|as though|like)\s+([^.;!?\n]+)", re.IGNORECASE)
PERSONS = (
    (re.compile(r"\byou(?:'re|’re| are| were)\b", re.IGNORECASE), "I am"),
    (re.compile(r"\b(?:at|on|with|to|for|from|behind|of|about|told|by) you\b", re.IGNORECASE), "me"),
    (re.compile(r"\byou(?='|’|\s)", re.IGNORECASE), "I"),
    (re.compile(r"\byou\b", re.IGNORECASE), "me"),
    (re.compile(r"\byour\b", re.IGNORECASE), "my"),
)
"""Replacements of the second person: the classifier knows what people say about themselves."""
MAX_LISTED = 10
"""Maximum words that a warning names."""
MAX_LISTED_CHARS = 40


@dataclass(frozen=True, slots=True)
class Instructions:
    """What instructions request, as far as it is understood."""

    emotion: Emotion | None = None
    degree: float | None = None
    """Degree of the emotion; None if no word sets it."""
    speed: float = 1.0
    """Factor on the speaking rate."""
    volume: float = 1.0
    """Linear gain."""
    pitch: float = 0.0
    """Semitones above the voice's own pitch."""
    whispered: bool = False
    """Whether a whisper is requested."""
    situation: str = ""
    """Text to classify if no word names an emotion, in the first person; empty if there is none."""
    several: bool = False
    """Whether several emotions are named."""
    ignored: tuple[str, ...] = ()
    """Words without effect, each once."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was understood."""
        return self.emotion is None and (self.speed, self.volume, self.pitch) == (1.0, 1.0, 0.0)


def parse_instructions(text: str) -> Instructions:
    """Parse instructions; the time is linear in their length."""
    speed, text = parse_ratio(text)
    for phrase, word in RATE_PHRASES:
        text = phrase.sub(word, text)
    words, excluded = split_negated(text)
    found, negated = read_delivery(words, find_word_emotion), read_delivery(excluded, find_word_emotion)
    main = found.main
    if not found.emotions and not negated.emotions and FEELING_WORDS.intersection(excluded):
        main = (Emotion.NEUTRAL, None)
    emotion, degree = main or (None, None)
    is_open = not (found.emotions or excluded) and any(word.isalpha() for word in found.unknown)
    without_effect = found.unknown + [word for word in excluded if is_meaningful(word)]
    return Instructions(
        emotion,
        degree,
        found.speed if speed is None else speed,
        found.volume,
        found.pitch,
        found.whispered,
        situation=make_situation(text) if is_open else "",
        several=main is None and len(found.emotions) > 1,
        ignored=tuple(dict.fromkeys(without_effect)),
    )


def is_meaningful(word: str) -> bool:
    """Return whether a word that is negated would have an effect otherwise."""
    return not read_delivery([word], find_word_emotion).is_empty


def parse_ratio(text: str) -> tuple[float | None, str]:
    """Return the speaking rate that a number sets, and the text without it; a rate of zero sets none."""
    match = RATIO.search(text)
    ratio = compute_ratio(match) if match else 0.0
    if not match or ratio <= 0:
        return None, text
    return ratio, f"{text[: match.start()]} {text[match.end() :]}"


def compute_ratio(match: re.Match[str]) -> float:
    """Return the factor on the speaking rate that a match of `RATIO` describes; 0 or less if there is none."""
    plain = match["times"] or match["only"]
    if plain:
        return float(plain)
    ratio = RATIO_WORDS[match["word"].lower()] if match["word"] else float(match["number"])
    what, is_share = match["what"].lower(), match["unit"] in ("%", "percent")
    ratio /= 100 if is_share else 1
    if is_share and what.endswith("er"):
        return 1 - ratio if what == "slower" else 1 + ratio
    return 1 / ratio if ratio and what.startswith("slow") else ratio


def split_negated(text: str) -> tuple[list[str], list[str]]:
    """Return the words that are meant, and those that are negated."""
    meant: list[str] = []
    negated: list[str] = []
    continued = False
    for clause, mark in CLAUSE.findall(text):
        words = split_words(clause)
        if not words:
            continue
        continued = continued and words[0] not in VERBS and words[0] not in CONTRASTS
        is_negated = False
        for word, is_negated in mark_negated(words):
            is_excluded = is_negated or (continued and find_word_emotion(word) is not None)
            (negated if is_excluded else meant).append(word)
        continued = mark == "," and (is_negated or continued)
    return meant, negated


def mark_negated(words: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each word of a clause with whether it is negated, without the words that negate."""
    is_negated, skipped = False, 0
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if skipped:
            skipped -= 1
        elif word in NEGATIONS or word.endswith("n't"):
            is_negated = following not in RESTRAINTS
            skipped = int(not is_negated)
        elif (word, following) in NEGATED_PHRASES:
            is_negated, skipped = True, 1
        elif is_negated and word in FEARS and following == "to":
            is_negated, skipped = False, 1
        elif word in CONTRASTS or (is_negated and word in ("and", "then") and following in VERBS):
            is_negated = False
        else:
            yield word, is_negated


def make_situation(text: str) -> str:
    """Return what instructions compare the delivery to, or else all of them, in the first person."""
    match = COMPARISON.search(text)
    situation = (match[1] if match else text).strip()
    for pattern, person in PERSONS:
        situation = pattern.sub(person, situation)
    return situation[:1].upper() + situation[1:].rstrip(",: ") + ("" if situation.endswith((".", "!", "?")) else ".")


def follow_instructions(
    request: SpeechRequest, classifier: Classifier, threshold: float
) -> tuple[SpeechRequest, tuple[PlanWarning, ...]]:
    """Return the request with what its instructions set, and warnings about what they do not.

    If no word names an emotion, the classifier labels the situation that the instructions describe, from the
    probability `threshold` on.
    """
    written = (request.instructions or "").strip()
    if not written:
        return request, ()
    found = parse_instructions(written)
    if found.situation and not request.has_emotion:
        found = classify_situation(found, classifier, threshold, request.key_name)
    speed = min(max(request.speed * found.speed, MIN_SPEED), MAX_SPEED)
    warnings = tuple(warn_ignored(found, request))
    if speed != request.speed * found.speed:
        detail = f"A speed of {request.speed * found.speed:.2f} was read as {speed:g}."
        warnings += (PlanWarning("speed_limited", detail),)
    emotion, degree = (None, None) if request.has_emotion else (found.emotion, found.degree)
    changed = replace(
        request,
        emotion=request.emotion if emotion is None else emotion,
        pinned_by=request.pinned_by if emotion is None else "instructions",
        degree=min(request.degree * (degree or 1.0), MAX_DEGREE),
        speed=speed,
        volume=request.volume * found.volume,
        pitch=request.pitch + found.pitch,
    )
    return changed, warnings


def classify_situation(
    found: Instructions, classifier: Classifier, threshold: float, key_name: str | None
) -> Instructions:
    """Add the emotion of the situation, if it is probable enough; its words are then no longer ignored."""
    (assessment,) = classifier.assess([Excerpt("", found.situation)], key_name)
    probabilities = assessment.probabilities
    emotion = find_most_probable(probabilities)
    if emotion is Emotion.NEUTRAL or probabilities[emotion] < threshold:
        return found
    understood = set(split_words(found.situation))
    left = tuple(word for word in found.ignored if word not in understood)
    return replace(found, emotion=emotion, ignored=left)


def warn_ignored(found: Instructions, request: SpeechRequest) -> Iterator[PlanWarning]:
    """Yield warnings about what has no effect."""
    if found.whispered:
        yield PlanWarning("whisper_quiet", "The instructions request a whisper: the voice speaks quietly instead.")
    is_beside = request.has_emotion and (found.emotion is not None or found.several)
    if found.is_empty or (is_beside and replace(found, emotion=None).is_empty):
        yield PlanWarning(
            "instructions_ignored", f"The instructions {explain_ignored(found, is_beside)} and were ignored."
        )
        return
    if is_beside:
        yield PlanWarning(
            "instructions_partly", "The emotion in the instructions was ignored, because `emotion` is set."
        )
    elif found.several:
        yield PlanWarning("instructions_partly", "The instructions name several emotions, of which none was set.")
    if found.ignored:
        listed = ", ".join(repr(word[:MAX_LISTED_CHARS]) for word in found.ignored[:MAX_LISTED])
        more = " and others" if len(found.ignored) > MAX_LISTED else ""
        yield PlanWarning("instructions_partly", f"These words of the instructions had no effect: {listed}{more}.")


def explain_ignored(found: Instructions, is_beside: bool) -> str:
    """Return why nothing in the instructions has an effect."""
    if is_beside:
        return "are overridden by `emotion`"
    if found.several:
        return "name several emotions"
    return "name no emotion that can be set"
