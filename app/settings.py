"""Every setting: its default, its meaning and, with the prefix `INTONE_`, its environment variable."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app import written
from app.errors import SetupError
from app.plan import StrengthMode
from app.shipped import shipped_models

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
    allowed_hosts: Annotated[list[str], NoDecode, BeforeValidator(written.hosts)] = []
    """Host names that requests may use besides localhost; without any, a service that is not on loopback allows all."""
    max_connections: int = Field(default=1000, ge=1)
    """Connections that may be open at once; one more closes the longest idle one, or gets 503 if none is idle."""
    allow_anonymous: bool = False
    """Whether everybody who can reach the service may use it, where there are no keys."""
    api_keys: Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(written.keys)] = {}
    """Keys (16 characters or more) as name=key,name=key or a JSON object; without names as key,key or a JSON list."""
    rate_limit: float = Field(default=0, ge=0, allow_inf_nan=False)
    """Requests for speech a minute for each key, or each address where there are no keys; 0 is no limit."""
    cors_origins: Annotated[list[str], NoDecode, BeforeValidator(written.origins)] = []
    """Origins of web pages that may use the service, such as https://example.org,http://localhost:3000; * is all."""
    root_path: Annotated[str, BeforeValidator(written.prefix)] = ""
    """Path that a proxy puts in front of all of ours, such as /tts."""

    voices: Annotated[list[Path], NoDecode, BeforeValidator(written.folders)] = Field([MODELS / "voices"], min_length=1)
    """Folders in which voices are looked for."""
    default_voice: str = "wren"
    """The voice of requests that name none."""
    voice_aliases: Annotated[dict[str, str], NoDecode, BeforeValidator(written.pairs)] = {}
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
