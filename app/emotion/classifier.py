"""Compute the probabilities of the seven emotions of a sentence with any Hugging Face sequence classifier.

A classifier can also read earlier sentences and estimate the intensity of the emotion. Its `config.json` contains:

    "intone": {"version": "2", "threshold": 0.35, "context": 2, "languages": ["en"]}

`context` is the number of earlier sentences; sentences in languages that `languages` does not list are spoken
neutrally. An additional output with the label `strength` is the logit of the intensity. With `"words": 0.6`, the
table `words.tsv` in the classifier's folder corrects the probabilities after they are raised to that power
(`app.emotion.words`).
"""

from __future__ import annotations

import copy
import functools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from app.emotion.taxonomy import map_labels
from app.emotion.words import WORDS_FILE, WordTable, read_words
from app.errors import InvalidClassifier
from app.memory import Lru
from app.text.languages import get_base_language
from app.types import Assessment, ClassifierId, Emotion, Probabilities

if TYPE_CHECKING:
    from torch import nn

    from app.emotion.network import ClassifierDesign, ClassifierOutput
    from app.inference import AnyArray, Backend, LazyModule

CONTEXT_WORDS = 40
"""Maximum words of the context, the last words of the sentences before a sentence."""
MAX_WORD_CHARACTERS = 100
"""Maximum characters of a word of the context, which also bounds a text without spaces."""


Rows = Sequence["tuple[AnyArray, ...]"]
"""Inputs of texts of one padded length."""
Score = Callable[[Sequence[Rows]], Sequence[Sequence["ClassifierOutput"]]]
"""Function from batches to the network's output for each text of each batch."""


class Excerpt(NamedTuple):
    """Sentence and its context."""

    context: str
    """Text before the sentence; empty if there is none."""
    text: str


def make_context(before: Iterable[str]) -> str:
    """Join sentences in order, and keep the last words."""
    words = [word[-MAX_WORD_CHARACTERS:] for sentence in before for word in sentence.split()]
    return " ".join(words[-CONTEXT_WORDS:])


def read_excerpts(sentences: Iterable[str], before: Iterable[str], count: int) -> Iterator[Excerpt]:
    """Yield each sentence with the context of the `count` sentences before it.

    Sentences in `before` come first and serve only as context.
    """
    recent = deque(before, maxlen=count)
    for sentence in sentences:
        yield Excerpt(make_context(recent), sentence)
        recent.append(sentence)


MAX_CHARACTERS = 4000
"""Maximum characters that the tokenizer gets; no 512 tokens of natural text are longer."""
FIRST_GROUP, GROUP = 1, 8
"""Sentences classified at once if a text is streamed: in the first batch, and most in a later one. Each batch is twice
as large as the one before, so that audio never waits for labels that are needed much later."""
TOKEN_STEP = 16
"""Inputs are padded to a multiple of this number of tokens, because a backend prepares itself for each new length."""
ENTRY_CHARACTERS = 1000
"""Memory of a cache entry in addition to its text, in characters."""
FILE_ENDINGS = (".json", ".safetensors", ".txt", ".model")
"""Endings of the files from which the network of a classifier is built."""
STRENGTH_LABEL = "strength"
"""Label of the output that is not an emotion: the logit of the intensity."""
MAX_POWER = 2.0
"""Maximum power of the network's probabilities before words correct them."""
MAX_CONTEXT = 8
"""Maximum earlier sentences that a classifier may read."""


@dataclass(frozen=True, slots=True)
class ClassifierSettings:
    """Settings in the config.json of a classifier."""

    version: str = "unknown"
    threshold: float | None = None
    """Minimum probability at which an emotion is voiced."""
    context: int = 0
    """Number of earlier sentences that the classifier reads with a sentence."""
    words: float | None = None
    """Power of the probabilities before the table of words corrects them; None if there is no table."""
    languages: tuple[str, ...] = ()
    """Languages that the classifier was trained on, such as `en`; empty if its folder names none: then any is read."""

    def knows(self, language: str) -> bool:
        """Return whether the classifier reads a language, without its region."""
        return not self.languages or language in self.languages


class Classifier:
    """Thread-safe emotion classifier."""

    def __init__(
        self,
        module: nn.Module | LazyModule,
        design: ClassifierDesign,
        label_map: Mapping[str, str] | None,
        source: str,
        backend: Backend,
        remembered: int,
    ) -> None:
        self.settings = read_settings(design.settings, source)
        self.words = load_words(source, self.settings.words)
        labels = list(design.labels)
        intensity = labels.index(STRENGTH_LABEL) if STRENGTH_LABEL in labels else None
        labels = [label for index, label in enumerate(labels) if index != intensity]
        emotion_of = map_labels(labels, label_map)
        self.emotions = [emotion_of[label] for label in labels]
        from tokenizers import Tokenizer

        from app.emotion.network import ClassifierNetwork

        self.design = design
        self.tokenizer = Tokenizer.from_str(design.tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(design.longest)
        self.name = ClassifierId(Path(source).name, self.settings.version)
        self.known: Lru[tuple[str | None, Excerpt], Assessment] = Lru(
            remembered, lambda key, _: len(key[1].context) + len(key[1].text) + ENTRY_CHARACTERS
        )
        """Cache by key name and excerpt; `SpeechRequest.key_name` documents why entries are kept apart."""
        self.network = ClassifierNetwork(module, design, backend, intensity)
        self.score: Score = self.score_batches

    def scored_by(self, score: Score) -> Classifier:
        """Return this classifier with another way to run its network; both share the cache."""
        other = copy.copy(self)
        other.score = score
        return other

    @classmethod
    def load(
        cls,
        source: Path | str,
        label_map: Mapping[str, str] | None = None,
        backend: Backend | None = None,
        remembered: int = 0,
    ) -> Classifier:
        """Load a local folder or a model of the Hugging Face Hub, with weights only from safetensors.

        `backend` runs the network, by default PyTorch. `remembered` is the capacity, in characters, of the cache of
        classified sentences. Raise `InvalidClassifier` if the classifier cannot be used.
        """
        from app.emotion.network import ClassifierDesign
        from app.inference import LazyModule
        from app.inference.graph_cache import hash_file, make_graph_key
        from app.inference.selection import make_torch_backend

        source = str(source)
        local = Path(source).is_dir()
        if not local and (source.startswith((".", "/", "~")) or source.count("/") > 1):
            raise InvalidClassifier(
                f"There is no classifier in {source}.", hint="Name its folder in INTONE_CLASSIFIER."
            )
        if backend is None:
            backend = make_torch_backend()
        read = functools.cache(lambda: read_model(source, local))
        if not local:  # only transformers can find out what has changed on the Hub
            built, values = read()
            return cls(built, ClassifierDesign(**values), label_map, source, backend, remembered)
        files = sorted(path for path in Path(source).iterdir() if path.suffix in FILE_ENDINGS and path.is_file())
        key = make_graph_key("classifier", [(path.name, hash_file(path)) for path in files])
        design = ClassifierDesign(**backend.recall(make_graph_key("classifier design", key), lambda: read()[1]))
        module = LazyModule("LogitsModule", key, lambda: read()[0])
        return cls(module, design, label_map, source, backend, remembered)

    def stream(self, excerpts: Iterable[Excerpt], key_name: str | None = None) -> Iterator[Assessment]:
        """Yield assessments as `assess` returns them, a few excerpts at a time; the first alone, for low latency."""
        source, size = iter(excerpts), FIRST_GROUP
        while group := list(islice(source, size)):
            yield from self.assess(group, key_name)
            size = min(2 * size, GROUP)

    def classify(self, texts: Sequence[str]) -> list[Probabilities]:
        """Compute the probabilities of sentences without any context."""
        return [one.probabilities for one in self.assess([Excerpt("", text) for text in texts])]

    def assess(self, excerpts: Sequence[Excerpt], key_name: str | None = None) -> list[Assessment]:
        """Assess sentences, each with its context; a text may contain any characters.

        The assessment of an excerpt does not depend, to the last bit, on the other excerpts; otherwise they could
        decide whether its emotion reaches the threshold.
        """
        found = [self.known.get((key_name, one)) for one in excerpts]
        rows = {place: self.encode(excerpts[place]) for place, one in enumerate(found) if one is None}
        readable = [place for place in rows if rows[place]]
        batches = list(make_batches(readable, lambda place: rows[place][0].shape[1]))
        outputs = self.score([[rows[place] for place in batch] for batch in batches])
        for batch, scored in zip(batches, outputs, strict=True):
            for place, output in zip(batch, scored, strict=True):
                probabilities = self.sum_by_emotion(output.scores)
                if self.words:
                    probabilities = self.words.correct(probabilities, excerpts[place].text, not excerpts[place].context)
                found[place] = Assessment(probabilities, output.intensity)
        for place, row in rows.items():
            assessment = found[place] if row else UNREADABLE
            assert assessment is not None
            found[place] = assessment
            self.known.put((key_name, excerpts[place]), assessment)
        return [one for one in found if one is not None]

    def score_batches(self, batches: Sequence[Rows]) -> list[list[ClassifierOutput]]:
        """Run the network on one batch after the other."""
        return [self.network.score(rows) for rows in batches]

    def encode(self, excerpt: Excerpt) -> tuple[AnyArray, ...]:
        """Return the model's inputs, (1, tokens) each, padded to a multiple of TOKEN_STEP; none if no text is left.

        A text may contain lone surrogates.
        """
        if not excerpt.text.strip():
            return ()
        texts = [make_readable(text) for text in (excerpt if excerpt.context else (excerpt.text,))]
        tokens = self.tokenizer.encode(texts[0], texts[1] if len(texts) > 1 else None)
        if all(tokens.special_tokens_mask):
            return ()
        more = min(-len(tokens.ids) % TOKEN_STEP, self.design.longest - len(tokens.ids))
        inputs = {
            "input_ids": tokens.ids + [self.design.padding] * more,
            "token_type_ids": tokens.type_ids + [0] * more,
            "attention_mask": tokens.attention_mask + [0] * more,
        }
        return self.network.make_row(inputs)

    def sum_by_emotion(self, scores: Sequence[float]) -> dict[Emotion, float]:
        """Sum the scores of all labels of each emotion, and normalize the seven sums to 1."""
        sums = dict.fromkeys(Emotion, 0.0)
        for emotion, score in zip(self.emotions, scores, strict=True):
            sums[emotion] += score
        total = sum(sums.values())
        return {emotion: value / total for emotion, value in sums.items()}


UNREADABLE = Assessment({one: float(one is Emotion.NEUTRAL) for one in Emotion}, 0.0)
"""Assessment of a text without any readable tokens."""


def make_readable(text: str) -> str:
    """Return the beginning of a text, with lone surrogates replaced for the tokenizer."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def make_batches(places: Sequence[int], length: Callable[[int], int]) -> Iterator[list[int]]:
    """Group indices of texts of the same padded length into batches.

    Batch sizes are powers of 2, because a backend prepares itself for each new size.
    """
    for _, alike in groupby(sorted(places, key=length), key=length):
        rest = list(alike)
        while rest:
            size = 1 << (len(rest).bit_length() - 1)
            yield rest[:size]
            rest = rest[size:]


def read_model(source: str, local: bool) -> tuple[nn.Module, dict[str, Any]]:
    """Read the model and the fields of its design; imports torch. Raises `InvalidClassifier`."""
    from app.emotion.transformer import read_model

    try:
        return read_model(source, local)
    except InvalidClassifier:
        raise
    except Exception as error:  # the libraries raise many kinds of errors for a foreign folder
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InvalidClassifier(f"The classifier {source} cannot be loaded: {reason}") from None


def read_settings(settings: Any, source: str) -> ClassifierSettings:
    """Read `"intone"` in the model's config.json, which other models lack; raise `InvalidClassifier` if it is wrong."""
    settings = settings or {}
    where = f'The classifier {source}: "intone" in its config.json'
    if not isinstance(settings, dict):
        raise InvalidClassifier(f"{where} must be an object.")
    threshold, context = settings.get("threshold"), settings.get("context", 0)
    if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
        raise InvalidClassifier(f"{where} needs a threshold in 0..1.")
    if not isinstance(context, int) or not 0 <= context <= MAX_CONTEXT:
        raise InvalidClassifier(f"{where} needs a context in 0..{MAX_CONTEXT}.")
    words = settings.get("words")
    if words is not None and not (isinstance(words, int | float) and 0 < words <= MAX_POWER):
        raise InvalidClassifier(f"{where} needs words in 0..{MAX_POWER:g}, more than 0.")
    languages = settings.get("languages", [])
    if not isinstance(languages, list) or not all(isinstance(one, str) for one in languages):
        raise InvalidClassifier(f'{where} needs languages as a list of codes such as "en".')
    known = tuple(get_base_language(one) for one in languages)
    return ClassifierSettings(str(settings.get("version", "unknown")), threshold, context, words, known)


def load_words(source: str, power: float | None) -> WordTable | None:
    """Read the table of words in a classifier's folder, if its settings use one; raise `InvalidClassifier` if wrong."""
    if power is None:
        return None
    try:
        return read_words(Path(source) / WORDS_FILE, power)
    except (OSError, ValueError) as error:
        raise InvalidClassifier(f"The classifier {source} cannot be loaded: {WORDS_FILE}: {error}.") from None
