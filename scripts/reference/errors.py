"""Render the page of all errors, from `app.errors`."""

from __future__ import annotations

from app.api.errors import choose_openai_status, make_openai_content
from app.errors import ERRORS, IntoneError
from scripts.reference.markdown import format_code, make_page, make_table

HEAD = ("status", "code", "meaning", "what to do", "below `/v1`")
ABOUT = """Errors are `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, `code`, `hint` and
`request_id`; invalid fields are listed in `errors`, each with a `detail` and a JSON pointer. `code` is stable and for
programs, `detail` and `hint` are for people. Below `/v1` errors have OpenAI's form: `{"error": {"message", "type",
"param", "code"}}`.

The command line prints an error in one line on standard error and exits with 1, or with 2 after wrong usage."""


def render() -> str:
    """Return the page."""
    return make_page("Errors", ABOUT, make_table(HEAD, (make_row(kind) for kind in (*ERRORS, IntoneError))))


def make_row(kind: type[IntoneError]) -> tuple[str, ...]:
    """Return the row of an error."""
    error = kind("")
    openai = f"{choose_openai_status(error)} {format_code(make_openai_content(error)['error']['code'])}"
    return str(kind.status), format_code(kind.code), f"{kind.title}.", kind.remedy, openai
