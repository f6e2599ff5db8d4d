"""The service as an application of Ray Serve: `serve run app.cluster.application:build`.

clients ──► Ray's HTTP proxy ──► Ingress: create_app, text, emotions ──► Synthesizer: models, audio
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from ray import serve
from ray.exceptions import RayActorError
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy
from ray.serve.handle import DeploymentHandle
from ray.util.metrics import Gauge

from app.__main__ import PASSIVE_WAIT
from app.api.state import Service
from app.cluster.engine import RemoteEngine, SynthesizerLost, UtteranceCall
from app.cluster.scaling import scale_by_speech
from app.cluster.synthesizer import MAX_CALLS, Synthesizer
from app.errors import NotReady
from app.inference.selection import FallbackBackend, make_backend
from app.main import create_app
from app.settings import Settings, load_settings
from app.synthesis.job import StreamPart
from app.synthesis.pipeline import Pipeline, load_classifier, load_lexicon, prepare_process
from app.voices import Registry, Voice

VOICES_PER_SYNTHESIZER = 8
"""Voices whose models one process keeps; with more voices than that, each process has some of them."""
HEALTH_SECONDS = 120
"""Seconds in which a process must answer that it is healthy; loading models takes some of them."""
INGRESS_WORKERS = 1
"""Threads of each ingress that label sentences, a sixth of the work of speech."""
GRACE_SECONDS = 5
"""Seconds beyond the drain time before a process is killed."""


class Size(BaseModel):
    """Arguments of `build`: numbers of processes."""

    model_config = ConfigDict(extra="forbid")

    ingresses: int = Field(default=2, ge=1)
    min_synthesizers: int = Field(default=2, ge=1)
    max_synthesizers: int = Field(default=2, ge=1)
    scale_down_seconds: float = Field(default=300.0, ge=0)


def load_cluster_settings() -> Settings:
    """Load the settings from the environment, which must be the same for all processes.

    The fastest backend may differ between machines, and with it the bytes of a seed; so `auto` is OpenVINO in f32.
    """
    settings = load_settings()
    return settings.model_copy(update={"backend": "openvino"}) if settings.backend == "auto" else settings


class LoadedVoice:
    """A voice that a process keeps until it needs the room for others; Ray then calls `__del__`."""

    def __init__(self, synthesizer: Synthesizer, voice: Voice) -> None:
        self.synthesizer = synthesizer
        self.voice = voice

    def __del__(self) -> None:
        self.synthesizer.engine.release_voice(self.voice)


class SynthesizerReplica:
    """Process that speaks utterances."""

    def __init__(self) -> None:
        self.synthesizer = Synthesizer(load_cluster_settings())
        self.default = self.synthesizer.registry.get().name
        self.gauge = Gauge("intone_queued_speech_seconds", "Seconds of speech that wait or are being made.")

    async def speak(self, call: UtteranceCall) -> AsyncGenerator[list[StreamPart]]:
        """Yield the parts of an utterance as they become ready."""
        if (name := call.utterance.voice) != self.default:
            await self.load(name)
        async with aclosing(self.synthesizer.speak(call)) as messages:
            async for parts in messages:
                yield parts

    @serve.multiplexed(max_num_models_per_replica=VOICES_PER_SYNTHESIZER)  # type: ignore[untyped-decorator]
    async def load(self, name: str) -> LoadedVoice:
        """Load a voice other than the default one, which every process has."""
        return LoadedVoice(self.synthesizer, await asyncio.to_thread(self.synthesizer.load, name))

    def record_autoscaling_stats(self) -> dict[str, float]:
        """Return the numbers from which the number of processes follows."""
        self.gauge.set(self.synthesizer.queued_seconds)
        return {"queued_seconds": self.synthesizer.queued_seconds}

    def check_health(self) -> None:
        """Raise an error if the process must be replaced."""
        self.synthesizer.check_health()


def load_pipeline(settings: Settings, synthesizers: DeploymentHandle[Any]) -> Pipeline:
    """Load what plans requests: the voices' manifests and the classifier, but no models of voices."""
    prepare_process(settings)
    registry = Registry(settings.voices, settings.default_voice, settings.voice_aliases)
    chosen = make_backend(settings.backend, settings.graph_cache, settings.workers, settings.threads, settings.device)
    backend = FallbackBackend(chosen)
    send = partial(send_call, synthesizers, registry.default, multiplexed=len(registry.voices) > VOICES_PER_SYNTHESIZER)
    return Pipeline(
        settings,
        load_classifier(settings, backend),
        registry,
        RemoteEngine(backend, send, workers=settings.workers),
        load_lexicon(settings.lexicon) if settings.lexicon else None,
    )


async def send_call(
    synthesizers: DeploymentHandle[Any], default: str, call: UtteranceCall, *, multiplexed: bool
) -> AsyncGenerator[Sequence[StreamPart]]:
    """Have a replica speak an utterance, and yield its parts; raise `SynthesizerLost` if the replica dies.

    If `multiplexed`, replicas that have the voice already are preferred; all of them have the default voice.
    """
    name = call.utterance.voice
    routed = synthesizers.options(multiplexed_model_id=name) if multiplexed and name != default else synthesizers
    response = routed.options(stream=True).speak.remote(call)
    try:
        async for parts in response:
            yield parts
    except RayActorError as error:
        raise SynthesizerLost(type(error).__name__) from None
    finally:
        response.cancel()


def build_ingress() -> FastAPI:
    """Return the app of an ingress replica. It starts only when it can speak, so that no request comes too early."""
    settings = load_cluster_settings().model_copy(update={"workers": INGRESS_WORKERS})
    pipeline = load_pipeline(settings, serve.get_deployment_handle("Synthesizer"))
    app = create_app(settings, load=lambda _: pipeline)
    service: Service = app.state.service
    start = app.router.lifespan_context

    @asynccontextmanager
    async def start_loaded(started: FastAPI) -> AsyncIterator[Any]:
        async with start(started) as state:
            while service.loaded is None:
                if service.failure:
                    raise NotReady(service.failure)
                await asyncio.sleep(0.05)
            yield state

    app.router.lifespan_context = start_loaded
    return app


@serve.ingress(build_ingress)
class IngressReplica:
    """Process that serves HTTP, plans requests and joins their audio."""

    def __init__(self, synthesizers: DeploymentHandle[Any]) -> None:
        """Take the handle so that Ray deploys the synthesizers first."""


def build(size: Size) -> serve.Application:
    """Return the application; the number of synthesizers follows the queued speech if its limits differ."""
    settings = load_cluster_settings()
    kept = {
        "graceful_shutdown_timeout_s": settings.drain_seconds + GRACE_SECONDS,
        "health_check_timeout_s": HEALTH_SECONDS,
    }
    scaling = AutoscalingConfig(
        min_replicas=size.min_synthesizers,
        max_replicas=max(size.min_synthesizers, size.max_synthesizers),
        upscale_delay_s=5,
        downscale_delay_s=size.scale_down_seconds,
        metrics_interval_s=2,
        look_back_period_s=10,
        policy=AutoscalingPolicy(policy_function=scale_by_speech),
    )
    environment = {"env_vars": dict([PASSIVE_WAIT])}
    synthesizers = serve.deployment(
        SynthesizerReplica,
        name="Synthesizer",
        max_ongoing_requests=MAX_CALLS,
        autoscaling_config=scaling,
        ray_actor_options={"num_cpus": settings.workers, "runtime_env": environment},
        **kept,
    ).bind()
    ingress = serve.deployment(
        IngressReplica,
        name="Ingress",
        num_replicas=size.ingresses,
        max_ongoing_requests=settings.max_streams + settings.max_sockets + settings.queue_size + settings.concurrency,
        ray_actor_options={"num_cpus": INGRESS_WORKERS, "runtime_env": environment},
        **kept,
    )
    return ingress.bind(synthesizers)
