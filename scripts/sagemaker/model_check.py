"""Validate a request against AWS's own model of it, which botocore contains.

botocore itself validates types, required members and minima; this module adds what it leaves to the service:
enumerations, patterns and maxima.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any


def find_problems(service: str, operation: str, request: dict[str, Any]) -> Iterator[str]:
    """Yield the problems of a request."""
    from botocore.validate import ParamValidator

    shape = _load_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        yield " ".join(report.generate_report().split())
    else:
        yield from _check_value(shape, request, "")


@cache
def _load_service_model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


def _check_value(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from (f"{path} {problem}" for problem in _check_own_rules(shape, value))
    if shape.type_name == "structure":
        for name, inner in value.items():
            yield from _check_value(shape.members[name], inner, f"{path}.{name}".lstrip("."))
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from _check_value(shape.member, inner, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            yield from _check_value(shape.key, key, f"{path} (key {key!r})")
            yield from _check_value(shape.value, inner, f"{path}[{key!r}]")


def _check_own_rules(shape: Any, value: Any) -> Iterator[str]:
    """Yield the problems of a value, not of its members."""
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
    if "pattern" in rules and not _matches(rules["pattern"], value):
        yield f"does not fit {rules['pattern']}: {value!r:.80}"


def _matches(pattern: str, value: str) -> bool:
    """Return whether a value matches a pattern. Patterns are Java's; the few that Python cannot parse always match."""
    try:
        return re.fullmatch(pattern, value, re.DOTALL) is not None
    except re.error:
        return True
