"""Unpacks a model.tar.gz that came from elsewhere: bounded, files and folders only, nothing outside of its folder."""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path

from scripts.sagemaker.errors import Failed

MOST_BYTES = 4 << 30
MOST_FILES = 1000


class Bounded(io.RawIOBase):
    """A stream that ends with an error rather than go beyond a size; few bytes can stand for many in gzip."""

    def __init__(self, source: gzip.GzipFile, size: int) -> None:
        self.source = source
        self.left = size

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def read(self, size: int = -1) -> bytes:
        """See `io.RawIOBase`."""
        piece = self.source.read(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(piece)
        if self.left < 0:
            raise Failed("The archive is larger than any voice.", hint="Is it a model.tar.gz of this project?")
        return piece


def unpack(archive: Path, folder: Path, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
    """Unpack into a folder."""
    try:
        with gzip.open(archive) as whole, tarfile.open(fileobj=Bounded(whole, most_bytes), mode="r|") as members:
            for number, member in enumerate(members):
                # A sparse file stands for far more bytes than it has; no training job packs one.
                if number >= most_files or member.issparse() or not (member.isfile() or member.isdir()):
                    raise Failed(
                        f"The archive holds what no voice holds ({member.name!r:.80}).",
                        hint="Is it a model.tar.gz of this project?",
                    )
                members.extract(member, folder, filter="data")
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise Failed(f"{archive.name} cannot be unpacked: {error}.", hint="Download it again.") from None
