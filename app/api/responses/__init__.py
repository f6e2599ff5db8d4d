"""Build the bodies and headers of speech responses."""
