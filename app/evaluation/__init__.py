"""Evaluate a voice: measure synthesized or recorded sentences, and report statistics of each group."""
