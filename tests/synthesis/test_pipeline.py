"""Planning stops when its request is cancelled and when the speech would be too long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.emotion.classifier import Excerpt
from app.errors import AudioTooLong, OverTimeBudget
from app.inference.pytorch import TorchBackend
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline, load_classifier
from app.types import SpeechRequest
from app.voices import Registry
from tests.speaking import running_engine

SENTENCES = 400
BOOK = " ".join(f"This is sentence {number} of a book." for number in range(SENTENCES))


class CountingPipeline(Pipeline):
    """A pipeline that counts the sentences which its classifier reads."""

    classified = 0


@pytest.fixture(scope="module")
def shared_pipeline() -> Iterator[CountingPipeline]:
    settings = load_settings(max_audio_seconds=1000, cache_mb=0)
    registry = Registry(settings.voices, settings.default_voice, {})
    with running_engine(workers=1) as engine:
        yield CountingPipeline(settings, load_classifier(settings, TorchBackend()), registry, engine)


@pytest.fixture
def pipeline(shared_pipeline: CountingPipeline, monkeypatch: pytest.MonkeyPatch) -> CountingPipeline:
    assess = shared_pipeline.classifier.assess

    def count_excerpts(excerpts: list[Excerpt], key_name: str | None = None) -> object:
        shared_pipeline.classified += len(excerpts)
        return assess(excerpts, key_name)

    shared_pipeline.classified = 0
    monkeypatch.setattr(shared_pipeline.classifier, "assess", count_excerpts)
    return shared_pipeline


@pytest.mark.parametrize("strict", [False, True], ids=["analyze", "strict speech"])
def test_a_cancelled_plan_is_not_finished(pipeline: CountingPipeline, strict: bool) -> None:
    def is_cancelled() -> bool:
        return pipeline.classified > 30

    with pytest.raises(OverTimeBudget):
        if strict:
            pipeline.render(SpeechRequest(BOOK, strict=True), is_cancelled)
        else:
            pipeline.analyze(SpeechRequest(BOOK), is_cancelled)
    assert pipeline.classified < 60


def test_a_cancelled_request_stops_within_a_sentence(pipeline: CountingPipeline) -> None:
    calls = 0

    def is_cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 5

    with pytest.raises(OverTimeBudget):
        pipeline.analyze(SpeechRequest("and then we went on " * 500), is_cancelled)
    assert (calls, pipeline.classified) == (6, 0)


@pytest.mark.parametrize("speak", [False, True], ids=["analyze", "speech"])
def test_the_length_of_expanded_letters_is_checked_before_reading(pipeline: CountingPipeline, speak: bool) -> None:
    request = SpeechRequest("\ufdfa" * 2_000 + ". " + BOOK[:1000])

    def fail_if_called() -> bool:
        raise AssertionError("something was read")

    with pytest.raises(AudioTooLong):
        pipeline.render(request, fail_if_called) if speak else pipeline.analyze(request, fail_if_called)
    assert pipeline.classified == 0


def test_planning_stops_when_the_speech_would_be_too_long(pipeline: CountingPipeline) -> None:
    numbers = " ".join(f"The number is 77,777,777,{number}." for number in range(100, 400))
    with pytest.raises(AudioTooLong):
        pipeline.analyze(SpeechRequest(numbers))
    assert 0 < pipeline.classified < 200
