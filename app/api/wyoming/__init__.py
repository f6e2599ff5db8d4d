"""Serve the Wyoming protocol, which Home Assistant and other voice assistants speak."""
