"""A soak test: a real service under mixed load for minutes, watched from outside."""
