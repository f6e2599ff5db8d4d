"""Text or SSML -> sentences: segmentation in the original, normalisation for speech."""

from app.text.normalize import normalize
from app.text.reading import clauses_of, read_text
from app.text.ssml import SSML_TABLE, SSML_WARNINGS, Inner, Marked, inner_text, read_inner, read_ssml

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "Inner",
    "Marked",
    "clauses_of",
    "inner_text",
    "normalize",
    "read_inner",
    "read_ssml",
    "read_text",
]
