"""The locked packages can be installed on 64-bit Arm under Linux, nearly all of them from wheels.

`tests/arm64_wheels.tsv` names an archive of each package; its hash must be in the lock file. It comes from the report
of `pip install --dry-run --no-deps --require-hashes` for manylinux_2_17_aarch64 to manylinux_2_39_aarch64.
"""

from __future__ import annotations

import re

from packaging.markers import Marker, default_environment
from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from tests.serving import ROOT

ARM = {
    **default_environment(),
    **{
        "platform_machine": "aarch64",
        "sys_platform": "linux",
        "python_version": "3.11",
        "python_full_version": "3.11.7",
    },
}
ROWS = [row.split("\t") for row in (ROOT / "tests" / "arm64_wheels.tsv").read_text("utf-8").splitlines()[1:]]
CUDA = re.compile(r"nvidia-|cuda-|triton$")
"""Packages of the build of torch for GPUs; the CPU build needs none of them."""
SOURCES = {"docopt", "monotonic-alignment-search"}
"""Packages without a wheel: the first is pure Python, the second is compiled on installation."""
ENTRIES = re.findall(
    r"^([\w.-]+)==([\w.+-]+)(?: ; (.*?))? \\\n(.*?)(?=^\w|\Z)",
    (ROOT / "requirements-hashed.lock").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


def test_locked_packages_have_archives_for_arm() -> None:
    needed = {
        canonicalize_name(name): (version, hashes)
        for name, version, marker, hashes in ENTRIES
        if not CUDA.match(name) and (not marker or Marker(marker).evaluate(ARM))
    }
    found = set()
    for archive, digest in ROWS:
        if archive.endswith(".whl"):
            name, version, _, tags = parse_wheel_filename(archive)
            assert any(tag.platform == "any" or tag.platform.endswith("aarch64") for tag in tags), archive
        else:
            name, version = parse_sdist_filename(archive)
            assert name in SOURCES
        assert needed[name][0] == str(version)
        assert digest in needed[name][1], f"{archive} is not in the lock file"
        found.add(name)
    assert found == needed.keys()
