"""Run `live_plugins.py` with the Python of another environment against a service with an API key."""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.serving import ROOT, start_server


def main() -> int:
    """Return the exit code of the plugins."""
    key = secrets.token_hex()
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), INTONE_API_KEYS=f"plugins={key}")
        try:
            return subprocess.call([sys.argv[1], ROOT / "scripts" / "live_plugins.py", server.url, key])
        finally:
            server.stop()


if __name__ == "__main__":
    raise SystemExit(main())
