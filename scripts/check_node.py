"""Run the tests of `tests/node` against a service with an API key; `scripts/check-node` calls this script."""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from pathlib import Path

from tests.serving import ROOT, start_server


def main() -> int:
    """Run the tests and return their exit code."""
    key = secrets.token_hex()
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), INTONE_API_KEYS=f"node={key}")
        try:
            environment = {**os.environ, "INTONE_URL": server.url, "INTONE_KEY": key}
            return subprocess.call(["npm", "test"], cwd=ROOT / "tests" / "node", env=environment)
        finally:
            server.stop()


if __name__ == "__main__":
    raise SystemExit(main())
