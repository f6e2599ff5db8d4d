"""An SSML document -> its tags and texts in order, each with its place.

XML is read by expat behind defusedxml's guards: no DTD, no entities but XML's own, nothing external. Names lose their
prefixes, so that an undeclared `mstts:` does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from xml.parsers import expat

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from app.errors import InvalidSsml

DEEPEST = 64
"""Elements within each other, the root included."""
ROOT = "speak"
LEADING = "\ufeff \t\r\n"
"""What may stand before the XML declaration, which XML itself does not allow."""
MEANINGLESS = ("xmlns", "xml:", "xsi:")
"""How attributes begin that say nothing about the speech, but for `xml:lang`."""
WRAP = f"Put the whole text between <{ROOT}> and </{ROOT}>."
HINTS = {
    expat.errors.XML_ERROR_UNDEFINED_ENTITY: "Known are &amp; &lt; &gt; &quot; &apos; and numbers, such as &#8217;.",
    expat.errors.XML_ERROR_INVALID_TOKEN: "In text, write &amp; for & and &lt; for <.",
    expat.errors.XML_ERROR_TAG_MISMATCH: "Close every element, the innermost first.",
    expat.errors.XML_ERROR_NO_ELEMENTS: WRAP,
}
"""What to do about expat's most frequent errors."""


class Handler(Protocol):
    """What a document is told to. Places count code points of the caller's document."""

    def start(self, name: str, attributes: Mapping[str, str], place: int) -> None:
        """A tag opens; `place` is where it begins."""

    def end(self, place: int) -> None:
        """The innermost open tag closes."""

    def text(self, text: str, place: int, end: int) -> None:
        """Characters that stand in the document as they are, or one that stands there as a reference."""


def parse(document: str, handler: Handler) -> None:
    """Tell a handler all of a document. Raises `InvalidSsml`, as do handlers."""
    body = document.lstrip(LEADING)
    Reader(document, handler, body, shift=len(document) - len(body)).read()


def parse_inner(fragment: str, handler: Handler) -> None:
    """The same for what may stand within the root."""
    Reader(fragment, handler, f"<{ROOT}>{fragment}</{ROOT}>", shift=-len(f"<{ROOT}>")).read()


class Reader(DefusedExpatParser):
    """One reading of one document; `xml` is what expat sees of it, moved by `shift` code points."""

    def __init__(self, document: str, handler: Handler, xml: str, shift: int) -> None:
        super().__init__(forbid_dtd=True, forbid_entities=True, forbid_external=True)
        self.document = document
        self.handler = handler
        self.xml = xml
        self.shift = shift
        self.utf8 = b""
        self.ascii = xml.isascii()
        self.expat: Any = None
        """The parser within the SAX driver, which alone tells places."""
        self.seen_bytes = 0
        self.seen = 0
        self.depth = 0
        self.in_cdata = False

    def reset(self) -> None:
        """A new parser; the guards are set by defusedxml, the handlers here."""
        super().reset()
        parser: Any = self._parser
        self.expat = parser
        parser.buffer_text = False  # else references would come together with the text around them
        parser.StartElementHandler = self.opened
        parser.EndElementHandler = self.closed
        parser.CharacterDataHandler = self.characters
        parser.StartCdataSectionHandler = lambda: self.literally(True)
        parser.EndCdataSectionHandler = lambda: self.literally(False)

    def read(self) -> None:
        """Tell the handler everything."""
        try:
            self.utf8 = self.xml.encode()
            self.reset()
            self.expat.Parse(self.xml, True)
        except UnicodeEncodeError as error:
            raise self.invalid("A surrogate is no character", error.start) from None
        except DefusedXmlException:
            raise self.invalid("A DOCTYPE is not allowed", self.place(), "Leave out the <!DOCTYPE …>.") from None
        except expat.ExpatError as error:
            words = expat.ErrorString(error.code)
            raise self.invalid(f"The XML is broken ({words})", self.error_place(), HINTS.get(words, "")) from None
        finally:
            self.expat = self._parser = None  # the handlers refer to this object

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """A tag."""
        self.depth += 1
        place, name = self.place(), local(name)
        if self.depth > DEEPEST:
            raise self.invalid(f"More than {DEEPEST} elements are open", place, "Nest them less.")
        if self.depth == 1 and name != ROOT:
            raise self.invalid(f"The root is <{name:.40}>, not <{ROOT}>", place, WRAP)
        self.handler.start(name, meaningful(attributes), place + self.shift)

    def closed(self, name: str) -> None:
        """The end of an element."""
        self.depth -= 1
        self.handler.end(self.place() + self.shift)

    def characters(self, text: str) -> None:
        """A stretch without markup on one line, a line break, or what a reference stands for."""
        place = self.place()
        referred = not self.in_cdata and self.xml[place] == "&"
        end = self.xml.index(";", place) + 1 if referred else place + len(text)
        self.handler.text(text, place + self.shift, end + self.shift)

    def literally(self, in_cdata: bool) -> None:
        """Where a CDATA section begins or ends: an ampersand in it is no reference."""
        self.in_cdata = in_cdata

    def place(self) -> int:
        """Where the current token begins in `xml`."""
        byte: int = self.expat.CurrentByteIndex
        if self.ascii:
            return byte
        self.seen += len(self.utf8[self.seen_bytes : byte].decode())
        self.seen_bytes = byte
        return self.seen

    def error_place(self) -> int:
        """Where expat stopped, which may be within a character."""
        return len(self.utf8[: self.expat.ErrorByteIndex].decode(errors="ignore"))

    def invalid(self, what: str, place: int, hint: str = "") -> InvalidSsml:
        """The error for a place in `xml`."""
        line, column = line_and_column(self.document, min(max(place + self.shift, 0), len(self.document)))
        return InvalidSsml(f"{what}, at line {line}, column {column}.", hint=hint)


def local(name: str) -> str:
    """`mstts:express-as` -> express-as."""
    return name.rpartition(":")[2]


def meaningful(attributes: Mapping[str, str]) -> dict[str, str]:
    """Attributes that may shape the speech, without prefixes; a name without one wins over its twin."""
    names = [name for name in attributes if name == "xml:lang" or not name.startswith(MEANINGLESS)]
    return {local(name): attributes[name] for name in sorted(names, key=lambda name: ":" not in name)}


def line_and_column(document: str, place: int) -> tuple[int, int]:
    """Both from 1 on; a line ends with a line feed, a carriage return, or both."""
    before = document[:place]
    line = before.count("\n") + before.count("\r") - before.count("\r\n") + 1
    return line, place - max(before.rfind("\n"), before.rfind("\r"))
