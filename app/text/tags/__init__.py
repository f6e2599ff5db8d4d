"""Read the tags that language models write into text: emotions, pauses, sounds and phonemes."""

from app.text.tags.reader import TaggedSentences, read_tagged

__all__ = ["TaggedSentences", "read_tagged"]
