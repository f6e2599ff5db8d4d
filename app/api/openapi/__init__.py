"""Generate `/openapi.json` from the types of bodies, the tables of errors and formats, and the rules of authentication.

Only descriptions and examples are written by hand.
"""
