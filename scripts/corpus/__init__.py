"""How the training corpus of the embedded voice is made. Nothing here is imported by the service."""
