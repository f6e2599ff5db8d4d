"""requirements.lock is the set that is installed here, whole."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from serving import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINES = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
LOCK = {canonicalize_name(name): version for name, version in (line.split("==") for line in LINES)}
ASKED = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]


def installed() -> dict[str, str]:
    """Name -> version of all that the service and its tests need, and of what that needs."""
    found: dict[str, str] = {}
    waiting = list(ASKED)
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name not in found:
            found[name] = Version(distribution(name).version).public
        waiting += [one for one in needs(wanted) if canonicalize_name(one.name) not in found]
    return found


def needs(wanted: Requirement) -> Iterator[Requirement]:
    """What one requirement needs on this machine."""
    for line in distribution(wanted.name).requires or ():
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)):
            yield one


def test_what_is_installed_is_the_locked_set_and_nothing_is_left_to_chance() -> None:
    found = installed()
    assert len(found) > len(ASKED)
    assert found == {name: LOCK.get(name) for name in found}


def test_every_package_fits_what_the_others_ask_of_it() -> None:
    unfit = []
    for name in installed():
        for one in needs(Requirement(name)):
            if not one.specifier.contains(distribution(one.name).version, prereleases=True):
                unfit.append(f"{name} asks for {one}")
    assert unfit == []


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_package_has_a_lower_bound_and_no_upper_one(asked: Requirement) -> None:
    assert [one.operator for one in asked.specifier] == [">="]
    assert asked.specifier.contains(LOCK[canonicalize_name(asked.name)])
