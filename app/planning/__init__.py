"""Parsed requests -> plans: which utterance says what, with which emotion, by which checkpoint, after which pause."""
