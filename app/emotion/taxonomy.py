"""Map labels of known classifiers to emotions, and parse names and blends of emotions."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from app.errors import InvalidClassifier, InvalidRequest, UnknownEmotion
from app.types import MAX_WEIGHT, Blend, Emotion

AUTO = "auto"
WEIGHT_DIGITS = 6

EKMAN = {emotion.value: emotion for emotion in Emotion}
"""Ekman's six emotions and neutral by their own names, also the labels of
j-hartmann/emotion-english-distilroberta-base."""

GOEMOTIONS = {
    Emotion.NEUTRAL: ("neutral",),
    Emotion.JOY: tuple(
        "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief".split()
    ),
    Emotion.SADNESS: ("disappointment", "embarrassment", "grief", "remorse", "sadness"),
    Emotion.ANGER: ("anger", "annoyance", "disapproval"),
    Emotion.FEAR: ("fear", "nervousness"),
    Emotion.SURPRISE: ("confusion", "curiosity", "realization", "surprise"),
    Emotion.DISGUST: ("disgust",),
}
"""The 28 labels of GoEmotions, grouped as by its authors (arXiv 2005.00547, section 5.3)."""

EMOTION_OF_LABEL = EKMAN | {label: emotion for emotion, labels in GOEMOTIONS.items() for label in labels}

ALIASES: dict[Emotion, tuple[str, ...]] = {
    Emotion.NEUTRAL: ("calm",),
    Emotion.JOY: tuple("cheerful excited friendly hopeful happy joyful happiness excitement hope".split()),
    Emotion.SADNESS: ("sad", "depressed"),
    Emotion.ANGER: ("angry", "shouting"),
    Emotion.FEAR: ("terrified", "fearful"),
    Emotion.SURPRISE: ("surprised",),
    Emotion.DISGUST: ("disgruntled", "disgusted"),
}
"""Additional names of emotions in requests, most of them styles of Azure."""

WORDS: dict[Emotion, str] = {
    Emotion.NEUTRAL: (
        "calm composed neutral monotone monotonous flat emotionless unemotional deadpan matter-of-fact serene "
        "relaxed peaceful soothing tranquil indifferent expressionless dispassionate calmness"
    ),
    Emotion.JOY: (
        "happy joyful cheerful excited friendly hopeful glad delighted delight amused amusement ecstatic "
        "elated enthusiastic enthusiasm gleeful grateful gratitude jolly joyous merry optimistic optimism "
        "overjoyed pleased proud pride thrilled triumphant upbeat playful warm warmth bubbly jubilant "
        "exuberant loving affectionate welcoming satisfied relieved relief energetic lively smile smiling "
        "positive euphoric blissful happier cheer cheery joking excitement happiness hope joy"
    ),
    Emotion.SADNESS: (
        "sad depressed sorrowful sorrow gloomy melancholy melancholic mournful heartbroken grief grieving "
        "miserable dejected disappointed disappointment unhappy tearful crying sobbing weeping somber sombre "
        "lonely hopeless regretful regret remorseful remorse apologetic downcast wistful despair despairing "
        "guilty ashamed hurt sadder sadness devastated"
    ),
    Emotion.ANGER: (
        "angry shouting mad furious fury enraged rage irate annoyed annoyance irritated irritation frustrated "
        "frustration outraged outrage indignant hostile aggressive livid resentful exasperated wrath wrathful "
        "angrier shout shouts yell yells yelling anger impatient"
    ),
    Emotion.FEAR: (
        "terrified fearful afraid scared frightened anxious anxiety nervous nervousness worried worry "
        "panicked panic panicking panicky horrified terror dread alarmed uneasy apprehensive petrified "
        "concerned timid fear"
    ),
    Emotion.SURPRISE: (
        "surprised amazed amazement astonished astonishment shocked shock stunned startled awestruck "
        "astounded incredulous bewildered awe disbelief curious curiosity confused confusion puzzled "
        "intrigued surprise"
    ),
    Emotion.DISGUST: (
        "disgusted disgruntled disgust revolted repulsed repulsion revulsion sickened contemptuous contempt "
        "appalled nauseated scornful scorn disdainful disdain"
    ),
}
"""Words for an emotion in tags and in instructions; the adverbs of the adjectives among them count, too."""


def make_adverb(word: str) -> str:
    """Return the regular adverb of an adjective: `angry` -> `angrily`."""
    if word.endswith(("y", "le")):
        return word[:-1] + ("ily" if word.endswith("y") else "y")
    return word + ("ally" if word.endswith("ic") else "ly")


EMOTION_OF_WORD = {
    form: emotion for emotion, words in WORDS.items() for word in words.split() for form in (word, make_adverb(word))
}

EMOTION_OF_NAME = EKMAN | {alias: emotion for emotion, aliases in ALIASES.items() for alias in aliases}


def map_labels(labels: Iterable[str], label_map: Mapping[str, str] | None = None) -> dict[str, Emotion]:
    """Map each label of a classifier to its emotion; raise `InvalidClassifier` for a label without one.

    `label_map` adds to the known labels and overrides them; case is ignored.
    """
    known, labels = dict(EMOTION_OF_LABEL), list(labels)
    for label, name in (label_map or {}).items():
        try:
            known[label.lower()] = parse_emotion(name)
        except UnknownEmotion as error:  # no client is at fault
            raise InvalidClassifier(f"The label map, at {label}: {error.detail}", hint=error.hint) from None
    unmapped = [label for label in labels if label.lower() not in known]
    if unmapped:
        raise InvalidClassifier(
            f"The classifier has labels without an emotion: {', '.join(unmapped)}.",
            hint='Name a JSON file {"label": "emotion", …} in INTONE_LABEL_MAP.',
        )
    return {label: known[label.lower()] for label in labels}


def read_label_map(path: Path) -> dict[str, str]:
    """Read an operator's JSON file, `{"label": "emotion", …}`."""
    try:
        label_map = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidClassifier(f"The label map {path} cannot be read: {error}.") from None
    if not isinstance(label_map, dict) or not all(isinstance(value, str) for value in label_map.values()):
        raise InvalidClassifier(f'The label map {path} must look like {{"label": "emotion", …}}.')
    return label_map


def parse_emotion(name: str) -> Emotion:
    """Return the emotion of a name or an alias, ignoring case; raise `UnknownEmotion` if there is none."""
    wanted = name.strip().lower()
    if wanted not in EMOTION_OF_NAME:
        near = difflib.get_close_matches(wanted[:64], EMOTION_OF_NAME, n=1)
        hint = f"Emotions: {', '.join(Emotion)}." + (f" Did you mean {near[0]}?" if near else "")
        raise UnknownEmotion(f"There is no emotion {name!r:.80}.", hint=hint)
    return EMOTION_OF_NAME[wanted]


def parse_emotion_spec(written: str | Mapping[str, float]) -> Emotion | Blend | None:
    """Parse an emotion name, or a blend of several with weights, also in the form `joy:0.6,surprise:0.4`.

    Return None for `auto`, which has the classifier label each sentence. Raise `UnknownEmotion`, or `InvalidRequest`
    for a wrong weight.
    """
    if not isinstance(written, str):
        return make_blend(written)
    if written.strip().lower() == AUTO:
        return None
    return make_blend(parse_weights(written)) if ":" in written else parse_emotion(written)


def find_word_emotion(word: str) -> Emotion | None:
    """Return the emotion that a word in small letters names; None if it names none."""
    return EMOTION_OF_WORD.get(word)


def parse_weights(written: str) -> dict[str, float]:
    """Parse the weights in `joy:0.6,surprise:0.4`."""
    pairs = [part.partition(":") for part in written.split(",")]
    try:
        return {name.strip(): float(weight) for name, _, weight in pairs}
    except ValueError:
        hint = "Write it as joy:0.6,surprise:0.4, each weight a number above 0."
        raise InvalidRequest(f"The blend {written!r:.80} cannot be read.", hint=hint) from None


def make_blend(weights: Mapping[str, float]) -> Blend:
    """Normalize the weights of emotions, after adding those of several names of one emotion."""
    sums: dict[Emotion, float] = {}
    for name, weight in weights.items():
        if not 0 < weight <= MAX_WEIGHT:
            raise InvalidRequest(f"The weight of {name!r:.80} must be a number above 0, up to {MAX_WEIGHT}.")
        emotion = parse_emotion(name)
        sums[emotion] = sums.get(emotion, 0.0) + weight
    total = sum(sums.values())
    if abs(total - 1) <= len(sums) * 10**-WEIGHT_DIGITS:
        total = 1.0  # the weights come from a plan, which rounds them
    # Rounded as in a plan, so that a plan that the client sends back has exactly the same weights.
    return {emotion: round(weight / total, WEIGHT_DIGITS) for emotion, weight in sums.items()}
