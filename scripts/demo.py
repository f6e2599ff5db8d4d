"""Start the service, let it speak a story, and print its decisions; `scripts/demo` calls this after the setup."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.1"
PORT = 8000
SERVICE = f"http://{ADDRESS}:{PORT}"
START_SECONDS = 120
STORY = Path(__file__).with_name("story.txt")
OUTPUT = Path("story.wav")


def main() -> int:
    """Run the demonstration and return the exit code."""
    command = [sys.executable, "-m", "app", "serve", "--host", ADDRESS, "--port", str(PORT)]
    service = subprocess.Popen(command)
    try:
        wait_until_ready(service)
        result = synthesize(STORY.read_text(encoding="utf-8"))
    finally:
        service.terminate()
        service.wait()
    OUTPUT.write_bytes(base64.b64decode(result["audio"]))
    print_plan(result)
    return 0


def wait_until_ready(service: subprocess.Popen[bytes]) -> None:
    """Wait until the service is ready; exit if it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise SystemExit(f"The service ended with code {service.returncode}; its last line gives the reason.")
        try:
            with urllib.request.urlopen(f"{SERVICE}/ready"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise SystemExit("The service did not become ready.")


def synthesize(text: str) -> dict[str, Any]:
    """Return the audio and the plan of a text."""
    body = json.dumps({"text": text, "timing": True, "seed": 1}).encode()
    request = urllib.request.Request(f"{SERVICE}/synthesize", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        result: dict[str, Any] = json.load(response)
    return result


def print_plan(result: dict[str, Any]) -> None:
    """Print a line for each sentence."""
    lines = [
        f"{one['start']:6.2f} s  {one['emotion']:9}{one['text'].strip()[:70]:72}{one['reason']}"
        for one in result["plan"]["utterances"]
    ]
    lines.append(f"{result['duration']:.1f} s of speech are in {OUTPUT.resolve()}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
