"""Read the tags that language models write into text: emotions, pauses, sounds and phonemes."""

from app.text.tags.builder import Tag, TaggedTextBuilder
from app.text.tags.scanner import find_tags

__all__ = ["Tag", "TaggedTextBuilder", "find_tags"]
