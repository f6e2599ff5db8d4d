"""How fast and how large the service is: `python scripts/benchmark.py` starts it, speaks, and prints one JSON object.

Real-time factor is compute time over audio time (lower is better); the median of several runs of one paragraph.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PARAGRAPH = " ".join(
    [
        "The harbour was quiet when the ferry came in.",
        "I am so happy that you are finally here!",
        "Nobody told me that the last bus had already left.",
        "The tickets cost twelve pounds, and the museum closes at half past five.",
        "How dare you speak to her like that!",
        "We walked along the wall and watched the gulls.",
        "I miss him terribly, and the house feels empty without him.",
        "There is someone behind the door, and I am terrified.",
        "Oh wow, I did not expect to see you here!",
        "After dinner they washed the plates and went to bed.",
    ]
)
RUNS = 7
MEMORY_REQUESTS = 100


def main() -> None:
    """Measure start, speed and memory of one service process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    service = subprocess.Popen([sys.executable, "-m", "app", "serve", "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        wait_until_ready(port)
        ready = time.perf_counter() - began
        report = {"start_to_ready_s": round(ready, 2), **speed(port), **memory(port, service.pid)}
    finally:
        service.terminate()
        service.wait()
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


def wait_until_ready(port: int) -> None:
    """Ask until the service says that it can speak."""
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)


def synthesize(port: int, text: str, seed: int) -> tuple[float, float, dict[str, float]]:
    """Seconds of work, seconds of audio, and the service's own milliseconds by stage."""
    body = json.dumps({"text": text, "seed": seed}).encode()
    headers = {"Content-Type": "application/json"}
    began = time.perf_counter()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/synthesize", body, headers)
    with urllib.request.urlopen(request) as response:
        response.read()
        stages = dict(part.strip().split(";dur=") for part in response.headers["Server-Timing"].split(","))
        audio = float(response.headers["X-Audio-Duration"])
    return time.perf_counter() - began, audio, {name: float(value) for name, value in stages.items()}


def speed(port: int) -> dict[str, object]:
    """Real-time factor of the paragraph, one request at a time."""
    runs = [synthesize(port, PARAGRAPH, seed) for seed in range(RUNS)]
    factors = [work / audio for work, audio, _ in runs]
    stages = {name: round(statistics.median(run[2][name] for run in runs), 1) for name in runs[0][2]}
    return {
        "audio_s": round(runs[0][1], 2),
        "real_time_factor": round(statistics.median(factors), 4),
        "real_time_factor_range": [round(min(factors), 4), round(max(factors), 4)],
        "stages_ms": stages,
    }


def memory(port: int, pid: int) -> dict[str, object]:
    """Resident memory before and after many requests, MiB (Linux)."""
    before = resident_mib(pid)
    halfway = before
    for number in range(MEMORY_REQUESTS):
        if number == MEMORY_REQUESTS // 2:
            halfway = resident_mib(pid)
        synthesize(port, PARAGRAPH if number % 10 == 0 else PARAGRAPH[: 40 + number], number)
    return {"resident_mib": {"before": before, "after_half": halfway, "after_all": resident_mib(pid)}}


def resident_mib(pid: int) -> int:
    """Resident set of a process as the kernel counts it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    raise RuntimeError("the kernel does not tell the resident set of the service")


if __name__ == "__main__":
    main()
