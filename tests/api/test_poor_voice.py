"""A service that also has a voice without every emotion: what it falls back to is told, or refused when strict."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.packages import bundled_models_dir
from tests.serving import start_server
from tests.tiny_voice import write_tiny_voice

ANGRY = "I am so angry with you, this makes me furious!"


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("poor")
    write_tiny_voice(folder / "voices" / "tiny", speakers=("neutral", "joy"))
    voices = f"{bundled_models_dir() / 'voices'}:{folder / 'voices'}"
    server = start_server(folder, INTONE_VOICES=voices)
    with server.client() as client:
        yield client
    server.stop()


def test_a_fallback_is_told_in_the_plan_and_in_a_header(poor: httpx.Client) -> None:
    answer = poor.post("/synthesize", json={"text": ANGRY, "voice": "tiny", "seed": 1, "timing": True})
    assert answer.status_code == 200
    (utterance,) = answer.json()["plan"]["utterances"]
    assert (utterance["source"], utterance["emotion"]) == ("fallback", "neutral")
    assert "anger" in utterance["reason"]
    assert "fallback" in [warning["code"] for warning in answer.json()["plan"]["warnings"]]
    assert "fallback" in answer.headers["x-warnings"].split(",")


@pytest.mark.parametrize("fields", [{}, {"emotion": "angry"}])
def test_strict_refuses_it(poor: httpx.Client, fields: dict[str, str]) -> None:
    answer = poor.post("/synthesize", json={"text": ANGRY, "voice": "tiny", "strict": True, **fields})
    assert (answer.status_code, answer.json()["code"]) == (409, "fallback_refused")
    assert answer.headers["x-should-retry"] == "false"
    assert "anger" in answer.json()["detail"]
    assert poor.post("/synthesize", json={"text": ANGRY, "strict": True}).status_code == 200


def test_the_list_of_voices_tells_beforehand(poor: httpx.Client) -> None:
    voices = {voice["name"]: voice for voice in poor.get("/voices").json()["voices"]}
    assert set(voices["tiny"]["emotions"]) == {"neutral", "joy"}
    assert len(voices["wren"]["emotions"]) == 7


@pytest.mark.parametrize("emotions", [{"joy": 1, "anger": 1}, {"joy": 1, "neutral": 1}])
def test_a_blend_that_the_voice_cannot_make_is_refused(poor: httpx.Client, emotions: dict[str, float]) -> None:
    answer = poor.post("/synthesize", json={"text": "Hello.", "voice": "tiny", "emotion": emotions})
    assert (answer.status_code, answer.json()["code"]) == (422, "blend_unsupported")


def test_its_rate_is_its_own_or_the_next_higher_that_the_format_has(poor: httpx.Client) -> None:
    def content(format: str) -> tuple[str, int]:
        answer = poor.post("/synthesize", json={"text": ".", "voice": "tiny", "format": format, "timing": True}).json()
        return answer["content_type"], answer["sample_rate"]

    assert content("wav") == ("audio/wav", 22_050)
    assert content("pcm") == ("audio/pcm;rate=22050", 22_050)
    assert content("opus") == ("audio/ogg; codecs=opus", 24_000)


def test_a_stream_begins_before_all_is_planned_but_for_what_strict_may_refuse(poor: httpx.Client) -> None:
    document = "<speak>" + "Hi. " * 90 + "<express-as style='angry'>Hi.</express-as></speak>"
    fields = {"ssml": document, "voice": "tiny", "seed": 1}
    streamed = poor.post("/synthesize", json={**fields, "stream": True})
    assert (streamed.status_code, streamed.headers["x-emotions"]) == (200, ",".join(["neutral"] * 64))
    assert "fallback" not in streamed.headers.get("x-warnings", "")
    assert "fallback" in poor.post("/synthesize", json=fields).headers["x-warnings"]
    refused = poor.post("/synthesize", json={**fields, "stream": True, "strict": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "fallback_refused")


def test_what_it_cannot_vary_is_told(poor: httpx.Client) -> None:
    answer = poor.post("/synthesize", json={"text": "Hi.", "voice": "tiny", "emotion": "joy", "degree": 1.5})
    assert (answer.status_code, answer.headers["x-warnings"]) == (200, "degree_unsupported")
