"""requirements.lock is the set that is installed here, whole."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.serving import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINES = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
LOCK = {canonicalize_name(name): version for name, version in (line.split("==") for line in LINES)}
ASKED = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]


HASHED = (ROOT / "requirements-hashed.lock").read_text()
COPYLEFT = re.compile(r"\b[AL]?GPL|\bMPL|Mozilla|\bEPL|\bCDDL", re.IGNORECASE)


def installed(asked: Sequence[Requirement] = ASKED) -> dict[str, str]:
    """Name -> version of all that the service and its tests need, and of what that needs."""
    found: dict[str, str] = {}
    waiting = list(asked)
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


def hashed_entries() -> dict[str, tuple[str, str]]:
    """Name -> version and the rest of an entry of the lock with hashes."""
    entries = re.findall(r"^([\w.-]+)==([\w.+-]+)(.*?)(?=^\w|\Z)", HASHED, re.MULTILINE | re.DOTALL)
    return {canonicalize_name(name): (version, rest) for name, version, rest in entries}


def test_the_lock_with_hashes_holds_what_the_service_needs_in_the_locked_versions() -> None:
    entries, needed = hashed_entries(), installed([Requirement(line) for line in PROJECT["dependencies"]])
    assert needed.keys() <= entries.keys()
    assert {name: entries[name][0] for name in entries if name in LOCK} == {
        name: version for name, version in LOCK.items() if name in entries
    }
    assert all("--hash=sha256:" in rest for _, rest in entries.values())


def test_every_package_with_a_copyleft_licence_is_named_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text().lower()
    named = []
    for name in installed([Requirement(line) for line in PROJECT["dependencies"]]):
        facts = distribution(name).metadata
        licences = (facts.get("License-Expression"), *(facts.get_all("Classifier") or ()), facts.get("License"))
        if any(licence and COPYLEFT.search(licence[:200]) for licence in licences):
            named.append(name)
            assert name.removesuffix("-fork") in notice, f"{name} is missing in NOTICE"
    assert {"coqui-tts", "phonemizer-fork", "num2words", "certifi", "tqdm"} <= set(named)
