"""Plan the utterances of a request: text, emotion, checkpoint and pause of each."""
