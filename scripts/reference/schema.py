"""Describe JSON schemas in a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.reference.markdown import format_code, format_codes

Schema = Mapping[str, Any]

NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}
BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))


def describe_kind(schema: Schema) -> str:
    """Describe what a schema allows: `whole number, ≥ 1, ≤ 256`; a reference by the name of its type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if options := [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]:
        return " or ".join(dict.fromkeys(map(describe_kind, drop_free_text(options))))
    if "enum" in schema or "const" in schema:
        return format_codes(schema.get("enum") or [schema["const"]])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"list of {len(schema['prefixItems'])}: {describe_kind(schema['prefixItems'][0])}"
        return f"list of {describe_kind(schema['items'])}" if "items" in schema else "list"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"object of {describe_kind(values)}"
    return ", ".join((NAMES.get(schema.get("type", ""), "anything"), *describe_bounds(schema)))


def drop_free_text(options: list[Schema]) -> list[Schema]:
    """Drop the alternative of any text beside an enumeration, whose aliases and other spellings it allows."""
    listed = any("enum" in one for one in options)
    return [one for one in options if not (listed and one == {"type": "string"})]


def describe_bounds(schema: Schema) -> Iterator[str]:
    """Yield the bounds of a number, or the length and pattern of a text."""
    yield from (f"{sign} {schema[name]:.12g}" for name, sign in BOUNDS if name in schema)
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']} characters"
    if "pattern" in schema:
        yield format_code(schema["pattern"])


def list_fields(schema: Schema) -> list[tuple[str, str, str, str]]:
    """Return the name, kind, default and meaning of each field of an object."""
    required = schema.get("required", ())
    return [
        (format_code(name), describe_kind(field), format_default(field, name in required), field.get("description", ""))
        for name, field in schema["properties"].items()
    ]


def format_default(field: Schema, required: bool) -> str:
    """Return the value that applies if the field is missing."""
    value = field.get("default")
    if required or value in (None, "", [], {}):
        return "required" if required else ""
    return format_code(str(value).lower() if isinstance(value, bool) else value)
