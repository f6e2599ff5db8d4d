"""JSON as the standard has it, and nothing that a later step could stumble over."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, NoReturn
from urllib.parse import quote

from app.errors import FieldError, InvalidRequest, UnreadableBody

_LONGEST_INTEGER = 300
"""Digits; longer ones are out of every range that we have, and slow to convert."""

MOST_NAMES = 100
"""In one object; an utterance of a plan has under 30, and a blend has no more than there are names of emotions."""
MOST_VALUES = 500_000
"""In one body. The fields of a plan that fit into the largest body are fewer; small values such as `[]` take far more
memory than their characters."""

_SEPARATORS = ",[{"
"""Each value but the first comes after one of these or begins with one. Those within texts are counted as well: no
natural text has one in eight characters, which the largest body would need."""


def read_json(text: str) -> Any:
    """Parse a body. Refuse what is not JSON (such as NaN), names that occur twice, endless nesting, and more names or
    values than any request needs: each costs a hundred bytes of memory here, and a thousand if it is found wrong."""
    if sum(map(text.count, _SEPARATORS)) > MOST_VALUES:
        raise InvalidRequest(f"The body has over {MOST_VALUES} values.", hint="Send the text in parts.")
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableBody(f"The body is not JSON: {error.msg} ({place}).", hint="Check the quotes.") from None
    except RecursionError:
        raise UnreadableBody("The body is nested too deeply.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(pairs) > MOST_NAMES:
        raise InvalidRequest(
            f"An object has {len(pairs)} names, the most is {MOST_NAMES}.", hint="GET /docs lists the fields."
        )
    names = dict(pairs)
    if len(names) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise InvalidRequest(
            f"The name {shown(twice)} occurs twice in one object.",
            fields=[FieldError("occurs twice", pointer(twice))],
        )
    return names


def _integer(digits: str) -> int | float:
    """A whole number; an absurdly long one becomes infinity, which every field refuses with its own range."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise UnreadableBody(f"The body is not JSON: {name} is not a number there.")


def pointer(*path: str | int) -> str:
    """JSON pointer as a URI fragment (RFC 6901)."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join(f"/{quote(part[:80], safe='~', errors='backslashreplace')}" for part in parts)


def shown(value: str) -> str:
    """A value of the client's in a message: short, printable."""
    return ascii(value if len(value) <= 40 else value[:39] + "…")


def has_surrogate(text: str | None) -> bool:
    """Whether a text holds half of a surrogate pair, which JSON can write and nothing can encode."""
    try:
        (text or "").encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
