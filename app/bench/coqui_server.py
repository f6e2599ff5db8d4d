"""coqui's `tts-server`, as `python -m app.bench.coqui_server`, with the flags of the original.

Two things differ: it starts where torchaudio cannot be loaded, and only this machine can reach it.
"""

from __future__ import annotations

import app.synthesis.coqui  # noqa: F401  # first: it makes torchaudio importable, which the server imports and never uses


def main() -> None:
    """Load what the flags name and serve it until the process is ended."""
    from TTS.server import server  # reads the flags and loads the models when it is imported

    server.app.run(host="127.0.0.1", port=server.args.port)


if __name__ == "__main__":
    main()
