"""Many requests in one engine: batches, cancellation, and the cache of sentences."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from app.inference.openvino import OpenVinoBackend
from app.packages import bundled_models_dir
from app.settings import load_settings
from app.synthesis import Engine
from app.synthesis.engine import MAX_UTTERANCES_AHEAD
from app.synthesis.models.acoustic import AcousticInput
from app.synthesis.models.glow import GlowAcoustic
from app.types import Emotion, Utterance
from app.voices import Voice, open_voice
from tests.speaking import Spoken, make_utterance, running_engine, speak, speak_all

TEXTS = [
    "We walked along the wall and watched the gulls.",
    "The harbour was quiet when the ferry came in.",
    "I am so happy that you are finally here!",
    "Nobody told me that the last bus had left.",
    "There is someone behind the door, I am afraid.",
    "No.",
    "Oh wow, I did not expect to see you here!",
    "The tickets cost twelve pounds, and the museum closes at half past five, which nobody had told us.",
]
EMOTIONS = list(Emotion)
REQUESTS = [(make_utterance(text, EMOTIONS[number % 7]), number) for number, text in enumerate(TEXTS * 2)]


@pytest.fixture(scope="module")
def voice() -> Voice:
    return open_voice(bundled_models_dir() / "voices" / "wren")


@pytest.fixture(scope="module", params=["torch", "openvino"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    backend = OpenVinoBackend(load_settings().graph_cache, 2, 1) if request.param == "openvino" else None
    with running_engine(backend, batch_size=4) as engine:
        yield engine


@pytest.fixture(scope="module")
def separate(engine: Engine, voice: Voice) -> list[Spoken]:
    """Speak each utterance in a request of its own, one after the other."""
    return [speak(engine, voice, one, seed) for one, seed in REQUESTS]


def test_a_batch_gives_the_mels_of_separate_utterances(engine: Engine, voice: Voice) -> None:
    speakers = [engine.load_speaker(voice, {emotion: 1.0}) for emotion in (Emotion.NEUTRAL, Emotion.JOY, Emotion.FEAR)]
    model = speakers[0].checkpoint.model
    inputs = [
        AcousticInput(one.checkpoint.tokenizer.encode(text).ids, one.speakers, speed, seed)
        for one, (text, speed, seed) in zip(
            speakers, ((TEXTS[0], 1.0, 1), (TEXTS[7], 1.3, 2), (TEXTS[5], 0.8, 3)), strict=True
        )
    ]
    for single, batched in zip(
        [model.compute_mels([one])[0] for one in inputs], model.compute_mels(inputs), strict=True
    ):
        assert single.durations == batched.durations
        np.testing.assert_allclose(single.frames, batched.frames, atol=1e-4)
        if model.batch_invariant:
            assert np.array_equal(single.frames, batched.frames)


def test_openvino_is_batch_invariant_so_seeded_requests_may_share_a_batch(engine: Engine, voice: Voice) -> None:
    if engine.backend.name == "openvino":
        assert engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0}).checkpoint.model.batch_invariant


def test_concurrent_seeded_requests_get_the_bytes_of_separate_ones(
    engine: Engine, voice: Voice, separate: list[Spoken]
) -> None:
    with ThreadPoolExecutor(8) as pool:
        concurrent = list(pool.map(lambda request: speak(engine, voice, *request), REQUESTS))
    for one, other in zip(separate, concurrent, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert one.words == other.words


def test_concurrent_utterances_without_seeds_are_batched_and_never_mixed_up(
    engine: Engine, voice: Voice, separate: list[Spoken]
) -> None:
    def speak_part(start: int) -> list[Spoken]:
        return speak_all(engine, voice, REQUESTS[start : start + 8], seeded=False)

    with ThreadPoolExecutor(2) as pool:
        concurrent = [one for part in pool.map(speak_part, (0, 8)) for one in part]
    for one, other in zip(separate, concurrent, strict=True):
        assert len(one.samples) == len(other.samples)
        # The last bits may decide whether a frame is voiced, so a few samples differ by more than bits.
        difference = np.sqrt(((one.samples - other.samples) ** 2).mean() / (one.samples**2).mean())
        assert difference < 0.01


def test_only_a_few_utterances_are_computed_ahead_of_the_reader(engine: Engine, voice: Voice) -> None:
    taken = []

    def draw_utterances() -> Iterator[tuple[Voice, Utterance, int]]:
        for number in range(40):
            taken.append(number)
            yield voice, make_utterance("Yes, of course."), number

    with closing(engine.speak(draw_utterances(), seeded=True)) as streams:
        for stream in (next(streams), next(streams)):
            stream.wait_for_start()
        time.sleep(0.5)
        assert len(taken) == MAX_UTTERANCES_AHEAD + 1


def test_a_reader_that_disconnects_stops_the_work(engine: Engine, voice: Voice) -> None:
    utterances = [(voice, make_utterance(TEXTS[7]), seed) for seed in range(200)]
    streams = engine.speak(utterances, seeded=True)
    next(streams).wait_for_start()
    streams.close()
    began = time.monotonic()
    speak(engine, voice, make_utterance("Hello."))
    while len(engine.waiting) and time.monotonic() < began + 30:
        time.sleep(0.01)
    assert len(engine.waiting) == 0


def test_a_request_cancelled_while_waiting_fails_at_once(engine: Engine, voice: Voice) -> None:
    cancelled = threading.Event()
    streams = engine.speak([(voice, make_utterance(TEXTS[7]), 1)], seeded=True, cancelled=cancelled.is_set)
    stream = next(streams)
    cancelled.set()
    with pytest.raises(Exception, match="stopped"):
        stream.wait_for_start()


def test_a_failing_batch_fails_only_its_own_requests(voice: Voice) -> None:
    with running_engine() as engine:
        good = engine.load_speaker(voice, {Emotion.ANGER: 1.0})
        bad = engine.load_speaker(voice, {Emotion.NEUTRAL: 1.0})
        assert good.checkpoint is not bad.checkpoint
        model = bad.checkpoint.model
        assert isinstance(model, GlowAcoustic)
        model.design = replace(model.design, fold=0)
        with pytest.raises(ZeroDivisionError):
            speak(engine, voice, make_utterance("Hello."))
        assert len(speak(engine, voice, make_utterance("Hello.", Emotion.ANGER)).samples) > 0


@pytest.fixture
def caching_engine(voice: Voice) -> Iterator[Engine]:
    with running_engine(cache_bytes=20_000_000) as engine:
        yield engine


def test_a_repeated_sentence_comes_from_the_cache(caching_engine: Engine, voice: Voice) -> None:
    first = speak_all(caching_engine, voice, REQUESTS[:4], seeded=True)
    again = speak_all(caching_engine, voice, REQUESTS[:4], seeded=True)
    assert (caching_engine.cache.hits, caching_engine.cache.misses) == (4, 4)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert (one.words, one.warnings) == (other.words, other.warnings)


def test_another_seed_speed_emotion_degree_or_text_misses_the_cache(caching_engine: Engine, voice: Voice) -> None:
    plain = make_utterance("Hello there.")
    speak(caching_engine, voice, plain, seed=1)
    for one, seed in (
        (plain, 2),
        (make_utterance("Hello there.", speed=1.1), 1),
        (make_utterance("Hello there.", Emotion.JOY), 1),
        (make_utterance("Hello there.", Emotion.JOY, degree=0.5), 1),
        (make_utterance("Hello there!"), 1),
    ):
        speak(caching_engine, voice, one, seed)
    assert caching_engine.cache.hits == 0
    assert len(caching_engine.cache) == 6


def test_a_request_without_a_seed_accepts_any_cached_rendition(caching_engine: Engine, voice: Voice) -> None:
    first, again = (
        speak_all(caching_engine, voice, [(make_utterance("Hello."), seed)], seeded=False)[0] for seed in (1, 2)
    )
    np.testing.assert_array_equal(first.samples, again.samples)
    assert caching_engine.cache.hits == 1


def test_a_sentence_is_cached_only_for_the_key_that_requested_it(caching_engine: Engine, voice: Voice) -> None:
    requests = [(make_utterance("The merger closes on Friday."), 1)]
    for number, key_name in enumerate(("alice", "bob", None), start=1):
        speak_all(caching_engine, voice, requests, key_name=key_name)
        assert (caching_engine.cache.hits, caching_engine.cache.misses) == (0, number)
    for number, key_name in enumerate(("alice", "bob", None), start=1):
        speak_all(caching_engine, voice, requests, key_name=key_name)
        assert (caching_engine.cache.hits, caching_engine.cache.misses) == (number, 3)


def test_words_of_a_cached_sentence_have_the_spans_of_the_new_request(caching_engine: Engine, voice: Voice) -> None:
    one = make_utterance("We met at noon.")
    moved = replace(one, span=(100, 115))
    first, again = speak(caching_engine, voice, one), speak(caching_engine, voice, moved)
    assert caching_engine.cache.hits == 1
    assert [(word.span[0] + 100, word.start) for word in first.words] == [(w.span[0], w.start) for w in again.words]


def test_cached_samples_are_read_only(caching_engine: Engine, voice: Voice) -> None:
    speak(caching_engine, voice, make_utterance("Hello."))
    cached = speak(caching_engine, voice, make_utterance("Hello."))
    (sentence,) = [value for value, _ in caching_engine.cache._entries.values()]
    with pytest.raises(ValueError, match="read-only"):
        sentence.samples[0] = 1.0
    np.testing.assert_array_equal(cached.samples, sentence.samples)


def test_a_cancelled_sentence_is_not_cached(caching_engine: Engine, voice: Voice) -> None:
    streams = caching_engine.speak([(voice, make_utterance(TEXTS[7]), 1)], seeded=True)
    stream = next(streams)
    stream.cancel()
    streams.close()
    speak(caching_engine, voice, make_utterance("Hello."))
    assert len(caching_engine.cache) == 1
