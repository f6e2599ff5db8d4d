"""Training and evaluation of emotion classifiers."""
