"""The parameters of a query, with the types of the fields that they stand for."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

from app.api.strict_json import pointer, shown
from app.errors import FieldError, InvalidRequest

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_NUMBERS = ("degree", "expressiveness", "speed", "seed", "sample_rate")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_SWITCHES = ("stream", "timing", "strict")
_NOT_IN_A_QUERY = "plan"


def read_query(query: bytes) -> dict[str, Any]:
    """The parameters, each once. Raises `InvalidRequest`."""
    parameters: dict[str, Any] = {}
    for name, value in _pairs(query):
        if name in parameters:
            raise _refused("is given twice", name)
        if name == _NOT_IN_A_QUERY:
            raise _refused("a plan comes as JSON, in the body of a POST", name)
        parameters[name] = _typed(name, value)
    return parameters


def refuse_content(parameters: dict[str, Any]) -> None:
    """What is spoken is the body of a POST."""
    for name in ("text", "ssml"):
        if name in parameters:
            raise _refused("is the body here, not a parameter", name)


def refuse_query(query: bytes) -> None:
    """Beside JSON there are no parameters: one that was meant to count must not be ignored silently."""
    names = list(dict.fromkeys(name for name, _ in _pairs(query)))
    if names:
        fields = [FieldError("is a query parameter; with JSON it belongs into the body", pointer(n)) for n in names]
        listed = ", ".join(shown(name) for name in names[:10])
        raise InvalidRequest(f"JSON takes no query parameters, but there is {listed}.", fields=fields)


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise InvalidRequest("The query cannot be read.", hint="Percent-encode parameters as UTF-8.") from None


def _refused(detail: str, name: str) -> InvalidRequest:
    return InvalidRequest(
        f"{name}: {detail}.", hint="GET /docs lists the fields.", fields=[FieldError(detail, pointer(name))]
    )


def _typed(name: str, value: str) -> Any:
    """The value with the type of its field; one that has another stays a string, which the field then refuses."""
    if name in _NUMBERS and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return _BOOLEANS.get(value, value) if name in _SWITCHES else value
