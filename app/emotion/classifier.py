"""Sentence -> probabilities of the seven emotions, by any Hugging Face sequence classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.emotion.taxonomy import map_labels
from app.errors import InvalidClassifier
from app.plan import ClassifierName, Emotion

LONGEST_TOKENS = 128
"""Of a longer sentence the classifier reads only so much: a feeling shows early, and time grows with length."""
LONGEST_CHARACTERS = 2000
"""Cut before the tokenizer sees the text; no LONGEST_TOKENS tokens of natural text are longer."""


class Classifier:
    """A loaded classifier; `classify` may be called from many threads at a time."""

    def __init__(self, model: Any, tokenizer: Any, label_map: Mapping[str, str] | None, source: str) -> None:
        labels = [str(model.config.id2label[index]) for index in range(model.config.num_labels)]
        emotion_of = map_labels(labels, label_map)
        self.emotions = [emotion_of[label] for label in labels]
        self.model = model
        self.tokenizer = tokenizer
        settings = getattr(model.config, "intone", None) or {}
        self.threshold: float | None = settings.get("threshold")
        self.name = ClassifierName(Path(source).name, str(settings.get("version", "unknown")))

    @classmethod
    def load(cls, source: str, label_map: Mapping[str, str] | None = None) -> Classifier:
        """Load a local folder, or a name on the Hugging Face hub; weights only from safetensors."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        local = Path(source).is_dir()
        if not local and (source.startswith((".", "/", "~")) or source.count("/") > 1):
            raise InvalidClassifier(
                f"There is no classifier in {source}.", hint="Name its folder in INTONE_CLASSIFIER."
            )
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local)
            model = AutoModelForSequenceClassification.from_pretrained(
                source, local_files_only=local, use_safetensors=True, dtype="float32"
            )
        except (OSError, ValueError) as error:
            reason = str(error).strip().splitlines()[0]
            raise InvalidClassifier(f"The classifier {source} cannot be loaded: {reason}") from None
        return cls(model.eval().requires_grad_(False), tokenizer, label_map, source)

    def classify(self, texts: Sequence[str]) -> list[dict[Emotion, float]]:
        """Probabilities of the seven emotions for each text, sum 1.

        One text at a time: in a batch, padding and the blocking of matrix products change the last bits, and with them,
        at the threshold, what is spoken. A sentence costs a few milliseconds.
        """
        return [self.probabilities(text) for text in texts]

    def probabilities(self, text: str) -> dict[Emotion, float]:
        """Probabilities for one text, which may hold anything, lone surrogates as well."""
        import torch

        clean = text[:LONGEST_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        inputs = self.tokenizer(clean, truncation=True, max_length=LONGEST_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            logits = self.model(**inputs).logits[0].double()
        multi_label = self.model.config.problem_type == "multi_label_classification"
        scores = torch.sigmoid(logits) if multi_label else torch.softmax(logits, 0)
        return self.by_emotion(scores.tolist())

    def by_emotion(self, scores: Sequence[float]) -> dict[Emotion, float]:
        """Sum the scores of all labels that mean one emotion, and make the seven sum to 1."""
        sums = dict.fromkeys(Emotion, 0.0)
        for emotion, score in zip(self.emotions, scores, strict=True):
            sums[emotion] += score
        total = sum(sums.values())
        return {emotion: value / total for emotion, value in sums.items()}
