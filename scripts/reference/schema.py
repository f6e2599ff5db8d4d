"""What a JSON schema allows, in a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.reference.markdown import code, codes

Schema = Mapping[str, Any]

NAMES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}
BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))


def kind(schema: Schema) -> str:
    """`whole number, ≥ 1, ≤ 256`; other types of the same document by their names."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if options := [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]:
        return " or ".join(dict.fromkeys(map(kind, without_the_open_one(options))))
    if "enum" in schema or "const" in schema:
        return codes(schema.get("enum") or [schema["const"]])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}" if "items" in schema else "list"
    if isinstance(values := schema.get("additionalProperties"), dict):
        return f"object of {kind(values)}"
    return ", ".join((NAMES.get(schema.get("type", ""), "anything"), *bounds(schema)))


def without_the_open_one(options: list[Schema]) -> list[Schema]:
    """Where names are listed and others may be as well (in another case, aliases), the list says it better."""
    listed = any("enum" in one for one in options)
    return [one for one in options if not (listed and one == {"type": "string"})]


def bounds(schema: Schema) -> Iterator[str]:
    """The range of a number, the form of a text."""
    yield from (f"{sign} {schema[name]:.12g}" for name, sign in BOUNDS if name in schema)
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']} characters"
    if "pattern" in schema:
        yield code(schema["pattern"])


def fields(schema: Schema) -> list[tuple[str, str, str, str]]:
    """Of an object: name, kind, default and meaning of each field."""
    required = schema.get("required", ())
    return [
        (code(name), kind(field), default(field, name in required), field.get("description", ""))
        for name, field in schema["properties"].items()
    ]


def default(field: Schema, required: bool) -> str:
    """What counts where the field is not there."""
    value = field.get("default")
    if required or value in (None, "", [], {}):
        return "required" if required else ""
    return code(str(value).lower() if isinstance(value, bool) else value)
