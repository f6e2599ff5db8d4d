"""An encoder that is small enough to train quickly, and labelled text in its few words."""

from __future__ import annotations

import gzip
from pathlib import Path

import torch
from transformers import BertConfig, BertModel, BertTokenizer

WORDS = ("good", "bad", "thing", "lovely", "awful", "day")
PASSAGE_COLUMNS = ("split", "genre", "passage", "n", "text", "label", "second", "intensity")


def write_encoder(folder: Path, layers: int = 1, dropout: float = 0.0) -> Path:
    """Write a tiny untrained BERT."""
    torch.manual_seed(1)
    vocabulary = {word: index for index, word in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS))}
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=16,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        initializer_range=0.3,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    return folder


def write_passages(folder: Path, train: int = 24) -> Path:
    """Write `data/`: passages in which the sentence before decides the emotion of `thing`, and a few other lines."""
    folder.mkdir()
    rows = []
    for number in range(train):
        for split in ("train", "dev") if number < 8 else ("train",):
            mood, word = (("joy", "lovely"), ("sadness", "awful"))[number % 2]
            name, ending = f"{split}{number}", " day" * (number % 4 + 1)
            rows += [
                (split, "fiction", name, "1", f"{word} {split}{ending}", mood, "", "3"),
                (split, "fiction", name, "2", f"thing {split}{ending}", mood, "", "2"),
            ]
    write_table(folder / "passages.tsv.gz", PASSAGE_COLUMNS, rows)
    other = [("train", f"good day {number}", "joy", "") for number in range(train)]
    other += [("dev", "bad", "anger", ""), ("test", "bad bad", "anger", ""), ("train", "good", "", "trust")]
    for source in ("goemotions", "xed"):
        write_table(folder / f"{source}.tsv.gz", ("split", "text", "label7", "orig"), other)
    (folder / "speech.txt.gz").write_bytes(gzip.compress(b"lovely awful day\nBad\ngood thing\n"))
    return folder


def write_table(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Write tab-separated rows after a header."""
    path.write_bytes(gzip.compress("".join("\t".join(row) + "\n" for row in (columns, *rows)).encode()))
