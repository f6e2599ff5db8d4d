"""A request against AWS's own model of it, as botocore carries it.

botocore itself checks types, required members and minima; this adds what it leaves to the service: enumerations,
patterns and maxima.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any


def problems(service: str, operation: str, request: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a request; nothing where all is well."""
    from botocore.validate import ParamValidator

    shape = _service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        yield " ".join(report.generate_report().split())
    else:
        yield from _walk(shape, request, "")


@cache
def _service_model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def _walk(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from (f"{path} {what}" for what in _own(shape, value))
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from _walk(shape.members[name], inner, f"{path}.{name}".lstrip("."))
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from _walk(shape.member, inner, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from _walk(shape.key, key, f"{path} (key {key!r})")
            yield from _walk(shape.value, inner, f"{path}[{key!r}]")


def _own(shape: Any, value: Any) -> Iterator[str]:
    """Of one value, not of what is in it."""
    rules = shape.metadata
    if isinstance(value, bool) or not hasattr(shape, "type_name"):
        return
    size = value if isinstance(value, int | float) else len(value) if hasattr(value, "__len__") else None
    if size is not None and "max" in rules and size > rules["max"]:
        yield f"is over {rules['max']}: {value!r:.80}"
    if shape.type_name != "string":
        return
    if "min" in rules and len(value) < rules["min"]:
        yield f"is shorter than {rules['min']}: {value!r:.80}"
    if getattr(shape, "enum", None) and value not in shape.enum:
        yield f"is none of those that AWS knows: {value!r:.80}"
    if "pattern" in rules and not _fits(rules["pattern"], value):
        yield f"does not fit {rules['pattern']}: {value!r:.80}"


def _fits(pattern: str, value: str) -> bool:
    """The patterns are Java's; the few that Python cannot read are left to the service."""
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:
        return True
