"""Read Hugging Face sequence classifiers; imports torch and transformers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from app.errors import InvalidClassifier
from app.packages import stub_module

MAX_TOKENS = 512
"""Maximum tokens of a sentence; longer ones are truncated. A model's own maximum may be lower."""


class LogitsModule(nn.Module):
    """Hugging Face sequence classifier with positional inputs and one output."""

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.model = model
        self.names = tuple(names)

    def forward(self, *inputs: Tensor) -> Tensor:
        """Compute logits (B, labels) from the named inputs, (B, tokens) each."""
        logits: Tensor = self.model(**dict(zip(self.names, inputs, strict=True))).logits
        return logits


def read_model(source: str, local: bool) -> tuple[LogitsModule, dict[str, Any]]:
    """Read a model as float32 (regardless of the file's type) and the fields of its `ClassifierDesign`, as JSON."""
    stub_module("torchaudio")  # transformers imports it for audio models
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    tokenizer: Any = AutoTokenizer.from_pretrained(source, local_files_only=local)
    model, report = AutoModelForSequenceClassification.from_pretrained(
        source, local_files_only=local, use_safetensors=True, dtype="float32", output_loading_info=True
    )
    if missing := sorted(report["missing_keys"]):
        # Missing weights would be random: the encoder was never trained to classify, or the file is truncated.
        raise InvalidClassifier(
            f"The classifier {source} cannot be loaded: its file lacks weights: {', '.join(missing[:3])}."
        )
    if len(tokenizer) <= len(tokenizer.all_special_ids) or not hasattr(tokenizer, "backend_tokenizer"):
        raise InvalidClassifier(f"The classifier {source} has no vocabulary.", hint="Is tokenizer.json there?")
    config = model.config
    names = list(tokenizer("a"))
    design = {
        "tokenizer": tokenizer.backend_tokenizer.to_str(),
        "names": names,
        "padding": tokenizer.pad_token_id or 0,
        "longest": find_max_tokens(config, tokenizer),
        "vocabulary": config.vocab_size,
        "labels": [str(config.id2label[index]) for index in range(config.num_labels)],
        "multi_label": config.problem_type == "multi_label_classification",
        "settings": getattr(config, "intone", None),
        "commit": getattr(config, "_commit_hash", None),
    }
    return LogitsModule(model.eval().requires_grad_(False), names), design


def find_max_tokens(config: Any, tokenizer: Any) -> int:
    """Return the maximum input tokens of the model; a tokenizer without a limit reports an astronomical number."""
    positions = getattr(config, "max_position_embeddings", MAX_TOKENS)
    return min(MAX_TOKENS, int(tokenizer.model_max_length), int(positions))
