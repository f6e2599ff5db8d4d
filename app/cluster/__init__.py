"""Run the service on several machines: HTTP and planning in some processes, speech in others."""
