"""Run the server of a peer, reachable from this machine alone: `python -m app.bench.peer_servers NAME ARGUMENTS`.

`coqui` takes the flags of coqui's `tts-server`; unlike the original, it starts even if torchaudio cannot be loaded.
`kokoro`, whose package has no server, takes MODEL VOICES --port N.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import soundfile

VOICE = "af_heart"


def main(name: str, arguments: Sequence[str]) -> None:
    """Run a peer's server until the process ends."""
    {"coqui": serve_coqui, "kokoro": serve_kokoro}[name](arguments)


def serve_coqui(arguments: Sequence[str]) -> None:
    """Load the models that the flags name and serve them."""
    import app.synthesis.coqui  # noqa: F401  # makes torchaudio importable, which the server imports and never uses

    sys.argv[1:] = arguments
    from TTS.server import server  # reads the flags and loads the models when it is imported

    server.app.run(host="127.0.0.1", port=server.args.port)


def serve_kokoro(arguments: Sequence[str]) -> None:
    """Load the model and serve it."""
    from kokoro_onnx import Kokoro

    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("voices")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    kokoro = Kokoro(options.model, options.voices)
    ThreadingHTTPServer(("127.0.0.1", options.port), make_handler(kokoro)).serve_forever()


def make_handler(kokoro: Any) -> type[BaseHTTPRequestHandler]:
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


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
