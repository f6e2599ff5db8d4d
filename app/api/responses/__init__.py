"""Speech as the bodies and headers of responses."""
