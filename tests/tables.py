"""Tests over tables: one test checks every row and lists all that fail."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest


def check_rows(
    names: str | tuple[str, ...], rows: Iterable[Any]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test for every row of a table; `names` are those of the columns.

    In contrast to `pytest.mark.parametrize` this is one test, which reports all rows that fail, and its fixtures are
    shared by all rows. It is meant for large tables of quick, independent rows.
    """
    columns = (names,) if isinstance(names, str) else names
    table = list(rows)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def check_all(**fixtures: Any) -> None:
            failures = []
            for row in table:
                values = dict(zip(columns, (row,) if isinstance(names, str) else row, strict=True))
                try:
                    test(**values, **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    failures.append(f"{values!r:.300}\n  {type(error).__name__}: {str(error)[:1500]}")
            if failures:
                pytest.fail("\n".join([f"{len(failures)} of {len(table)} rows fail:", *failures]), pytrace=False)

        kept = [one for one in signature.parameters.values() if one.name not in columns]
        check_all.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return check_all

    return decorate
