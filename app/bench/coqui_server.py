"""Run coqui's `tts-server` with its own flags: `python -m app.bench.coqui_server`.

Unlike the original, the server starts even if torchaudio cannot be loaded, and only this machine can reach it.
"""

from __future__ import annotations

import app.synthesis.coqui  # noqa: F401  # first: makes torchaudio importable, which the server imports and never uses


def main() -> None:
    """Load the models that the flags name and serve them until the process ends."""
    from TTS.server import server  # reads the flags and loads the models when it is imported

    server.app.run(host="127.0.0.1", port=server.args.port)


if __name__ == "__main__":
    main()
