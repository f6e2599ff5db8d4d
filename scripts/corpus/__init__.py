"""Create the training corpus of the embedded voice. The service imports nothing of this package."""
