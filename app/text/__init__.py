"""Text -> sentences: segmentation in the original text, normalisation for speech."""

from app.text.normalize import normalize
from app.text.reading import read_text

__all__ = ["normalize", "read_text"]
