"""What was done other than asked, while a document is read."""

from __future__ import annotations

from app.plan import PlanWarning

MOST_WARNINGS = 50
"""More would be a document's own text given back."""
SHOWN = 60
"""Characters of a value that a warning quotes."""


class Remarks:
    """Collects warnings: each once, and a bounded number of them."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], None] = {}
        self._left_out = 0

    def add(self, code: str, detail: str) -> None:
        """Report something, unless it was reported before."""
        if (code, detail) in self._seen:
            return
        if len(self._seen) < MOST_WARNINGS:
            self._seen[code, detail] = None
        else:
            self._left_out += 1

    @property
    def warnings(self) -> tuple[PlanWarning, ...]:
        """All, in the order of the document; the last one tells how many there is no place for."""
        listed = tuple(PlanWarning(code, detail) for code, detail in self._seen)
        if not self._left_out:
            return listed
        return (*listed, PlanWarning("more_warnings", f"{self._left_out} more warnings were left out."))


def shown(value: str) -> str:
    """A caller's value, quoted and short."""
    return repr(value if len(value) <= SHOWN else value[:SHOWN] + "…")
