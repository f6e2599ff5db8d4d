"""Sentence -> probabilities of the seven emotions, by any Hugging Face sequence classifier.

A classifier whose `config.json` says so also reads the sentences before, and estimates how strongly each is felt:

    "intone": {"version": "2", "threshold": 0.35, "context": 2}

`context` is the number of earlier sentences; a further output with the label `strength` is the logit of the intensity.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from app.emotion.taxonomy import map_labels
from app.errors import InvalidClassifier
from app.inference import Backend
from app.memory import Lru
from app.types import Assessment, ClassifierName, Emotion, Probabilities

if TYPE_CHECKING:
    from torch import Tensor


CONTEXT_WORDS = 40
"""Of the sentences before a sentence only so many words are read, the last ones."""
LONGEST_WORD = 100
"""Characters of a word of the context that are read, so that a text without spaces is bounded, too."""


class Excerpt(NamedTuple):
    """A sentence and what is read before it."""

    context: str
    """Empty if nothing is."""
    text: str


def make_context(before: Iterable[str]) -> str:
    """Join sentences, in their order, and keep the last words."""
    words = [word[-LONGEST_WORD:] for sentence in before for word in sentence.split()]
    return " ".join(words[-CONTEXT_WORDS:])


def read_excerpts(sentences: Iterable[str], before: Iterable[str], count: int) -> Iterator[Excerpt]:
    """Pass each sentence on with the context that `count` sentences before it make.

    `before` are sentences that come earlier and are not passed on themselves.
    """
    recent = deque(before, maxlen=count)
    for sentence in sentences:
        yield Excerpt(make_context(recent), sentence)
        recent.append(sentence)


LONGEST_TOKENS = 512
"""Of a longer sentence the classifier reads only so much, or less where its model's own maximum is lower."""
LONGEST_CHARACTERS = 4000
"""Cut before the tokenizer sees the text; no LONGEST_TOKENS tokens of natural text are longer."""
FIRST_GROUP, GROUP = 1, 8
"""Sentences that are labelled at once, where a text is spoken while it is read."""
TOKEN_STEP = 16
"""Numbers of tokens are padded to a multiple of it: a backend prepares itself anew for each length it has not seen."""
ENTRY_CHARACTERS = 1000
"""What a remembered sentence takes beside its text, in characters."""
STRENGTH = "strength"
"""The label of the output that is no emotion: the logit of the intensity."""
MOST_CONTEXT = 8
"""Earlier sentences that a classifier may ask for."""


@dataclass(frozen=True, slots=True)
class ClassifierSettings:
    """What the folder of a classifier says of it."""

    version: str = "unknown"
    threshold: float | None = None
    """The least probability at which an emotion is voiced."""
    context: int = 0
    """The number of earlier sentences that are read with a sentence."""


class Classifier:
    """A loaded classifier; it may be called from many threads at a time."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        label_map: Mapping[str, str] | None,
        source: str,
        backend: Backend,
        remembered: int,
    ) -> None:
        labels = [str(model.config.id2label[index]) for index in range(model.config.num_labels)]
        self.settings = own_settings(model.config, source)
        intensity = labels.index(STRENGTH) if STRENGTH in labels else None
        labels = [label for index, label in enumerate(labels) if index != intensity]
        emotion_of = map_labels(labels, label_map)
        self.emotions = [emotion_of[label] for label in labels]
        self.model = model
        self.tokenizer = tokenizer
        self.name = ClassifierName(Path(source).name, self.settings.version)
        self.longest = longest(model.config, tokenizer)
        self.check_tokenizer(source)
        self.known: Lru[tuple[str | None, Excerpt], Assessment] = Lru(
            remembered, lambda key, _: len(key[1].context) + len(key[1].text) + ENTRY_CHARACTERS
        )
        """By the name of a caller's key and what is read, as `SpeechRequest.key_name` says why."""
        from app.emotion.network import ClassifierNetwork

        names = [name for name in self.tokens(Excerpt("", "")) if name != "special_tokens_mask"]
        self.network = ClassifierNetwork(model, names, backend, intensity)

    @classmethod
    def load(
        cls,
        source: Path | str,
        label_map: Mapping[str, str] | None = None,
        backend: Backend | None = None,
        remembered: int = 0,
    ) -> Classifier:
        """Load a local folder, or a name on the Hugging Face hub; weights only from safetensors.

        `backend` runs the network, PyTorch by default; `remembered` is how many characters of sentences are kept with
        their probabilities, for those that come again. Raises `InvalidClassifier`.
        """
        from app.inference.torch import TorchBackend

        source = str(source)
        local = Path(source).is_dir()
        if not local and (source.startswith((".", "/", "~")) or source.count("/") > 1):
            raise InvalidClassifier(
                f"There is no classifier in {source}.", hint="Name its folder in INTONE_CLASSIFIER."
            )
        try:
            model, tokenizer, missing = read_model(source, local)
        except Exception as error:  # a foreign folder fails in as many ways as the libraries that read it
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InvalidClassifier(f"The classifier {source} cannot be loaded: {reason}") from None
        if missing:
            # They would be random numbers: an encoder that was never trained to classify, or too short a file.
            raise InvalidClassifier(
                f"The classifier {source} cannot be loaded: its file lacks weights: {', '.join(missing[:3])}."
            )
        return cls(model, tokenizer, label_map, source, backend or TorchBackend(), remembered)

    def check_tokenizer(self, source: str) -> None:
        """Refuse a folder without a vocabulary, and set the truncation once and for all.

        The tokenizer stores the truncation of its last call. While every call asks for the same, no later one writes,
        and so none can disturb another thread's.
        """
        if len(self.tokenizer) <= len(self.tokenizer.all_special_ids):
            raise InvalidClassifier(f"The classifier {source} has no vocabulary.", hint="Is tokenizer.json there?")
        self.tokens(Excerpt("", ""))

    def stream(self, excerpts: Iterable[Excerpt], key_name: str | None = None) -> Iterator[Assessment]:
        """The same as `assess`, a few excerpts at a time: the first one alone, for it is waited for."""
        source, size = iter(excerpts), FIRST_GROUP
        while group := list(islice(source, size)):
            yield from self.assess(group, key_name)
            size = GROUP

    def classify(self, texts: Sequence[str]) -> list[Probabilities]:
        """Compute the probabilities of single sentences, read without any context."""
        return [one.probabilities for one in self.assess([Excerpt("", text) for text in texts])]

    def assess(self, excerpts: Sequence[Excerpt], key_name: str | None = None) -> list[Assessment]:
        """Assess sentences, each with its context; a text may hold anything.

        An excerpt has the same bits whatever stands beside it, or what is spoken would depend on it at the threshold.
        """
        found = [self.known.get((key_name, one)) for one in excerpts]
        rows = {place: self.padded(excerpts[place]) for place, one in enumerate(found) if one is None}
        for batch in batches([place for place in rows if rows[place]], lambda place: rows[place][0].shape[1]):
            for place, output in zip(batch, self.network.scores([rows[place] for place in batch]), strict=True):
                found[place] = Assessment(self.by_emotion(output.scores), output.intensity)
        for place, row in rows.items():
            assessment = found[place] if row else UNREADABLE
            assert assessment is not None
            found[place] = assessment
            self.known.put((key_name, excerpts[place]), assessment)
        return [one for one in found if one is not None]

    def padded(self, excerpt: Excerpt) -> tuple[Tensor, ...]:
        """The model's inputs for a text, (1, tokens) each, padded to a multiple; none where nothing is left to read."""
        from torch.nn import functional as F

        if not excerpt.text.strip():
            return ()
        inputs = self.tokens(excerpt)
        if bool(inputs.pop("special_tokens_mask").all()):
            return ()
        length = inputs["input_ids"].shape[1]
        more = min(-length % TOKEN_STEP, self.longest - length)
        padding = {"input_ids": self.tokenizer.pad_token_id or 0}
        return tuple(F.pad(value, (0, more), value=padding.get(name, 0)) for name, value in inputs.items())

    def tokens(self, excerpt: Excerpt) -> Any:
        """Token ids (1, tokens) as the model takes them, and which of them stand for no text; lone surrogates pass."""
        texts = [readable(text) for text in (excerpt if excerpt.context else (excerpt.text,))]
        return self.tokenizer(
            *texts, truncation=True, max_length=self.longest, return_special_tokens_mask=True, return_tensors="pt"
        )

    def by_emotion(self, scores: Sequence[float]) -> dict[Emotion, float]:
        """Sum the scores of all labels that mean one emotion, and make the seven sum to 1."""
        sums = dict.fromkeys(Emotion, 0.0)
        for emotion, score in zip(self.emotions, scores, strict=True):
            sums[emotion] += score
        total = sum(sums.values())
        return {emotion: value / total for emotion, value in sums.items()}


UNREADABLE = Assessment({one: float(one is Emotion.NEUTRAL) for one in Emotion}, 0.0)
"""Of a text in which nothing is left to read."""


def readable(text: str) -> str:
    """Return the beginning of a text as the tokenizer takes it."""
    return text[:LONGEST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def batches(places: Sequence[int], length: Callable[[int], int]) -> Iterator[list[int]]:
    """Group places whose texts are padded to one length, in few sizes: a backend prepares itself for each."""
    for _, alike in groupby(sorted(places, key=length), key=length):
        rest = list(alike)
        while rest:
            size = 1 << (len(rest).bit_length() - 1)
            yield rest[:size]
            rest = rest[size:]


def read_model(source: str, local: bool) -> tuple[Any, Any, list[str]]:
    """Model in float32 (whatever is on disk), tokenizer, and the names of weights that the file lacks."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    from app.packages import stub_module

    stub_module("torchaudio")  # transformers imports it for models that hear

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local)
    model, report = AutoModelForSequenceClassification.from_pretrained(
        source, local_files_only=local, use_safetensors=True, dtype="float32", output_loading_info=True
    )
    return model.eval().requires_grad_(False), tokenizer, sorted(report["missing_keys"])


def own_settings(config: Any, source: str) -> ClassifierSettings:
    """Read `"intone"` in the model's config.json; a foreign model has none. Raises `InvalidClassifier`."""
    settings = getattr(config, "intone", None) or {}
    if not isinstance(settings, dict):
        raise InvalidClassifier(f'The classifier {source}: "intone" in its config.json must be an object.')
    threshold, context = settings.get("threshold"), settings.get("context", 0)
    if threshold is not None and not (isinstance(threshold, int | float) and 0 <= threshold <= 1):
        raise InvalidClassifier(f'The classifier {source}: "intone" in its config.json needs a threshold in 0..1.')
    if not isinstance(context, int) or not 0 <= context <= MOST_CONTEXT:
        raise InvalidClassifier(
            f'The classifier {source}: "intone" in its config.json needs a context in 0..{MOST_CONTEXT}.'
        )
    return ClassifierSettings(str(settings.get("version", "unknown")), threshold, context)


def longest(config: Any, tokenizer: Any) -> int:
    """Tokens that the model can take; a tokenizer that does not know says an astronomical number."""
    positions = getattr(config, "max_position_embeddings", LONGEST_TOKENS)
    return min(LONGEST_TOKENS, int(tokenizer.model_max_length), int(positions))
