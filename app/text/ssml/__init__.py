"""Split SSML into sentences with prosody, pauses and marks; offsets refer to the document as it was sent."""

from app.text.ssml.reader import SsmlDocument, SsmlFragment, read_fragment, read_ssml
from app.text.ssml.table import SSML_TABLE, SSML_WARNINGS, SsmlAttribute, SsmlElement, Support

__all__ = [
    "SSML_TABLE",
    "SSML_WARNINGS",
    "SsmlAttribute",
    "SsmlDocument",
    "SsmlElement",
    "SsmlFragment",
    "Support",
    "read_fragment",
    "read_ssml",
]
