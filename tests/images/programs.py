"""Programs for the Python inside of a container: one without a network can be asked from nowhere else."""

READY = """
import time, urllib.request
while True:
    try:
        answer = urllib.request.urlopen("http://127.0.0.1:8080/ping", timeout=5)
        assert (answer.status, answer.read()) == (200, b"")
        break
    except OSError:
        time.sleep(0.05)
"""
"""Returns once /ping is 200 and empty."""

INVOKE = """
import json, sys, urllib.request
body = json.dumps({"text": sys.argv[1], "format": sys.argv[2], "emotion": "joy"}).encode()
request = urllib.request.Request("http://127.0.0.1:8080/invocations", body, {"Content-Type": "application/json"})
with urllib.request.urlopen(request) as answer:
    sys.stderr.write(answer.headers["X-Voice"])
    sys.stdout.buffer.write(answer.read())
"""
"""Text and format -> the audio on standard output, the voice on standard error."""

PING = """
import json, time, urllib.request
from concurrent.futures import ThreadPoolExecutor
texts = [f"Sentence {n} of a story, in which the rain falls on the roof and nobody sleeps." for n in range(400)]
fields = {"text": " ".join(texts)[:20_000], "stream": True}
url, type = "http://127.0.0.1:8080", {"Content-Type": "application/json"}
request = urllib.request.Request(f"{url}/invocations", json.dumps(fields).encode(), type)
with ThreadPoolExecutor(1) as other:
    began = time.perf_counter()
    speaking = other.submit(lambda: urllib.request.urlopen(request).read())
    times = []
    while not speaking.done():
        asked = time.perf_counter()
        assert urllib.request.urlopen(f"{url}/ping").status == 200
        times.append(time.perf_counter() - asked)
        time.sleep(0.01)
    times.sort()
    seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "bytes": len(speaking.result()), "count": len(times),
    "median": times[len(times) // 2], "p99": times[int(len(times) * 0.99)], "max": times[-1]}))
"""
"""What /ping takes, in seconds, while the longest text that is allowed is spoken."""

STATES = """
import urllib.request, urllib.error
try:
    urllib.request.urlopen("http://127.0.0.1:8080/ping", timeout=5)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""
"""Status and body of a /ping that fails."""

VOICES = """
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8080/voices").read().decode())
"""
"""The voices that are served, as JSON."""
