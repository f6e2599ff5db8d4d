"""How the shipped models are made. Nothing here is imported by the service."""
