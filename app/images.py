"""The kinds of pictures that covers may be."""

from __future__ import annotations

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
IMAGE_STARTS = (_JPEG, _PNG)
"""First bytes of the pictures that covers may be: JPEG and PNG."""


def name_image_type(picture: bytes) -> str:
    """Return the media type of a picture that begins with one of `IMAGE_STARTS`."""
    return "image/png" if picture.startswith(_PNG) else "image/jpeg"
