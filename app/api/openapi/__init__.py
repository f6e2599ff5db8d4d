"""What `/openapi.json` says. Derived from the types of bodies and answers, the tables of errors and formats, and the
rules of who may come in; by hand are only descriptions and examples."""
