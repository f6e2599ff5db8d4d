"""Instructions in free words: what is understood, and what is reported as without effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest

from app.emotion import Classifier
from app.emotion.classifier import Excerpt
from app.planning.instructions import follow_instructions, parse_instructions
from app.types import Assessment, Emotion, SpeechRequest
from tests.growth import count_calls, grows_linearly
from tests.tables import check_rows

CASES = [
    ("hardly happy", "", "happy"),
    ("furious, barely containing his rage", "anger", ""),
    ("nothing sad", "", "sad"),
    ("Sound angry, but keep your volume low.", "anger volume 0.6", ""),
    ("lower your voice", "pitch -2", ""),
    ("Sound cheerful.", "joy", ""),
    ("Sound cheerful, please.", "joy", ""),
    ("Please read this in a sad voice.", "sadness", ""),
    ("angrily", "anger", ""),
    ("with a lot of anger", "anger", "lot"),
    ("like an angry neighbour", "anger", "neighbour"),
    ("in a terrified tone", "fear", ""),
    ("You are disgusted.", "disgust", ""),
    ("Sound surprised and amazed.", "surprise", ""),
    ("calmly", "neutral", ""),
    ("in a flat, emotionless voice", "neutral", ""),
    ("as monotone as possible", "neutral", ""),
    ("Speak without any emotion.", "neutral", ""),
    ("No feelings, please.", "neutral", ""),
    ("calm but sad", "sadness", ""),
    ("super-excited", "joy 1.5", ""),
    ("slightly sad", "sadness 0.5", ""),
    ("a bit nervous", "fear 0.5", ""),
    ("with a hint of sadness", "sadness 0.5", ""),
    ("very angry", "anger 1.5", ""),
    ("really, really happy", "joy 1.5", ""),
    ("Sound extremely happy.", "joy 2", ""),
    ("deeply sad", "sadness 1.5", ""),
    ("make it sound less angry", "anger 0.5", ""),
    ("a little more cheerful", "joy 1.5", ""),
    ("don't sound angry", "", "angry"),
    ("Please do not be sad.", "", "sad"),
    ("not sad", "", "sad"),
    ("never angry", "", "angry"),
    ("without anger", "", "anger"),
    ("no anger", "", "anger"),
    ("avoid sounding angry", "", "angry"),
    ("Don't sound angry, sad, or bored.", "", "bored angry sad"),
    ("neither sad nor angry", "", "sad angry"),
    ("Don't sound angry, sound happy.", "joy", "angry"),
    ("Not angry, just disappointed.", "sadness", "angry"),
    ("Not sad but happy!", "joy", "sad"),
    ("Don't be sad. Be happy.", "joy", "sad"),
    ("rather than sad, be happy", "joy", "sad"),
    ("happy instead of sad", "joy", "sad"),
    ("instead of angry, sound sad", "sadness", "angry"),
    ("free of fear", "", "fear"),
    ("You can't contain your excitement.", "joy", ""),
    ("She can hardly hide her joy, don't suppress it.", "joy", ""),
    ("not only happy but surprised", "several", ""),
    ("Don't be afraid to sound angry.", "anger", ""),
    ("Don’t sound angry.", "", "angry"),
    ("Do not sound angry and speak slowly.", "speed 0.8", "angry"),
    ("Speak slowly, not sadly.", "speed 0.8", "sadly"),
    ("speak slowly", "speed 0.8", ""),
    ("very slowly", "speed 0.64", ""),
    ("slightly faster", "speed 1.12", ""),
    ("Talk fast.", "speed 1.25", ""),
    ("extremely fast", "speed 1.95", ""),
    ("at double speed", "speed 2", ""),
    ("at 0x speed", "", "0x"),
    ("at 0 speed, angrily", "anger", "0"),
    ("twice as fast", "speed 2", ""),
    ("at half the speed", "speed 0.5", ""),
    ("half as fast", "speed 0.5", ""),
    ("twice as slow", "speed 0.5", ""),
    ("1.5x", "speed 1.5", ""),
    ("at 1.25x speed", "speed 1.25", ""),
    ("speed of 1.2", "speed 1.2", ""),
    ("20% slower", "speed 0.8", ""),
    ("30 percent faster", "speed 1.3", ""),
    ("at 80% speed", "speed 0.8", ""),
    ("slow down", "speed 0.8", ""),
    ("Take your time.", "speed 0.8", ""),
    ("speed up", "speed 1.25", ""),
    ("at a brisk pace", "speed 1.25", ""),
    ("unhurried", "speed 0.8", ""),
    ("at a high speed", "speed 1.25", ""),
    ("loudly", "volume 1.4", ""),
    ("very loudly", "volume 1.96", ""),
    ("whisper", "volume 0.35", ""),
    ("Whisper it softly.", "volume 0.35", ""),
    ("quietly", "volume 0.6", ""),
    ("at low volume", "volume 0.6", ""),
    ("with a low voice", "pitch -2", ""),
    ("in a very deep voice", "pitch -4", ""),
    ("high-pitched", "pitch 2", ""),
    ("Use a slightly higher pitch.", "pitch 1", ""),
    ("a deep, slow, quiet voice", "speed 0.8 volume 0.6 pitch -2", ""),
    ("Speak slowly and sadly, in a low voice.", "sadness speed 0.8 pitch -2", ""),
    ("whisper angrily", "anger volume 0.35", ""),
    ("Use a British accent.", "(Use a British accent.)", "british accent"),
    ("Use a British accent and sound cheerful.", "joy", "british accent"),
    ("First sad, then cheerful.", "several", "first"),
    ("happy, sad, angry", "several", ""),
    ("Don't rush.", "", "rush"),
    ("Do not speak too loudly.", "", "loudly"),
    ("as if you had just won the lottery", "(I had just won the lottery.)", "had won lottery"),
    ("Speak slowly, as if your dog had died.", "speed 0.8 (My dog had died.)", "dog had died"),
    ("like a pirate", "(A pirate.)", "pirate"),
    ("Voice: warm, friendly. Pacing: slow. Tone: positive.", "joy speed 0.8", ""),
    ("Personality: gloomy and resigned.", "sadness", "personality resigned"),
    ("123 !!! ???", "", "123"),
]


def describe(text: str) -> str:
    """Return what is understood, such as `joy 1.5 speed 0.8`, with the situation to classify in parentheses."""
    found = parse_instructions(text)
    parts = [str(found.emotion)] if found.emotion else []
    parts += [f"{found.degree:g}"] if found.degree else []
    values = (("speed", found.speed, 1), ("volume", found.volume, 1), ("pitch", found.pitch, 0))
    parts += [f"{name} {value:.3g}" for name, value, unchanged in values if value != unchanged]
    parts += ["several"] if found.several else []
    parts += [f"({found.situation})"] if found.situation else []
    return " ".join(parts)


@check_rows(("text", "expected", "ignored"), CASES)
def test_instructions_are_understood_as_expected(text: str, expected: str, ignored: str) -> None:
    assert describe(text) == expected
    assert " ".join(parse_instructions(text).ignored) == ignored


class OneEmotion:
    """A classifier that finds the same emotion with some probability in any text."""

    def __init__(self, emotion: Emotion, probability: float) -> None:
        self.emotion, self.probability = emotion, probability

    def assess(self, excerpts: Sequence[Excerpt], key_name: str | None = None) -> list[Assessment]:
        self.key_name = key_name
        others = (1 - self.probability) / (len(Emotion) - 1)
        probabilities = {one: self.probability if one is self.emotion else others for one in Emotion}
        return [Assessment(probabilities) for _ in excerpts]


def follow(
    request: SpeechRequest, emotion: Emotion = Emotion.NEUTRAL, probability: float = 0.9
) -> tuple[SpeechRequest, list[str]]:
    changed, warnings = follow_instructions(request, cast(Classifier, OneEmotion(emotion, probability)), 0.4)
    return changed, [warning.code for warning in warnings]


HELLO = SpeechRequest("Hello.")


def test_instructions_change_the_request() -> None:
    asked = replace(
        HELLO, instructions="Very slowly and slightly sad, in a low voice.", degree=1.2, speed=2.0, pitch=1.0
    )
    changed, codes = follow(asked)
    assert (changed.emotion, changed.degree, changed.pitch) == (Emotion.SADNESS, 0.6, -1.0)
    assert changed.speed == pytest.approx(1.28)
    assert codes == []


@pytest.mark.parametrize(
    ("instructions", "codes"),
    [
        (None, []),
        (" \n", []),
        ("Sound happy.", []),
        ("Sound happy, with a British accent.", ["instructions_partly"]),
        ("Use a British accent.", ["instructions_ignored"]),
        ("First sad, then happy.", ["instructions_ignored"]),
        ("First sad, then happy, slowly.", ["instructions_partly", "instructions_partly"]),
        ("Don't sound sad.", ["instructions_ignored"]),
        ("Don't sound sad, speak slowly.", ["instructions_partly"]),
        ("Whisper.", ["whisper_quiet"]),
        ("Speak at 0.1x speed.", ["speed_limited"]),
    ],
)
def test_what_has_no_effect_is_reported(instructions: str | None, codes: list[str]) -> None:
    assert follow(replace(HELLO, instructions=instructions))[1] == codes


@pytest.mark.parametrize(
    ("instructions", "codes"),
    [("Sound happy.", ["instructions_ignored"]), ("Sound happy, slowly.", ["instructions_partly"]), ("Slowly.", [])],
)
def test_a_chosen_emotion_counts_beside_instructions(instructions: str, codes: list[str]) -> None:
    asked = replace(HELLO, instructions=instructions, emotion=Emotion.FEAR, has_emotion=True)
    changed, found = follow(asked)
    assert (changed.emotion, found) == (Emotion.FEAR, codes)


@pytest.mark.parametrize(
    ("instructions", "emotion", "probability", "expected"),
    [
        ("as if you had won", Emotion.JOY, 0.6, Emotion.JOY),
        ("as if you had won", Emotion.JOY, 0.3, None),
        ("like a newsreader", Emotion.NEUTRAL, 0.9, None),
        ("not as if you had won", Emotion.JOY, 0.6, None),
        ("Sound sad, as if you had won", Emotion.JOY, 0.9, Emotion.SADNESS),
    ],
)
def test_a_situation_is_classified_if_no_word_names_an_emotion(
    instructions: str, emotion: Emotion, probability: float, expected: Emotion | None
) -> None:
    changed, codes = follow(replace(HELLO, instructions=instructions), emotion, probability)
    assert changed.emotion is expected
    assert codes == ([] if expected is Emotion.JOY else ["instructions_partly" if expected else "instructions_ignored"])


def test_a_warning_names_few_words() -> None:
    asked = replace(HELLO, instructions="Slowly. " + " ".join(f"x{'y' * number}" for number in range(1000)))
    (warning,) = follow_instructions(asked, cast(Classifier, OneEmotion(Emotion.NEUTRAL, 0.9)), 0.4)[1]
    assert len(warning.detail) < 600


@pytest.mark.parametrize(
    "unit", ["not ", "a-", "like ", "you ", "1.5x ", "don't sad, ", "half the ", "as if", "as if ", "speed "]
)
def test_hostile_instructions_take_linear_work(unit: str) -> None:
    def count_calls_to_parse(length: int) -> int:
        text = (unit * length)[:length]
        return count_calls(lambda: parse_instructions(text))

    assert grows_linearly(count_calls_to_parse, 4_000)


def test_situations_of_different_keys_are_cached_apart() -> None:
    classifier = OneEmotion(Emotion.JOY, 0.9)
    asked = replace(HELLO, instructions="as if you had won", key_name="mine")
    follow_instructions(asked, cast(Classifier, classifier), 0.4)
    assert classifier.key_name == "mine"
