"""A command that was called wrongly."""

from __future__ import annotations

from app.errors import IntoneError


class UsageError(IntoneError):
    """The command was called wrongly."""
