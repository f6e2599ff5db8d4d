"""The locked packages have wheels for 64-bit Arm on Linux, so the image can be built there.

`tests/arm64_wheels.tsv` names a wheel of each package and its hash; the hash must be in the lock file. It is made by
`pip install --dry-run --report FILE` for the platform, which reads the lock file with hashes.
"""

from __future__ import annotations

import re

from packaging.markers import Marker, default_environment
from packaging.utils import canonicalize_name, parse_wheel_filename

from tests.serving import ROOT

ARM = {**default_environment(), "platform_machine": "aarch64", "sys_platform": "linux", "python_version": "3.11"}
TABLE = (ROOT / "tests" / "arm64_wheels.tsv").read_text("utf-8").splitlines()[1:]
ROWS = [row.split("\t") for row in TABLE]
WHEELS = {canonicalize_name(wheel.partition("-")[0]): (wheel, digest) for wheel, digest in ROWS}
ENTRIES = re.findall(
    r"^([\w.-]+)==([\w.+-]+)(?: ; (.*?))? \\\n(.*?)(?=^\w|\Z)",
    (ROOT / "requirements-hashed.lock").read_text("utf-8"),
    re.MULTILINE | re.DOTALL,
)


def test_every_locked_package_has_a_wheel_for_arm() -> None:
    needed = {
        canonicalize_name(name): (version, hashes)
        for name, version, marker, hashes in ENTRIES
        if not marker or Marker(marker).evaluate(ARM)
    }
    assert len(needed) > 50
    assert WHEELS.keys() == needed.keys()
    for name, (version, hashes) in needed.items():
        wheel, digest = WHEELS[name]
        _, wheel_version, _, tags = parse_wheel_filename(wheel)
        assert str(wheel_version) == version
        assert digest in hashes, f"{wheel} is not in the lock file"
        assert any(tag.platform == "any" or tag.platform.endswith("aarch64") for tag in tags), wheel
