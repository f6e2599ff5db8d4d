"""Text -> sentences: segmentation in the original text, normalisation for speech."""

from app.text.normalize import normalize
from app.text.reading import clauses_of, read_text
from app.text.ssml import read_inner, read_ssml

__all__ = ["clauses_of", "normalize", "read_inner", "read_ssml", "read_text"]
