"""Define every setting with its default and meaning; its environment variable has the prefix `INTONE_`."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_cache_path, user_data_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.errors import SetupError
from app.packages import bundled_models_dir
from app.types import StrengthMode

MIN_KEY_CHARACTERS = 16
"""Minimum length of an API key; 16 random characters cannot be guessed over a network."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""Name of an API key; restricted because log lines contain it."""

_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
"""Host name in lower case, without a port."""

_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
"""URL path that needs no quoting, neither in URLs nor in the HTML of the documentation page."""


def parse_folders(value: Any) -> Any:
    """Parse a list of folders from JSON or from the format of PATH, with the system's path separator."""
    if not isinstance(value, str):
        return value
    if _is_json(value):
        return json.loads(value)
    return [part for part in value.split(os.pathsep) if part]


def parse_pairs(value: Any) -> Any:
    """Parse a mapping from JSON or from `name=voice,name=voice`."""
    if not isinstance(value, str):
        return value
    if _is_json(value):
        return json.loads(value)
    split = [part.partition("=") for part in _split_parts(value)]
    if not all(separator for _, separator, _ in split):
        raise ValueError("write name=voice,name=voice or a JSON object")
    return {name.strip(): voice.strip() for name, _, voice in split}


def _parse_list(value: Any, parse: Callable[[str], str]) -> Any:
    """Parse a JSON list or a comma-separated list of strings."""
    if isinstance(value, str):
        value = json.loads(value) if _is_json(value) else _split_parts(value)
    return [parse(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


def _parse_origin(written: str) -> str:
    """Return an origin as browsers send it; refuse what no browser sends, since it would silently match nothing."""
    origin = written.lower()
    scheme, host, *_ = urlsplit(origin)
    if origin == "*" or (scheme and host and origin == f"{scheme}://{host}" and not set("*@") & set(host)):
        return origin
    raise ValueError(f"{written!r} is not an origin: write scheme://host or scheme://host:port, without a path, or *")


def _parse_host(written: str) -> str:
    if not _HOST.fullmatch(name := written.lower()):
        raise ValueError(f"{written!r} is not a host name: write tts.example.org, without scheme, port or *")
    return name


def parse_wyoming(value: Any) -> Any:
    """Check an address such as `tcp://127.0.0.1:10200` or `unix:///run/intone/wyoming.sock`."""
    if not isinstance(value, str) or not value:
        return value
    parts = urlsplit(value)
    is_tcp = parts.scheme == "tcp" and parts.hostname and parts.port is not None and value == f"tcp://{parts.netloc}"
    is_unix = parts.scheme == "unix" and parts.path.startswith("/") and value == f"unix://{parts.path}"
    if not (is_tcp or is_unix) or "@" in value:
        raise ValueError("write tcp://HOST:PORT or unix:///PATH")
    return value


def parse_prefix(value: Any) -> Any:
    """Parse a path such as `/tts`, and remove trailing slashes."""
    if not isinstance(value, str):
        return value
    path = value.rstrip("/")
    if not _PREFIX.fullmatch(path):
        raise ValueError("write a path such as /tts: letters, digits and . _ ~ - between slashes")
    return path


def parse_keys(value: Any) -> Any:
    """Parse API keys by name from `name=key,name=key` or a JSON object.

    Unnamed keys (`key,key` or a JSON list) get the names key1, key2, … No error message quotes a key or a name, because
    what looks like a name may be the beginning of a key.
    """
    if isinstance(value, str):
        # Pairs instead of a dict, to detect duplicate names.
        value = (
            json.loads(value, object_pairs_hook=list) if _is_json(value) else [*map(_split_name, _split_parts(value))]
        )
    elif isinstance(value, Mapping):
        value = list(value.items())
    named = [one if isinstance(one, tuple) else (f"key{place}", one) for place, one in enumerate(value, 1)]
    _check_keys(named)
    return dict(named)


def _split_name(part: str) -> tuple[str, str] | str:
    """Split a part into name and key, or return an unnamed key, which may end with the `=` of base64."""
    name, separator, key = part.partition("=")
    return (name.strip(), key.strip()) if separator and key.strip("=") else part


def _check_keys(named: Sequence[tuple[str, Any]]) -> None:
    for place, (name, key) in enumerate(named, 1):
        if not isinstance(key, str) or len(key) < MIN_KEY_CHARACTERS:
            raise ValueError(
                f"key {place} has under {MIN_KEY_CHARACTERS} characters; openssl rand -hex 32 makes a good one"
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError(f"key {place} has characters that no header may hold: use visible ASCII")
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name of key {place} is not made of at most 40 letters, digits, dots, _ and -")
    for what, values in zip(("name", "key"), zip(*named, strict=True), strict=False):
        if len(set(values)) < len(values):
            raise ValueError(f"the same {what} occurs twice")


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("{", "["))


def _split_parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


MODELS_DIR = bundled_models_dir()


def _count_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _list_voice_folders() -> list[Path]:
    """Return the folder of the installed voices, and that of the user's own."""
    return [MODELS_DIR / "voices", user_data_path("intone", appauthor=False) / "voices"]


class Settings(BaseSettings):
    """Settings of the service and the command line."""

    model_config = SettingsConfigDict(
        env_prefix="INTONE_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,  # the input may be an API key
    )

    host: str = "127.0.0.1"
    """Address to listen on. Any address other than loopback requires api_keys or allow_anonymous."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port to listen on; 0 selects a free port."""
    allowed_hosts: Annotated[list[str], NoDecode, BeforeValidator(partial(_parse_list, parse=_parse_host))] = []
    """Host names that requests may use besides localhost. If empty, a service on loopback accepts only localhost, and
    any other service accepts every name."""
    max_connections: int = Field(default=1000, ge=1)
    """Maximum open connections. A further one closes the connection that has been idle longest, or gets 503 if none is
    idle."""
    allow_anonymous: bool = False
    """Serve every client without authentication if api_keys is empty."""
    api_keys: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(parse_keys)] = {}
    """API keys of at least 16 characters, as name=key,name=key or a JSON object; unnamed keys as key,key or a JSON
    list."""
    rate_limit: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Maximum speech requests per minute for each API key, or for each client address if api_keys is empty; 0 means no
    limit."""
    cors_origins: Annotated[list[str], NoDecode, BeforeValidator(partial(_parse_list, parse=_parse_origin))] = []
    """Origins of web pages that may use the service (CORS), such as https://example.org,http://localhost:3000; * allows
    all."""
    root_path: Annotated[str, BeforeValidator(parse_prefix)] = ""
    """Path prefix under which a reverse proxy publishes the service, such as /tts."""

    wyoming: Annotated[str, BeforeValidator(parse_wyoming)] = ""
    """Address at which the service speaks the Wyoming protocol, for Home Assistant: tcp://127.0.0.1:10200 or
    unix:///run/intone/wyoming.sock; empty turns it off. It has no authentication: any address other than loopback
    requires allow_anonymous, and is refused beside api_keys. Needs the extra wyoming."""

    voices: Annotated[list[Path], NoDecode, BeforeValidator(parse_folders)] = Field(
        default_factory=_list_voice_folders, min_length=1
    )
    """Folders to search for voices; by default that of the installation, and intone/voices in the user's data folder
    (on Linux ~/.local/share)."""
    default_voice: str | None = None
    """Voice of requests that do not name a voice; by default wren or, if there is no wren, the first voice in the order
    of voices and of the names of their folders."""
    voice_aliases: Annotated[dict[str, str], NoDecode, BeforeValidator(parse_pairs)] = {}
    """Additional names of voices, as name=voice,name=voice or a JSON object. Names that other services give their
    voices, such as OpenAI's, select a voice of the same gender and accent unless they are set here."""

    classifier: str = str(MODELS_DIR / "emotion" / "minilm-ekman")
    """Emotion classifier: a folder or a model name on the Hugging Face Hub."""
    label_map: Path | None = None
    """JSON file {"label": "emotion", …} that maps labels of the classifier to emotions. It adds to the built-in mapping
    and overrides it."""
    lexicon: Path | None = None
    """File with the readings of words: PLS 1.0, a JSON object {"word": "alias or /IPA/", …}, or lines word,alias."""
    threshold: float | None = Field(default=None, ge=0, le=1)
    """Minimum probability at which an emotion is voiced; by default the classifier's own threshold, or 0.7 if it has
    none."""
    expressiveness: float = Field(default=1.0, ge=0, le=2)
    """How readily and how strongly emotions are voiced: 0 reads everything neutrally, 2 is twice as strong."""
    strength: StrengthMode = StrengthMode.AUTO
    """Strength of the emotions: auto derives it from the text, fixed speaks all equally strongly."""

    max_chars: int = Field(default=20_000, ge=1)
    """Maximum characters (Unicode code points) of a request."""
    max_audio_seconds: float = Field(default=3600, gt=0)
    """Maximum seconds of audio of a request."""
    queue_size: int = Field(default=64, ge=0)
    """Maximum queued requests; further requests get 503."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """Maximum requests processed at a time; others queue. A complete response counts until it is synthesized, a stream
    until its first audio."""
    max_streams: int = Field(default=256, ge=1, le=4096)
    """Maximum open streams, regardless of how slowly clients read them; further streams get 503."""
    max_streams_per_client: int = Field(default=64, ge=1)
    """Maximum open streams for each API key, or for each client address if api_keys is empty; further streams get
    429."""
    max_sockets: int = Field(default=256, ge=1, le=4096)
    """Maximum open WebSockets; further ones get 503."""
    max_sockets_per_client: int = Field(default=64, ge=1)
    """Maximum open WebSockets for each API key, or for each client address if api_keys is empty; further ones get
    429."""
    socket_chars_per_minute: float = Field(default=100_000, ge=0, allow_inf_nan=False)
    """Maximum characters per minute that each API key, or each client address if api_keys is empty, sends over
    WebSockets, or over Wyoming in pieces; 0 means no limit."""
    reader_patience: float = Field(default=600, gt=0)
    """Seconds that a response waits for a client that reads nothing, such as a paused player, before it is cut off."""
    reader_rate: int = Field(default=500, ge=1)
    """Bytes per second that a client must read on average: faster reading restores reader_patience, slower reading uses
    it up."""
    workers: int = Field(default_factory=_count_cores, ge=1, le=256)
    """Batches of sentences computed in parallel; by default one for each processor core."""
    threads: int = Field(default=1, ge=1, le=256)
    """Threads for each batch."""
    batch_size: int = Field(default=4, ge=1, le=64)
    """Maximum sentences in a batch. Sentences of requests with a seed share a batch only if that does not change a byte
    of the audio."""
    backend: Literal["auto", "torch", "openvino", "openvino_bf16"] = "auto"
    """Inference backend; auto measures those available at the first start on a processor and selects the fastest. A
    seed reproduces the same bytes only on the same backend: set it if the bytes must not change between machines."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """PyTorch device; auto uses a GPU if there is one. On a GPU, backend=auto always selects torch."""
    graph_cache: Path = Field(default_factory=lambda: user_cache_path("intone", appauthor=False))
    """Folder in which converted networks are cached. Later starts use them without torch, faster and in less memory."""
    cache_mb: int = Field(default=64, ge=0)
    """Megabytes of memory for the cache of synthesized sentences; 0 disables it. API keys share the memory, but never
    see each other's entries."""
    time_budget: float = Field(default=600, gt=0)
    """Maximum seconds of a request, including its time in the queue; a slower request gets 504."""
    stream_time_budget: float = Field(default=600, gt=0)
    """Maximum seconds of a streaming request, including its time in the queue; time that the client takes to read does
    not count."""
    max_answer_bytes: int = Field(default=0, ge=0)
    """Maximum bytes of a response that is not streamed; 0 means that only spool_mb limits it."""
    spool_mb: int = Field(default=2000, ge=0)
    """Total megabytes of temporary files (in TMPDIR) for responses that are not streamed; 0 allows only short
    responses, which stay in memory."""
    drain_seconds: int = Field(default=25, gt=0)
    """Seconds after SIGTERM before unfinished responses are cut off. Most platforms kill the process after 30."""

    log_format: Literal["console", "json"] = "console"
    """Log format: console for people, json for programs."""

    @property
    def is_loopback(self) -> bool:
        """Whether the service listens on a loopback address."""
        return is_loopback_host(self.host)

    @model_validator(mode="after")
    def _require_authentication(self) -> Self:
        if not self.api_keys and not self.allow_anonymous and not self.is_loopback:
            raise ValueError(
                f"{self.host} can be reached from outside and there are no keys: "
                "set INTONE_API_KEYS, or INTONE_ALLOW_ANONYMOUS=1 if everybody there may use the service"
            )
        return self

    @model_validator(mode="after")
    def _refuse_open_wyoming(self) -> Self:
        host = urlsplit(self.wyoming).hostname
        if host is None or is_loopback_host(host):
            return self
        reachable = f"INTONE_WYOMING: {host} can be reached from outside, and Wyoming has no authentication"
        if self.api_keys:
            raise ValueError(
                f"{reachable}, so clients would need no key: use a loopback address or unix:///PATH, or serve it "
                "from a second process without keys"
            )
        if not self.allow_anonymous:
            raise ValueError(f"{reachable}: set INTONE_ALLOW_ANONYMOUS=1 if everybody there may use the service")
        return self


def is_loopback_host(host: str) -> bool:
    """Return whether a host is this machine, by its usual name or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**chosen: Any) -> Settings:
    """Load settings from the environment and `.env`; `chosen` takes precedence.

    Raise `SetupError` with all wrong settings in one line.
    """
    try:
        return Settings(**chosen)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        raise SetupError("; ".join(_format_problem(problem["loc"], problem["msg"]) for problem in problems)) from None


def _format_problem(place: tuple[int | str, ...], message: str) -> str:
    """Return the environment variable that is wrong, and why."""
    message = message.removeprefix("Value error, ")
    return f"INTONE_{str(place[0]).upper()}: {message}" if place else message
