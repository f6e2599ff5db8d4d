"""Generate flags from the settings of the service, the options of a request and the settings of a training."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any, cast, get_args, get_origin

from pydantic import SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from app.cli.parser import UsageError
from app.errors import SetupError
from app.fields import SpeechOptions, list_leaf_types
from app.settings import Settings, load_settings
from app.training.settings import ModelKind, TrainingSettings
from app.voices import Registry


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag of the same name for each setting except secrets; an absent flag keeps the environment's value."""
    for name, field in Settings.model_fields.items():
        if not _is_secret(field):
            kind: dict[str, Any] = {"metavar": "VALUE"}
            if field.annotation is bool:
                kind = {"action": argparse.BooleanOptionalAction}
            parser.add_argument(_flag(name), default=None, help=_help(name, field), **kind)


def add_training_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag of the same name for each setting of a training, with its description and default."""
    for name, field in TrainingSettings.model_fields.items():
        kind: dict[str, Any] = {"action": "store_true"} if field.annotation is bool else {}
        values = f": {', '.join(ModelKind)}" if field.annotation is ModelKind else ""
        default = "" if field.default in (None, False) else f" (default {field.default})"
        parser.add_argument(_flag(name), default=None, help=_describe(field) + values + default, **kind)


def add_option_flags(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add a flag of the same name for some options of a request, with its range and description."""
    for name in names:
        field = SpeechOptions.model_fields[name]
        help_text = _describe(field)
        leaves, annotation = list_leaf_types(field.annotation), cast(Any, field.annotation)
        kind: dict[str, Any] = {"metavar": "TEXT"}
        if bool in leaves:
            kind = {"action": argparse.BooleanOptionalAction}
        elif choices := [leaf for leaf in leaves if isinstance(leaf, str)]:
            kind = {"choices": choices}
        elif any(get_origin(one) is list for one in get_args(annotation)):
            kind["action"] = "append"
            help_text += ". May be repeated"
        elif str not in leaves:
            adapter = TypeAdapter[Any](annotation)
            kind = {"type": _make_number_type(adapter, int if int in leaves else float)}
            bounds = next(option for option in adapter.json_schema()["anyOf"] if "minimum" in option)
            help_text += f" ({bounds['minimum']:.12g} to {bounds['maximum']:.12g})"
        parser.add_argument(_flag(name), default=None, help=help_text, **kind)


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


def _describe(field: FieldInfo) -> str:
    return (field.description or "").rstrip(".").replace("`", "").replace("%", "%%").replace("\n", " ")


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _help(name: str, field: FieldInfo) -> str:
    nothing = field.default_factory or field.default in (None, "", [], {})
    values = field.default if isinstance(field.default, list) else [field.default]
    default = "" if nothing else f"; default {', '.join(map(str, values))}"
    return f"{_describe(field)} (INTONE_{name.upper()}{default})"


def find_given(options: argparse.Namespace, names: Iterable[str]) -> str | None:
    """Return the first flag of some names that is on the command line; None if none is."""
    values = ((name, getattr(options, name)) for name in names)
    given = (name for name, value in values if value is not None and value is not False)
    return next((f"--{name.replace('_', '-')}" for name in given), None)


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


def find_voices(settings: Settings) -> Registry:
    """Return the installed voices; raise `InvalidVoice` if the default voice is missing."""
    return Registry(settings.voices, settings.default_voice, settings.voice_aliases)
