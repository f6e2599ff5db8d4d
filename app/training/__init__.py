"""How voices are made, and the classifier: nothing here is imported by the service."""
