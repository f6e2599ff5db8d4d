"""Intone: speech whose every sentence carries the emotion of its words."""
