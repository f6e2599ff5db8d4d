"""Generate the flags of `serve` from the settings and those of `say` and `analyze` from the options of a request."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, get_args, get_origin

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from app.cli.parser import UsageError
from app.errors import SetupError
from app.fields import SpeechOptions, list_leaf_types
from app.settings import Settings, load_settings


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag of the same name for each setting except secrets; an absent flag keeps the environment's value."""
    for name, field in Settings.model_fields.items():
        if _is_secret(field):
            continue
        switch: dict[str, Any] = {"action": argparse.BooleanOptionalAction} if field.annotation is bool else {}
        parser.add_argument(_flag(name), dest=name, default=None, help=_help(name, field), **_metavar(switch))


def add_option_flags(parser: argparse.ArgumentParser, without: tuple[str, ...] = ()) -> None:
    """Add a flag of the same name for each option of a request, with its range and description."""
    for name, field in SpeechOptions.model_fields.items():
        if name in without:
            continue
        help_text = (field.description or "").rstrip(".").replace("`", "").replace("%", "%%")
        leaves = list_leaf_types(field.annotation)
        choices = [leaf for leaf in leaves if isinstance(leaf, str)]
        if bool in leaves:
            parser.add_argument(_flag(name), action=argparse.BooleanOptionalAction, default=None, help=help_text)
        elif choices:
            parser.add_argument(_flag(name), choices=choices, help=help_text)
        elif any(get_origin(one) is list for one in get_args(field.annotation)):
            parser.add_argument(_flag(name), action="append", metavar="TEXT", help=f"{help_text}. May be repeated")
        elif str in leaves:
            parser.add_argument(_flag(name), metavar="TEXT", help=help_text)
        else:
            number = int if int in leaves else float
            annotation: Any = field.annotation
            adapter = TypeAdapter[Any](annotation)
            help_text = f"{help_text} ({_describe_range(adapter)})"
            parser.add_argument(_flag(name), type=_make_number_type(adapter, number), help=help_text)


def _describe_range(adapter: TypeAdapter[Any]) -> str:
    schema = next(option for option in adapter.json_schema()["anyOf"] if "minimum" in option)
    return f"{schema['minimum']:.12g} to {schema['maximum']:.12g}"


def _make_number_type(adapter: TypeAdapter[Any], number: type[int] | type[float]) -> Callable[[str], int | float]:
    """Return an argparse type that accepts the numbers that a field accepts."""

    def parse(value: str) -> int | float:
        try:
            return number(adapter.validate_python(number(value)))
        except ValidationError as error:
            raise argparse.ArgumentTypeError(f"{value}: {error.errors()[0]['msg'].lower()}") from None

    parse.__name__ = number.__name__  # argparse names it if the value is not a number at all
    return parse


def describe_secrets() -> str:
    """Return the help text for the settings that have no flag."""
    secrets = (_help(name, field) for name, field in Settings.model_fields.items() if _is_secret(field))
    return f"Only in the environment or .env, since others on the machine can read command lines: {'; '.join(secrets)}."


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in get_args(field.annotation)


def _metavar(switch: dict[str, Any]) -> dict[str, Any]:
    return switch or {"metavar": "VALUE"}


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _help(name: str, field: FieldInfo) -> str:
    nothing = field.default_factory or field.default in (None, "", [], {})
    default = "" if nothing else f"; default {_format_default(field.default)}"
    return f"{(field.description or '').rstrip('.')} (INTONE_{name.upper()}{default})".replace("%", "%%")


def _format_default(default: Any) -> str:
    return ", ".join(map(str, default)) if isinstance(default, list) else str(default)


def settings_from_options(options: argparse.Namespace) -> Settings:
    """Load the settings; flags take precedence over the environment."""
    chosen = {name: getattr(options, name, None) for name in Settings.model_fields}
    return settings(**{name: value for name, value in chosen.items() if value is not None})


def settings(**chosen: Any) -> Settings:
    """Load the settings; raise `UsageError` for a wrong one."""
    try:
        return load_settings(**chosen)
    except SetupError as error:
        raise UsageError(error.detail) from None
