"""The lock files match the installed packages, and NOTICE names the copyleft licences."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.metadata import distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.serving import ROOT
from tests.tables import check_rows

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LINES = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if not line.startswith("#")]
LOCK = {canonicalize_name(name): version for name, version in (line.split("==") for line in LINES)}
REQUIREMENTS = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]


HASHED = (ROOT / "requirements-hashed.lock").read_text()
COPYLEFT = re.compile(r"\b[AL]?GPL|\bMPL|Mozilla|\bEPL|\bCDDL", re.IGNORECASE)


def find_installed(requirements: Sequence[Requirement] = REQUIREMENTS) -> dict[str, str]:
    """Return name -> version of the installed requirements and of all their dependencies."""
    found: dict[str, str] = {}
    waiting = list(requirements)
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name not in found:
            found[name] = Version(distribution(name).version).public
        waiting += [one for one in read_dependencies(wanted) if canonicalize_name(one.name) not in found]
    return found


def read_dependencies(wanted: Requirement) -> Iterator[Requirement]:
    """Yield the direct dependencies of a requirement on this machine."""
    for line in distribution(wanted.name).requires or ():
        one = Requirement(line)
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)):
            yield one


def test_every_installed_package_has_its_locked_version() -> None:
    found = find_installed()
    assert len(found) > len(REQUIREMENTS)
    assert found == {name: LOCK.get(name) for name in found}


def test_every_package_satisfies_the_requirements_of_the_others() -> None:
    unfit = []
    for name in find_installed():
        for one in read_dependencies(Requirement(name)):
            if not one.specifier.contains(distribution(one.name).version, prereleases=True):
                unfit.append(f"{name} requires {one}")
    assert unfit == []


@check_rows("requirement", REQUIREMENTS)
def test_a_requirement_has_only_a_lower_bound(requirement: Requirement) -> None:
    assert [one.operator for one in requirement.specifier] == [">="]
    assert requirement.specifier.contains(LOCK[canonicalize_name(requirement.name)])


def read_hashed_entries() -> dict[str, tuple[str, str]]:
    """Return name -> version and the rest of each entry in the lock file with hashes."""
    entries = re.findall(r"^([\w.-]+)==([\w.+-]+)(.*?)(?=^\w|\Z)", HASHED, re.MULTILINE | re.DOTALL)
    return {canonicalize_name(name): (version, rest) for name, version, rest in entries}


def test_the_lock_with_hashes_contains_the_dependencies_in_the_locked_versions() -> None:
    entries, needed = read_hashed_entries(), find_installed([Requirement(line) for line in PROJECT["dependencies"]])
    assert needed.keys() <= entries.keys()
    assert {name: entries[name][0] for name in entries if name in LOCK} == {
        name: version for name, version in LOCK.items() if name in entries
    }
    assert all("--hash=sha256:" in rest for _, rest in entries.values())


def test_every_package_with_a_copyleft_licence_is_named_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text().lower()
    named = []
    for name in find_installed([Requirement(line) for line in PROJECT["dependencies"]]):
        facts: Any = distribution(name).metadata
        licences = (facts.get("License-Expression"), *(facts.get_all("Classifier") or ()), facts.get("License"))
        if any(licence and COPYLEFT.search(licence[:200]) for licence in licences):
            named.append(name)
            assert name.removesuffix("-fork") in notice, f"{name} is missing in NOTICE"
    assert {"coqui-tts", "phonemizer-fork", "num2words", "certifi", "tqdm"} <= set(named)
