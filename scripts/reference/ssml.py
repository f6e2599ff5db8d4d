"""What is understood of SSML, from the table that is served and read by."""

from __future__ import annotations

from app.text.ssml.table import SSML_TABLE, SSML_WARNINGS, SsmlElement
from scripts.reference.markdown import code, codes, table
from scripts.reference.markdown import page as whole

ELEMENTS = ("element", "support", "attributes", "note")
WARNINGS = ("code", "meaning")
ABOUT = """SSML 1.1, as far as this table says, with Azure's `mstts:express-as`. `GET /ssml` serves the same table.
Elements go by what stands behind the colon, whatever the namespace. Any other element is never read aloud: its text is
spoken, and a warning says so."""


def page() -> str:
    """The page."""
    return whole(
        "SSML",
        ABOUT,
        table(ELEMENTS, map(row, SSML_TABLE)),
        "## Warnings",
        table(WARNINGS, ((code(name), meaning) for name, meaning in SSML_WARNINGS.items())),
    )


def row(element: SsmlElement) -> tuple[str, ...]:
    """One element; attributes with the values that are accepted, or examples of them."""
    attributes = (
        f"{code(one.name)}: {codes(one.values)}" + (f" ({one.note})" if one.note else "") for one in element.attributes
    )
    return code(element.name), element.support.value, "<br>".join(attributes), element.note
