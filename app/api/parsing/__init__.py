"""The bytes and headers of requests -> checked requests."""
