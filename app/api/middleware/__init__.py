"""Everything between the server and the routes."""
