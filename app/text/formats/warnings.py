"""List the warnings about parts of a formatted text that are not read."""

from __future__ import annotations

FORMAT_WARNINGS = {
    "dropped_code": "a block of code was not read",
    "dropped_element": "an element that a browser does not show, a comment or a model's thoughts were not read",
    "dropped_notes": "footnotes were not read",
    "dropped_front_matter": "the metadata at the beginning of the text were not read",
    "dropped_formula": "a formula is too long or too deep to be read",
    "nothing_spoken": "the text contains nothing that is read",
    "more_warnings": "more warnings were left out",
}
"""Meaning by code."""
