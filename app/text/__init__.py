"""Split plain text or SSML into sentences, and normalize text for speech."""

from app.text.clauses import Check, best_cut
from app.text.normalization.cleaning import grown_length
from app.text.normalization.normalize import normalize
from app.text.segment import segment
from app.text.sentences import clauses_of, read_text
from app.text.ssml import SSML_TABLE, SSML_WARNINGS, Marked, SsmlFragment, read_inner, read_ssml

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "Check",
    "Marked",
    "SsmlFragment",
    "best_cut",
    "clauses_of",
    "grown_length",
    "normalize",
    "read_inner",
    "read_ssml",
    "read_text",
    "segment",
]
