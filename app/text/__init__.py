"""Split plain text or SSML into sentences, and normalize text for speech."""

from app.text.clauses import LengthCheck, find_best_cut
from app.text.formats import FormattedText, read_input
from app.text.normalization.cleaning import count_expanded
from app.text.normalization.normalize import normalize
from app.text.segment import segment
from app.text.sentences import read_text, split_utterance
from app.text.ssml import SSML_TABLE, SSML_WARNINGS, SsmlDocument, SsmlFragment, read_fragment, read_ssml

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "FormattedText",
    "LengthCheck",
    "SsmlDocument",
    "SsmlFragment",
    "count_expanded",
    "find_best_cut",
    "normalize",
    "read_fragment",
    "read_input",
    "read_ssml",
    "read_text",
    "segment",
    "split_utterance",
]
