"""Samples -> bytes: joining utterances and encoding files."""
