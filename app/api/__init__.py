"""HTTP: what a request may look like, and how answers and problems are told."""
