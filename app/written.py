"""How settings with several parts are written in one environment variable."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

SHORTEST_KEY = 16
"""Characters; 16 random ones cannot be guessed over a network."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""Of a key: it stands in log lines."""

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
"""A host name without a port, in small letters."""

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
"""A path that needs no quoting, in URLs or in the HTML of the documentation page."""


def folders(value: Any) -> Any:
    """A list may be written as JSON or, like PATH, with the system's separator between the folders."""
    if not isinstance(value, str):
        return value
    if _is_json(value):
        return json.loads(value)
    return [part for part in value.split(os.pathsep) if part]


def pairs(value: Any) -> Any:
    """A mapping may be written as JSON or as `name=voice,name=voice`."""
    if not isinstance(value, str):
        return value
    if _is_json(value):
        return json.loads(value)
    split = [part.partition("=") for part in _parts(value)]
    if not all(separator for _, separator, _ in split):
        raise ValueError("write name=voice,name=voice or a JSON object")
    return {name.strip(): voice.strip() for name, _, voice in split}


def origins(value: Any) -> Any:
    """Origins of web pages: a JSON list, or with commas between them."""
    if isinstance(value, str):
        value = json.loads(value) if _is_json(value) else _parts(value)
    return [_origin(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _origin(written: str) -> str:
    """As browsers send it; what they would never send is refused, for it would silently match nothing."""
    origin = written.lower()
    scheme, host, *_ = urlsplit(origin)
    if origin == "*" or (scheme and host and origin == f"{scheme}://{host}" and not set("*@") & set(host)):
        return origin
    raise ValueError(f"{written!r} is not an origin: write scheme://host or scheme://host:port, without a path, or *")


def hosts(value: Any) -> Any:
    """Host names: a JSON list, or with commas between them."""
    if isinstance(value, str):
        value = json.loads(value) if _is_json(value) else _parts(value)
    return [_host(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _host(written: str) -> str:
    if not _HOST.fullmatch(name := written.lower()):
        raise ValueError(f"{written!r} is not a host name: write tts.example.org, without scheme, port or *")
    return name


def prefix(value: Any) -> Any:
    """A path such as `/tts`, without a slash at its end."""
    if not isinstance(value, str):
        return value
    path = value.rstrip("/")
    if not _PREFIX.fullmatch(path):
        raise ValueError("write a path such as /tts: letters, digits and . _ ~ - between slashes")
    return path


def keys(value: Any) -> Any:
    """Keys by name: `name=key,name=key` or a JSON object; bare ones (`key,key` or a JSON list) are key1, key2, …

    No message quotes a key or a name: what looks like a name may be the beginning of a key.
    """
    if isinstance(value, str):
        # As pairs, so that a name that occurs twice is seen.
        value = json.loads(value, object_pairs_hook=list) if _is_json(value) else [*map(_named, _parts(value))]
    elif isinstance(value, Mapping):
        value = list(value.items())
    named = [one if isinstance(one, tuple) else (f"key{place}", one) for place, one in enumerate(value, 1)]
    _check_keys(named)
    return dict(named)


def _named(part: str) -> tuple[str, str] | str:
    """Name and key, or a bare key, whose last characters may be the `=` of base64."""
    name, separator, key = part.partition("=")
    return (name.strip(), key.strip()) if separator and key.strip("=") else part


def _check_keys(named: Sequence[tuple[str, Any]]) -> None:
    for place, (name, key) in enumerate(named, 1):
        if not isinstance(key, str) or len(key) < SHORTEST_KEY:
            raise ValueError(f"key {place} has under {SHORTEST_KEY} characters; openssl rand -hex 32 makes a good one")
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError(f"key {place} has characters that no header may hold: use visible ASCII")
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name of key {place} is not made of at most 40 letters, digits, dots, _ and -")
    for what, values in zip(("name", "key"), zip(*named, strict=True), strict=False):
        if len(set(values)) < len(values):
            raise ValueError(f"the same {what} occurs twice")


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
