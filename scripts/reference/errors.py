"""Every error, from `app.errors`."""

from __future__ import annotations

from app.api.errors import openai_content, openai_status
from app.errors import ERRORS, IntoneError
from scripts.reference.markdown import code, table
from scripts.reference.markdown import page as whole

HEAD = ("status", "code", "meaning", "what to do", "below `/v1`")
ABOUT = """Errors are `application/problem+json` (RFC 9457) with `type`, `title`, `status`, `detail`, `code`, `hint` and
`request_id`; wrong fields are listed in `errors`, each with a `detail` and a JSON pointer. `code` is for programs and
stays, `detail` and `hint` are for people. Below `/v1` they have OpenAI's form: `{"error": {"message", "type", "param",
"code"}}`.

The command line tells an error in one line on standard error, and ends with 1; with 2 where it was called wrongly."""


def page() -> str:
    """The page."""
    return whole("Errors", ABOUT, table(HEAD, (line(kind) for kind in (*ERRORS, IntoneError))))


def line(kind: type[IntoneError]) -> tuple[str, ...]:
    """One error."""
    error = kind("")
    theirs = f"{openai_status(error)} {code(openai_content(error)['error']['code'])}"
    return str(kind.status), code(kind.code), f"{kind.title}.", kind.remedy, theirs
