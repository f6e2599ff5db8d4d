"""Soak-test a service: put it under mixed load for minutes, and monitor its process."""
