"""Planning stops when nobody waits for it, and as soon as it is known that the speech would be too long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.emotion.classifier import Excerpt
from app.errors import AudioTooLong, OverTimeBudget
from app.inference.torch import TorchBackend
from app.settings import load_settings
from app.synthesis.pipeline import Pipeline, load_classifier
from app.types import SpeechRequest
from app.voices import Registry
from tests.speaking import running_engine

SENTENCES = 400
BOOK = " ".join(f"This is sentence {number} of a book." for number in range(SENTENCES))


class Counting(Pipeline):
    """Counts the sentences that the classifier has read."""

    classified = 0


@pytest.fixture(scope="module")
def loaded() -> Iterator[Counting]:
    settings = load_settings(max_audio_seconds=1000, cache_mb=0)
    registry = Registry(settings.voices, settings.default_voice, {})
    with running_engine(workers=0) as engine:
        yield Counting(settings, load_classifier(settings, TorchBackend()), registry, engine)


@pytest.fixture
def pipeline(loaded: Counting, monkeypatch: pytest.MonkeyPatch) -> Counting:
    assess = loaded.classifier.assess

    def counted(excerpts: list[Excerpt], key_name: str | None = None) -> object:
        loaded.classified += len(excerpts)
        return assess(excerpts, key_name)

    loaded.classified = 0
    monkeypatch.setattr(loaded.classifier, "assess", counted)
    return loaded


@pytest.mark.parametrize("strict", [False, True], ids=["analyze", "strict speech"])
def test_a_plan_that_nobody_waits_for_is_not_finished(pipeline: Counting, strict: bool) -> None:
    def cancelled() -> bool:
        return pipeline.classified > 30

    with pytest.raises(OverTimeBudget):
        if strict:
            pipeline.render(SpeechRequest(BOOK, strict=True), cancelled)
        else:
            pipeline.analyze(SpeechRequest(BOOK), cancelled)
    assert pipeline.classified < 60


def test_a_sentence_that_nobody_waits_for_is_not_read_to_its_end(pipeline: Counting) -> None:
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 5

    with pytest.raises(OverTimeBudget):
        pipeline.analyze(SpeechRequest("and then we went on " * 500), cancelled)
    assert (calls, pipeline.classified) == (6, 0)


@pytest.mark.parametrize("speak", [False, True], ids=["analyze", "speech"])
def test_what_its_letters_become_is_measured_before_anything_is_read(pipeline: Counting, speak: bool) -> None:
    request = SpeechRequest("\ufdfa" * 2_000 + ". " + BOOK[:1000])

    def never_called() -> bool:
        raise AssertionError("something was read")

    with pytest.raises(AudioTooLong):
        pipeline.render(request, never_called) if speak else pipeline.analyze(request, never_called)
    assert pipeline.classified == 0


def test_a_plan_ends_where_the_speech_would_be_too_long(pipeline: Counting) -> None:
    numbers = " ".join(f"The number is 77,777,777,{number}." for number in range(100, 400))
    with pytest.raises(AudioTooLong):
        pipeline.analyze(SpeechRequest(numbers))
    assert 0 < pipeline.classified < 200
