"""Open a zip archive from a stranger: sizes and numbers are bounded, and nothing of it reaches the disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from app.errors import UnreadableDocument

MAX_ENTRIES = 10_000
_ENTRY_START = b"PK\x01\x02"
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those of EPUB and DOCX; others unpack with other errors and without bounds of memory."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
"""Maximum of all that is read from one archive; a picture book has 100 MB, most of which is never read."""
MAX_ENTRY_BYTES = 32 * 1024 * 1024


class Archive:
    """Zip archive in memory, of which only so much is unpacked as an author's file may have."""

    def __init__(self, data: bytes) -> None:
        """Read the list of entries; raise `UnreadableDocument` if it is damaged or too long."""
        if data.count(_ENTRY_START) > MAX_ENTRIES:  # before a list of them takes memory
            raise UnreadableDocument(f"The archive has more than {MAX_ENTRIES} entries.")
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise UnreadableDocument(f"The archive is damaged: {error}.", hint="Download or export it again.") from None
        entries = self._zip.infolist()
        if any(one.flag_bits & 1 for one in entries):
            raise UnreadableDocument("The archive is encrypted.", hint="Save it without a password.")
        if any(one.compress_type not in _COMPRESSIONS for one in entries):
            raise UnreadableDocument("The archive has a rare compression.", hint="Pack it with Deflate, or unpacked.")
        self.names = frozenset(one.filename for one in entries)
        self.declared_bytes = sum(one.file_size for one in entries)
        """Unpacked size, as the archive declares it."""
        self._left = MAX_UNPACKED_BYTES

    def read(self, name: str) -> bytes:
        """Return an entry; raise `UnreadableDocument` if it is missing, damaged or too large."""
        try:
            with self._zip.open(name) as entry:
                data = entry.read(min(MAX_ENTRY_BYTES, self._left) + 1)
        except KeyError:
            raise UnreadableDocument(f"The archive lacks {name[:100]!r}, which it refers to.") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise UnreadableDocument(f"{name[:100]!r} in the archive is damaged: {error}.") from None
        self._left -= len(data)
        if len(data) > MAX_ENTRY_BYTES or self._left < 0:
            raise UnreadableDocument(f"The archive unpacks to more than a document has, at {name[:100]!r}.")
        return data

    def read_xml(self, name: str) -> Element:
        """Return the root element of an XML entry; entities that the document declares are refused."""
        return parse_xml(self.read(name), name)


def parse_xml(data: bytes, name: str) -> Element:
    """Parse XML; raise `UnreadableDocument` if it is not well-formed or declares entities."""
    try:
        root: Element = fromstring(data)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableDocument(f"{name[:100]!r} is not XML that can be read safely: {error}.") from None
    return root
