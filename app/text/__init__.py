"""Split plain text or SSML into sentences, and normalize text for speech."""

from app.text.clauses import LengthCheck, find_best_cut
from app.text.normalization.cleaning import count_expanded
from app.text.normalization.normalize import normalize
from app.text.segment import segment
from app.text.sentences import read_text, split_utterance
from app.text.ssml import SSML_TABLE, SSML_WARNINGS, SsmlDocument, SsmlFragment, read_fragment, read_ssml
from app.text.tags import read_tagged

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "LengthCheck",
    "SsmlDocument",
    "SsmlFragment",
    "count_expanded",
    "find_best_cut",
    "normalize",
    "read_fragment",
    "read_ssml",
    "read_tagged",
    "read_text",
    "segment",
    "split_utterance",
]
