"""Generate docs/reference from the code with `python -m scripts.reference`; a test compares both."""
