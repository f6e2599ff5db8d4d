"""Training of voices and of the emotion classifier; the service imports nothing of it."""
