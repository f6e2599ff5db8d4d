"""Parse JSON strictly, and refuse what later steps cannot handle."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn
from urllib.parse import quote

from app.errors import FieldError, InvalidRequest, UnreadableBody

_MAX_INTEGER_DIGITS = 300
"""Maximum digits; longer integers are out of the range of every field, and slow to convert."""

MAX_NAMES = 500
"""Maximum in one object; an utterance of a plan has under 30, a blend at most one for each name of an emotion, and
a lexicon 500."""
MAX_VALUES = 500_000
"""Maximum in one body; no plan that fits into the largest body has as many. Small values such as `[]` take far more
memory than their characters."""

_SEPARATORS = ",[{"
"""Characters that precede or begin each value but the first. Those within strings are counted too: to be refused, one
in eight characters of the largest body would have to be one, which no natural text has."""


def read_json(text: str) -> Any:
    """Parse a JSON body.

    Refuse invalid JSON (such as NaN), duplicate names, excessive nesting, and more names or values than any request
    needs: each costs a hundred bytes of memory here, and a thousand if it is invalid.
    """
    if sum(map(text.count, _SEPARATORS)) > MAX_VALUES:
        raise InvalidRequest(f"The body has over {MAX_VALUES} values.", hint="Send the text in parts.")
    try:
        return json.loads(
            text, object_pairs_hook=_refuse_duplicates, parse_int=_parse_integer, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"The body is not JSON: {error.msg} ({place}).", hint="Check the quotes.") from None
    except RecursionError:
        raise UnreadableBody("The body is nested too deeply.") from None


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MAX_NAMES:
        raise InvalidRequest(
            f"An object has {len(pairs)} names, the most is {MAX_NAMES}.", hint="GET /docs lists the fields."
        )
    names = dict(pairs)
    if len(names) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise InvalidRequest(
            f"The name {quote_value(twice)} occurs twice in one object.",
            fields=[FieldError("occurs twice", json_pointer(twice))],
        )
    return names


def _parse_integer(digits: str) -> int | float:
    """Return an integer; an overlong one becomes infinity, which the range of every field excludes."""
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"The body is not JSON: {name} is not a number there.")


def json_pointer(*path: str | int) -> str:
    """Return a JSON pointer as a URI fragment (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{quote(part[:80], safe='~', errors='backslashreplace')}" for part in parts)


def quote_value(value: str) -> str:
    """Return a client's value for a message, shortened and printable."""
    return ascii(value if len(value) <= 40 else value[:39] + "…")


def has_surrogate(text: str | None) -> bool:
    """Return whether a text contains a lone surrogate, which JSON can represent and UTF-8 cannot encode."""
    try:
        (text or "").encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
