"""Rewrite English text as it is read aloud."""
