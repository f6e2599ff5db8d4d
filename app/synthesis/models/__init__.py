"""Acoustic models and vocoders as the engine runs them."""
