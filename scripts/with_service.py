"""Run a command beside a service with an API key: `python scripts/with_service.py COMMAND [ARGUMENT ...]`.

The command finds the service's address in INTONE_URL and the key in INTONE_KEY.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.serving import start_server


def main() -> int:
    """Return the exit code of the command."""
    key = secrets.token_hex()
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder), INTONE_API_KEYS=f"check={key}")
        try:
            return subprocess.call(sys.argv[1:], env={**os.environ, "INTONE_URL": server.url, "INTONE_KEY": key})
        finally:
            server.stop()


if __name__ == "__main__":
    raise SystemExit(main())
