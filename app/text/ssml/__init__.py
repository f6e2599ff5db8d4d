"""Split SSML into sentences with prosody, pauses and marks; offsets refer to the document as it was sent."""

from app.text.ssml.read import Marked, SsmlFragment, read_inner, read_ssml
from app.text.ssml.table import SSML_TABLE, SSML_WARNINGS, SsmlAttribute, SsmlElement, Support

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "Marked",
    "SsmlAttribute",
    "SsmlElement",
    "SsmlFragment",
    "Support",
    "read_inner",
    "read_ssml",
]
