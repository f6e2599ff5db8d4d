"""Programs for the Python inside a container: without a network, only they can send it requests."""

READY = """
import time, urllib.request
while True:
    try:
        response = urllib.request.urlopen("http://127.0.0.1:8080/ping", timeout=5)
        assert (response.status, response.read()) == (200, b"")
        break
    except OSError:
        time.sleep(0.05)
"""
"""Returns once /ping is 200 and empty."""

INVOKE = """
import json, sys, urllib.request
body = json.dumps({"text": sys.argv[1], "format": sys.argv[2], "emotion": "joy"}).encode()
request = urllib.request.Request("http://127.0.0.1:8080/invocations", body, {"Content-Type": "application/json"})
with urllib.request.urlopen(request) as response:
    sys.stderr.write(response.headers["X-Voice"])
    sys.stdout.buffer.write(response.read())
"""
"""Takes text and format; writes the audio to standard output and the voice to standard error."""

PING = """
import json, time, urllib.request
from concurrent.futures import ThreadPoolExecutor
texts = [f"Sentence {n} of a story, in which the rain falls on the roof and nobody sleeps." for n in range(400)]
fields = {"text": " ".join(texts)[:20_000], "stream": True}
url, type = "http://127.0.0.1:8080", {"Content-Type": "application/json"}
request = urllib.request.Request(f"{url}/invocations", json.dumps(fields).encode(), type)
with ThreadPoolExecutor(1) as pool:
    began = time.perf_counter()
    speaking = pool.submit(lambda: urllib.request.urlopen(request).read())
    times = []
    while not speaking.done():
        sent = time.perf_counter()
        assert urllib.request.urlopen(f"{url}/ping").status == 200
        times.append(time.perf_counter() - sent)
        time.sleep(0.01)
    times.sort()
    seconds = time.perf_counter() - began
print(json.dumps({"seconds": seconds, "bytes": len(speaking.result()), "count": len(times),
    "median": times[len(times) // 2], "p99": times[int(len(times) * 0.99)], "max": times[-1]}))
"""
"""Prints how long /ping takes, in seconds, while the longest allowed text is spoken."""

STATES = """
import urllib.request, urllib.error
try:
    urllib.request.urlopen("http://127.0.0.1:8080/ping", timeout=5)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""
"""Prints the status code and body of a /ping that fails."""

VOICES = """
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8080/voices").read().decode())
"""
"""Prints the voices that are served, as JSON."""
