"""Render the page of the supported SSML, from the table that the service reads and serves."""

from __future__ import annotations

from app.text.ssml.table import SSML_TABLE, SSML_WARNINGS, SsmlElement
from scripts.reference.markdown import format_code, format_codes, make_page, make_table

ELEMENTS = ("element", "support", "attributes", "note")
WARNINGS = ("code", "meaning")
ABOUT = """The supported part of SSML 1.1, with Azure's `mstts:express-as`. `GET /ssml` serves the same table. Elements
are recognized by their local name, in any namespace. The text in any other element is spoken, and a warning reports
the element."""


def render() -> str:
    """Return the page."""
    return make_page(
        "SSML",
        ABOUT,
        make_table(ELEMENTS, map(make_row, SSML_TABLE)),
        "## Warnings",
        make_table(WARNINGS, ((format_code(name), meaning) for name, meaning in SSML_WARNINGS.items())),
    )


def make_row(element: SsmlElement) -> tuple[str, ...]:
    """Return the row of an element: its attributes with their accepted values, or examples of them."""
    attributes = (
        f"{format_code(one.name)}: {format_codes(one.values)}" + (f" ({one.note})" if one.note else "")
        for one in element.attributes
    )
    return format_code(element.name), element.support.value, "<br>".join(attributes), element.note
