"""Unpack an untrusted model.tar.gz: of limited size, files and folders only, nothing outside its folder."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path

from scripts.sagemaker.errors import FailedOperation

MAX_BYTES = 4 << 30
MAX_FILES = 1000


class BoundedStream(io.RawIOBase):
    """A decompressed stream that raises an error beyond a size, since a small gzip file can expand to any size."""

    def __init__(self, source: gzip.GzipFile, size: int) -> None:
        self.source = source
        self.remaining = size

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def read(self, size: int = -1) -> bytes:
        """See `io.RawIOBase`."""
        piece = self.source.read(min(size, self.remaining + 1) if size >= 0 else self.remaining + 1)
        self.remaining -= len(piece)
        if self.remaining < 0:
            raise FailedOperation("The archive is larger than any voice.", hint="Is it a model.tar.gz of this project?")
        return piece


def unpack(archive: Path, folder: Path, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES) -> None:
    """Unpack an archive into a folder."""
    try:
        with gzip.open(archive) as whole, tarfile.open(fileobj=BoundedStream(whole, max_bytes), mode="r|") as members:
            for number, member in enumerate(members):
                # A sparse file expands to far more bytes than it has; no training job creates one.
                if number >= max_files or member.issparse() or not (member.isfile() or member.isdir()):
                    raise FailedOperation(
                        f"The archive contains an entry that no voice holds ({member.name!r:.80}).",
                        hint="Is it a model.tar.gz of this project?",
                    )
                members.extract(member, folder, filter="data")
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FailedOperation(f"{archive.name} cannot be unpacked: {error}.", hint="Download it again.") from None
