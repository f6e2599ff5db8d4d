"""Every setting: its default, its meaning and, with the prefix `INTONE_`, its environment variable."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import SetupError
from app.packages import shipped_models
from app.types import StrengthMode

SHORTEST_KEY = 16
"""Characters; 16 random ones cannot be guessed over a network."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""Of a key: it stands in log lines."""

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
"""A host name without a port, in small letters."""

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
"""A path that needs no quoting, in URLs or in the HTML of the documentation page."""


def parse_folders(value: Any) -> Any:
    """A list may be written as JSON or, like PATH, with the system's separator between the parse_folders."""
    if not isinstance(value, str):
        return value
    if _is_json(value):
        return json.loads(value)
    return [part for part in value.split(os.pathsep) if part]


def parse_pairs(value: Any) -> Any:
    """A mapping may be written as JSON or as `name=voice,name=voice`."""
    if not isinstance(value, str):
        return value
    if _is_json(value):
        return json.loads(value)
    split = [part.partition("=") for part in _parts(value)]
    if not all(separator for _, separator, _ in split):
        raise ValueError("write name=voice,name=voice or a JSON object")
    return {name.strip(): voice.strip() for name, _, voice in split}


def parse_origins(value: Any) -> Any:
    """Origins of web pages: a JSON list, or with commas between them."""
    if isinstance(value, str):
        value = json.loads(value) if _is_json(value) else _parts(value)
    return [_origin(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _origin(written: str) -> str:
    """As browsers send it; what they would never send is refused, for it would silently match nothing."""
    origin = written.lower()
    scheme, host, *_ = urlsplit(origin)
    if origin == "*" or (scheme and host and origin == f"{scheme}://{host}" and not set("*@") & set(host)):
        return origin
    raise ValueError(f"{written!r} is not an origin: write scheme://host or scheme://host:port, without a path, or *")


def parse_hosts(value: Any) -> Any:
    """Host names: a JSON list, or with commas between them."""
    if isinstance(value, str):
        value = json.loads(value) if _is_json(value) else _parts(value)
    return [_host(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _host(written: str) -> str:
    if not _HOST.fullmatch(name := written.lower()):
        raise ValueError(f"{written!r} is not a host name: write tts.example.org, without scheme, port or *")
    return name


def parse_prefix(value: Any) -> Any:
    """A path such as `/tts`, without a slash at its end."""
    if not isinstance(value, str):
        return value
    path = value.rstrip("/")
    if not _PREFIX.fullmatch(path):
        raise ValueError("write a path such as /tts: letters, digits and . _ ~ - between slashes")
    return path


def parse_keys(value: Any) -> Any:
    """Keys by name: `name=key,name=key` or a JSON object; bare ones (`key,key` or a JSON list) are key1, key2, …

    No message quotes a key or a name: what looks like a name may be the beginning of a key.
    """
    if isinstance(value, str):
        # As parse_pairs, so that a name that occurs twice is seen.
        value = json.loads(value, object_pairs_hook=list) if _is_json(value) else [*map(_named, _parts(value))]
    elif isinstance(value, Mapping):
        value = list(value.items())
    named = [one if isinstance(one, tuple) else (f"key{place}", one) for place, one in enumerate(value, 1)]
    _check_keys(named)
    return dict(named)


def _named(part: str) -> tuple[str, str] | str:
    """Name and key, or a bare key, whose last characters may be the `=` of base64."""
    name, separator, key = part.partition("=")
    return (name.strip(), key.strip()) if separator and key.strip("=") else part


def _check_keys(named: Sequence[tuple[str, Any]]) -> None:
    for place, (name, key) in enumerate(named, 1):
        if not isinstance(key, str) or len(key) < SHORTEST_KEY:
            raise ValueError(f"key {place} has under {SHORTEST_KEY} characters; openssl rand -hex 32 makes a good one")
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError(f"key {place} has characters that no header may hold: use visible ASCII")
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name of key {place} is not made of at most 40 letters, digits, dots, _ and -")
    for what, values in zip(("name", "key"), zip(*named, strict=True), strict=False):
        if len(set(values)) < len(values):
            raise ValueError(f"the same {what} occurs twice")


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


MODELS = shipped_models()
OPENAI_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "fable",
    "marin",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
)
"""Names that clients of OpenAI's ask for without ever listing the voices."""


def _cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cache_folder() -> Path:
    """Where programs keep what can be made again, by the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "intone"


class Settings(BaseSettings):
    """What an operator can choose."""

    model_config = SettingsConfigDict(
        env_prefix="INTONE_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # it may be a key
    )

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs api_keys or allow_anonymous."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    allowed_hosts: Annotated[list[str], NoDecode, BeforeValidator(parse_hosts)] = []
    """Host names that requests may use besides localhost; without any, a service that is not on loopback allows all."""
    max_connections: int = Field(default=1000, ge=1)
    """Connections that may be open at once; one more closes the longest idle one, or gets 503 if none is idle."""
    allow_anonymous: bool = False
    """Whether everybody who can reach the service may use it, where there are no keys."""
    api_keys: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(parse_keys)] = {}
    """Keys (16 characters or more) as name=key,name=key or a JSON object; without names as key,key or a JSON list."""
    rate_limit: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Requests for speech a minute for each key, or each address where there are no keys; 0 is no limit."""
    cors_origins: Annotated[list[str], NoDecode, BeforeValidator(parse_origins)] = []
    """Origins of web pages that may use the service, such as https://example.org,http://localhost:3000; * is all."""
    root_path: Annotated[str, BeforeValidator(parse_prefix)] = ""
    """Path that a proxy puts in front of all of ours, such as /tts."""

    voices: Annotated[list[Path], NoDecode, BeforeValidator(parse_folders)] = Field([MODELS / "voices"], min_length=1)
    """Folders in which voices are looked for."""
    default_voice: str = "wren"
    """The voice of requests that name none."""
    voice_aliases: Annotated[dict[str, str], NoDecode, BeforeValidator(parse_pairs)] = {}
    """Further names for voices, as name=voice,name=voice or a JSON object; OpenAI's names are the default voice's."""

    classifier: str = str(MODELS / "emotion" / "minilm-ekman")
    """Folder, or name on the Hugging Face hub, of the classifier that labels the sentences."""
    label_map: Path | None = None
    """JSON file {"label": "emotion", …} for labels of the classifier that are not known."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """The least probability at which an emotion is voiced; by default what the classifier's folder says, else 0.7."""
    expressiveness: float = Field(default=1.0, ge=0, le=2)
    """How readily and how strongly emotions are voiced: 0 reads all neutrally, 2 is twice as strong."""
    strength: StrengthMode = StrengthMode.AUTO
    """auto speaks each emotion as strongly as the text asks for, fixed all alike."""

    max_chars: int = Field(default=20_000, ge=1)
    """Most characters (code points) of one request."""
    max_audio_seconds: float = Field(default=3600, gt=0)
    """Longest speech of one request, in seconds."""
    queue_size: int = Field(default=64, ge=0)
    """Most requests that wait; one more is answered 503 at once."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """Requests that are answered at a time: a whole answer until it is made, a stream until its first sound."""
    max_streams: int = Field(default=256, ge=1, le=4096)
    """Streams that are open at a time, however slowly they are read; one more is answered 503 at once."""
    max_streams_per_client: int = Field(default=64, ge=1)
    """The same for each key, or each address where there are no keys; one more is answered 429 at once."""
    reader_patience: float = Field(default=600, gt=0)
    """Seconds for which an answer waits for a reader that takes nothing, such as a paused player; then it is cut."""
    reader_rate: int = Field(default=500, ge=1)
    """Bytes a second that an answer's reader must take in the long run: faster reading restores reader_patience, slower
    reading uses it up."""
    workers: int = Field(default_factory=_cores, ge=1, le=256)
    """Batches of sentences that are computed at the same time; by default one for each processor core."""
    threads: int = Field(default=1, ge=1, le=256)
    """Threads that compute one batch."""
    batch_size: int = Field(default=4, ge=1, le=64)
    """Most sentences in a batch; those of requests with a seed share one only where that changes no byte."""
    backend: Literal["auto", "torch", "openvino", "openvino_bf16"] = "auto"
    """What runs the networks; auto measures at the start and takes the fastest. A seed gives the same bytes on one
    backend only: name it if the bytes must not change between starts or machines."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """What PyTorch computes on; auto takes a GPU where there is one, and then nothing else is tried."""
    graph_cache: Path = Field(default_factory=_cache_folder)
    """Folder for converted networks, so that the next start need not convert them."""
    cache_mb: int = Field(default=256, ge=0)
    """Megabytes of memory for sentences that were spoken before, for each key its own; 0 turns that off."""
    time_budget: float = Field(default=600, gt=0)
    """Most seconds that a request may take, its time in the queue included."""
    stream_time_budget: float = Field(default=600, gt=0)
    """The same for a request whose answer is streamed; what its reader takes between the pieces does not count."""
    max_answer_bytes: int = Field(default=0, ge=0)
    """Most bytes of an answer that is not streamed; 0 is no limit but spool_mb."""
    spool_mb: int = Field(default=2000, ge=0)
    """Megabytes of temporary files (in TMPDIR) for all answers that are not streamed; 0 allows only short ones."""
    drain_seconds: int = Field(default=25, gt=0)
    """Seconds that answers have to finish after SIGTERM; then they are cut off. Most platforms kill after 30."""

    log_format: Literal["console", "json"] = "console"
    """Log lines for people (console) or for programs (json)."""

    @property
    def all_aliases(self) -> dict[str, str]:
        """Further names for voices, OpenAI's among them."""
        return {**dict.fromkeys(OPENAI_VOICES, self.default_voice), **self.voice_aliases}

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return _is_loopback(self.host)

    @model_validator(mode="after")
    def _refuse_an_open_door(self) -> Self:
        if not self.api_keys and not self.allow_anonymous and not self.is_loopback:
            raise ValueError(
                f"{self.host} can be reached from outside and there are no keys: "
                "set INTONE_API_KEYS, or INTONE_ALLOW_ANONYMOUS=1 if everybody there may use the service"
            )
        return self


def _is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**chosen: Any) -> Settings:
    """Settings from the environment and `.env`, with `chosen` on top; a wrong one is told in one line."""
    try:
        return Settings(**chosen)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise SetupError("; ".join(_in_words(problem["loc"], problem["msg"]) for problem in problems)) from None


def _in_words(place: tuple[int | str, ...], message: str) -> str:
    """One problem: the variable that is wrong, and why."""
    message = message.removeprefix("Value error, ")
    return f"INTONE_{str(place[0]).upper()}: {message}" if place else message
