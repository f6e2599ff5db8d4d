"""Parse and check the bytes and headers of requests."""
