"""Synthesize sentences or read recordings of them, and normalize their words for comparison."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile

from app.errors import SetupError
from app.synthesis.pipeline import WARM_UP_TEXT, Pipeline
from app.synthesis.stream import Speech
from app.types import Emotion, Samples, SpeechRequest

CONTRACTIONS = {
    "can't": "cannot", "couldn't": "could not", "didn't": "did not", "don't": "do not", "he's": "he is", "i'm": "i am",
    "i've": "i have", "isn't": "is not", "it's": "it is", "she's": "she is", "that's": "that is", "there's": "there is",
    "wasn't": "was not", "we're": "we are", "what's": "what is", "won't": "will not", "wouldn't": "would not",
    "you're": "you are",
}  # fmt: skip
"""Contractions, which a recognizer writes either way, whatever was said."""

HOMOPHONES = (
    "bread bred", "choose chews", "coat cote", "flowers flours", "freeze frees frieze", "gate gait", "here hear",
    "higher hire", "hole whole", "hour our", "knock nock", "nights knights", "no know", "peel peal", "sail sale",
    "sell cell", "steps steppes", "two to too 2", "wait weight",
)  # fmt: skip
"""Words that sound alike: writing one for another is not a recognition error."""
HOMOPHONE_SPELLINGS = {word: line.split()[0] for line in HOMOPHONES for word in line.split()}
WORD_COUNT_PAIRS = ((1, 1), (1, 2), (2, 1))
"""Numbers of words that may match, in the text and as recognized: a recognizer splits and joins compounds."""


def find_edge_errors(text: str, understood: str) -> tuple[bool, bool]:
    """Return whether the first and the last word of a text were misheard: missing, replaced or not at the edge."""
    said, heard = normalize_homophones(text), normalize_homophones(understood)
    first = any("".join(said[:these]) == "".join(heard[:those]) for these, those in WORD_COUNT_PAIRS)
    last = any("".join(said[-these:]) == "".join(heard[-those:]) for these, those in WORD_COUNT_PAIRS)
    return not first, not last


def normalize_homophones(text: str) -> list[str]:
    """Return the words of a text with one spelling for homophones and no apostrophes (`zebras` sounds as `zebra's`)."""
    words = normalize_words(text).replace("'", "").split()
    return [HOMOPHONE_SPELLINGS.get(word, word) for word in words]


def normalize_words(text: str) -> str:
    """Return the words in lower case between spaces, without marks except apostrophes, contractions spelled out."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("’", "'"))
    return " ".join(CONTRACTIONS.get(word, word) for word in words)


def count_vowel_groups(text: str) -> int:
    """Count runs of written vowels, about the syllables of an English text."""
    return len(re.findall(r"[aeiouy]+", text.lower()))


SENTENCES_FILE = Path(__file__).with_name("sentences.tsv")
"""Lines of emotion, tab, sentence. No corpus that a voice was trained on may contain one of the sentences."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A sentence with the emotion and the seed to speak it with."""

    emotion: Emotion
    text: str
    seed: int
    """Index within the emotion: fixed, but different for each sentence, so that an unlucky draw affects only one."""


def read_sentences(emotions: Collection[Emotion], limit: int | None = None) -> list[Prompt]:
    """Read the sentences of these emotions, in the order of the file; at most `limit` of each."""
    count: Counter[Emotion] = Counter()
    found = []
    for line in SENTENCES_FILE.read_text(encoding="utf-8").splitlines():
        name, text = line.split("\t")
        emotion = Emotion(name)
        if emotion in emotions and (limit is None or count[emotion] < limit):
            found.append(Prompt(emotion, text, seed=count[emotion]))
            count[emotion] += 1
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A sentence and its audio."""

    group: str
    """Group for statistics: an emotion, or the group in a list of recordings."""
    text: str
    samples: Samples
    sample_rate: int
    """Sample rate in hertz."""
    computing_seconds: float | None = None
    """Seconds that the synthesis took; None if unknown."""

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def read_recordings(path: Path, limit: int | None = None) -> list[Recording]:
    """Read lines of group, tab, WAV or FLAC file (relative to the list), tab, text; at most `limit` of each group."""
    count: Counter[str] = Counter()
    found = []
    for number, line in enumerate(read_utf8(path).splitlines(), 1):
        if not line.strip():
            continue
        parts = line.split("\t")
        if len(parts) != 3 or not normalize_words(parts[2]):
            raise SetupError(f"Line {number} of {path} is not: group, tab, sound file, tab, text.")
        group, file, text = parts
        if limit is None or count[group] < limit:
            found.append(Recording(group, text, *_read_sound(path.parent / file)))
            count[group] += 1
    if not found:
        raise SetupError(f"{path} names no recordings.")
    return found


def read_utf8(path: Path) -> str:
    """Read a text with the line ends that it has."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SetupError(f"{path} is not UTF-8.") from None


def _read_sound(path: Path) -> tuple[Samples, int]:
    """Read the samples, averaged over the channels, and the sample rate."""
    try:
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise SetupError(f"{path} cannot be read as sound: {error.error_string}") from None
    if not len(samples):
        raise SetupError(f"{path} holds no sound.")
    return samples.mean(axis=1), sample_rate


def speak(pipeline: Pipeline, voice: str, sentences: Sequence[Prompt], degree: float = 1.0) -> Iterator[Recording]:
    """Speak each sentence with its emotion and time it, without the time to load the emotion's checkpoint."""
    warm: set[Emotion] = set()
    for sentence in sentences:
        if sentence.emotion not in warm:
            synthesize(pipeline, voice, Prompt(sentence.emotion, WARM_UP_TEXT, seed=0), degree)
            warm.add(sentence.emotion)
        began = time.perf_counter()
        speech = synthesize(pipeline, voice, sentence, degree)
        spent = time.perf_counter() - began
        yield Recording(sentence.emotion.value, sentence.text, speech.samples, speech.sample_rate, spent)


def speak_neutrally(pipeline: Pipeline, voice: str, sentences: Sequence[Prompt]) -> Iterator[Recording]:
    """Speak the emotional sentences again without their emotion, with the same seeds."""
    for sentence in sentences:
        if sentence.emotion is not Emotion.NEUTRAL:
            speech = synthesize(pipeline, voice, replace(sentence, emotion=Emotion.NEUTRAL), degree=1.0)
            yield Recording(Emotion.NEUTRAL.value, sentence.text, speech.samples, speech.sample_rate)


def synthesize(pipeline: Pipeline, voice: str, sentence: Prompt, degree: float) -> Speech:
    """Speak one sentence; raise `SetupError` if the result is silent."""
    # Strict: a fallback would be measured under the name of another emotion.
    request = SpeechRequest(
        sentence.text, voice=voice, emotion=sentence.emotion, degree=degree, seed=sentence.seed, strict=True
    )
    speech = pipeline.synthesize(request)
    if not speech.samples.any():
        raise SetupError(f"The voice {voice} is silent with {sentence.emotion}: {sentence.text}")
    return speech
