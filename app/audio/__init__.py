"""Join utterances and encode audio files."""
