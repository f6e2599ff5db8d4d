"""Read text in Markdown or HTML, as chat clients and language models send it; offsets refer to the original."""

from app.text.formats.reader import FormattedText, read_input
from app.text.formats.warnings import FORMAT_WARNINGS

__all__ = ["FORMAT_WARNINGS", "FormattedText", "read_input"]
