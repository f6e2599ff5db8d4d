"""Readers of documents: a file of an author, to its chapters."""
