"""HTTP interface: request parsing, responses and errors."""
