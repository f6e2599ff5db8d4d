"""Speak a text while it is being written: pieces of text go in, and audio with its plan comes out."""
