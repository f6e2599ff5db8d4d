"""Read languages other than English: a table of words and signs for each, and one normalizer for all of them."""

from app.text.languages.normalizer import get_normalizer
from app.text.languages.table import ENGLISH, Language, get_base_language, load_language

__all__ = ["ENGLISH", "Language", "get_base_language", "get_normalizer", "load_language"]
