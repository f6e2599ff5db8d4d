"""Parse an SSML document into its tags and texts, in order, each with its offset.

expat parses the XML with defusedxml's guards: no DTD, no entities except XML's own, nothing external. Names lose their
prefixes, so that an undeclared `mstts:` does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from app.errors import InvalidSsml

MAX_DEPTH = 64
"""Maximum depth of nested elements, the root included."""
ROOT = "speak"
LEADING_SPACE = "\ufeff \t\r\n"
"""Characters accepted before the XML declaration, although XML does not allow them."""
IGNORED_PREFIXES = ("xmlns", "xml:", "xsi:")
"""Prefixes of attributes that have no effect on speech, with two exceptions: `xml:lang` and `ID`."""
ID = "xml:id"
"""Attribute by which `<lookup>` refers to a lexicon; it keeps its prefix."""
WRAP_HINT = f"Put the whole text between <{ROOT}> and </{ROOT}>."
HINTS = {
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "Known are &amp; &lt; &gt; &quot; &apos; and numbers, such as &#8217;.",
    expat.errors.XML_ERROR_INVALID_TOKEN: "In text, write &amp; for & and &lt; for <.",
    expat.errors.XML_ERROR_TAG_MISMATCH: "Close every element, the innermost first.",
    expat.errors.XML_ERROR_NO_ELEMENTS: WRAP_HINT,
}
"""Hints for expat's most frequent errors."""


class Handler(Protocol):
    """Handler of a parsed document. Offsets count code points of the caller's document."""

    def start(self, name: str, attributes: Mapping[str, str], place: int) -> None:
        """Handle an opening tag that begins at `place`."""

    def end(self, place: int) -> None:
        """Handle the closing tag of the innermost open element."""

    def text(self, text: str, place: int, end: int) -> None:
        """Handle characters as they stand in the document, or one character that the document writes as a reference."""


def parse(document: str, handler: Handler) -> None:
    """Pass the tags and texts of a document to a handler. Raises `InvalidSsml`, as do handlers."""
    body = document.lstrip(LEADING_SPACE)
    SsmlParser(document, handler, body, shift=len(document) - len(body)).read()


def parse_fragment(fragment: str, handler: Handler) -> None:
    """Pass the tags and texts of a fragment, which may stand within the root, to a handler. Raises `InvalidSsml`."""
    SsmlParser(fragment, handler, f"<{ROOT}>{fragment}</{ROOT}>", shift=-len(f"<{ROOT}>")).read()


class SsmlParser(DefusedExpatParser):
    """Parser of one document; expat gets `xml`, whose offsets plus `shift` are those of the document."""

    def __init__(self, document: str, handler: Handler, xml: str, shift: int) -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        self.document = document
        self.handler = handler
        self.xml = xml
        self.shift = shift
        self.utf8 = b""
        self.ascii = xml.isascii()
        self.expat: Any = None
        """The parser within the SAX driver; the driver itself does not report byte offsets."""
        self.seen_bytes = 0
        self.seen = 0
        self.depth = 0
        self.in_cdata = False

    def reset(self) -> None:
        """Create a new parser, with the guards of defusedxml and the handlers of this class."""
        super().reset()
        parser: Any = self._parser
        self.expat = parser
        parser.buffer_text = False  # otherwise references would arrive merged with the text around them
        parser.StartElementHandler = self.handle_start
        parser.EndElementHandler = self.handle_end
        parser.CharacterDataHandler = self.handle_text
        parser.StartCdataSectionHandler = lambda: self.set_cdata(True)
        parser.EndCdataSectionHandler = lambda: self.set_cdata(False)

    def read(self) -> None:
        """Parse the XML and pass its tags and texts to the handler."""
        try:
            self.utf8 = self.xml.encode()
            self.reset()
            self.expat.Parse(self.xml, True)
        except UnicodeEncodeError as error:
            raise self.make_error("A surrogate is no character", error.start) from None
        except DefusedXmlException:
            raise self.make_error("A DOCTYPE is not allowed", self.place(), "Leave out the <!DOCTYPE …>.") from None
        except expat.ExpatError as error:
            words = expat.ErrorString(error.code)
            raise self.make_error(f"The XML is broken ({words})", self.error_place(), HINTS.get(words, "")) from None
        finally:
            self.expat = self._parser = None  # breaks a cycle: expat's handlers refer to this object

    def handle_start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        self.depth += 1
        place, name = self.place(), strip_prefix(name)
        if self.depth > MAX_DEPTH:
            raise self.make_error(f"More than {MAX_DEPTH} elements are open", place, "Nest them less.")
        if self.depth == 1 and name != ROOT:
            raise self.make_error(f"The root is <{name:.40}>, not <{ROOT}>", place, WRAP_HINT)
        self.handler.start(name, filter_attributes(attributes), place + self.shift)

    def handle_end(self, name: str) -> None:
        """Handle the end of an element."""
        self.depth -= 1
        self.handler.end(self.place() + self.shift)

    def handle_text(self, text: str) -> None:
        """Handle text without markup on one line, a line break, or the character of a reference."""
        place = self.place()
        referred = not self.in_cdata and self.xml[place] == "&"
        end = self.xml.index(";", place) + 1 if referred else place + len(text)
        self.handler.text(text, place + self.shift, end + self.shift)

    def set_cdata(self, in_cdata: bool) -> None:
        """Record the start or end of a CDATA section: an ampersand in it begins no reference."""
        self.in_cdata = in_cdata

    def place(self) -> int:
        """Return the offset of the current token in `xml`."""
        byte: int = self.expat.CurrentByteIndex
        if self.ascii:
            return byte
        self.seen += len(self.utf8[self.seen_bytes : byte].decode())
        self.seen_bytes = byte
        return self.seen

    def error_place(self) -> int:
        """Return the offset in `xml` at which expat stopped, even if that is within a character."""
        return len(self.utf8[: self.expat.ErrorByteIndex].decode(errors="ignore"))

    def make_error(self, what: str, place: int, hint: str = "") -> InvalidSsml:
        """Return the error for an offset in `xml`."""
        line, column = locate(self.document, min(max(place + self.shift, 0), len(self.document)))
        return InvalidSsml(f"{what}, at line {line}, column {column}.", hint=hint)


def strip_prefix(name: str) -> str:
    """Return a name without its prefix: `mstts:express-as` -> express-as."""
    return name.rpartition(":")[2]


def filter_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that may affect speech, only `ID` with its prefix; unprefixed names win over others."""
    names = [name for name in attributes if name in ("xml:lang", ID) or not name.startswith(IGNORED_PREFIXES)]
    return {
        name if name == ID else strip_prefix(name): attributes[name]
        for name in sorted(names, key=lambda name: ":" not in name)
    }


def locate(document: str, place: int) -> tuple[int, int]:
    """Return the line and the column, counted from 1; a line ends with a line feed, a carriage return, or both."""
    before = document[:place]
    line = before.count("\n") + before.count("\r") - before.count("\r\n") + 1
    return line, place - max(before.rfind("\n"), before.rfind("\r"))
