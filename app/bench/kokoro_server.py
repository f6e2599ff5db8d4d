"""Serve kokoro-onnx, which has no server, over HTTP: `python -m app.bench.kokoro_server MODEL VOICES --port N`."""

from __future__ import annotations

import argparse
import io
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import soundfile
from kokoro_onnx import Kokoro

VOICE = "af_heart"


def make_handler(kokoro: Kokoro) -> type[BaseHTTPRequestHandler]:
    """Return a handler that answers every GET and synthesizes the `text` of every POST."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(b"ready")

        def do_POST(self) -> None:
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
            samples, sample_rate = kokoro.create(text, voice=VOICE, speed=1.0, lang="en-us")
            wav = io.BytesIO()
            soundfile.write(wav, samples, sample_rate, format="WAV", subtype="PCM_16")
            self.answer(wav.getvalue())

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def main() -> None:
    """Load the model and serve it until the process ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("voices")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    kokoro = Kokoro(options.model, options.voices)
    ThreadingHTTPServer(("127.0.0.1", options.port), make_handler(kokoro)).serve_forever()


if __name__ == "__main__":
    main()
