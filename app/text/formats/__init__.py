"""Read text in Markdown or HTML, as chat clients and language models send it; offsets refer to the original."""

from app.text.formats.reader import FormattedText, read_input

__all__ = ["FormattedText", "read_input"]
