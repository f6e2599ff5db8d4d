"""A voice that lacks emotions: fallbacks are reported, or refused if the request is strict."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.packages import bundled_models_dir
from tests.serving import start_server
from tests.tiny_voice import write_tiny_voice

ANGRY = "I am so angry with you, this makes me furious!"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("voice")
    write_tiny_voice(folder / "voices" / "tiny", speakers=("neutral", "joy"))
    voices = f"{bundled_models_dir() / 'voices'}:{folder / 'voices'}"
    server = start_server(folder, INTONE_VOICES=voices)
    with server.create_client() as client:
        yield client
    server.stop()


def test_a_fallback_is_reported_in_the_plan_and_in_a_header(client: httpx.Client) -> None:
    response = client.post("/synthesize", json={"text": ANGRY, "voice": "tiny", "seed": 1, "timing": True})
    assert response.status_code == 200
    (utterance,) = response.json()["plan"]["utterances"]
    assert (utterance["source"], utterance["emotion"]) == ("fallback", "neutral")
    assert "anger" in utterance["reason"]
    assert "fallback" in [warning["code"] for warning in response.json()["plan"]["warnings"]]
    assert "fallback" in response.headers["x-warnings"].split(",")


@pytest.mark.parametrize("fields", [{}, {"emotion": "angry"}])
def test_a_strict_request_refuses_a_fallback(client: httpx.Client, fields: dict[str, str]) -> None:
    response = client.post("/synthesize", json={"text": ANGRY, "voice": "tiny", "strict": True, **fields})
    assert (response.status_code, response.json()["code"]) == (409, "fallback_refused")
    assert response.headers["x-should-retry"] == "false"
    assert "anger" in response.json()["detail"]
    assert client.post("/synthesize", json={"text": ANGRY, "strict": True}).status_code == 200


def test_the_list_of_voices_names_the_available_emotions(client: httpx.Client) -> None:
    voices = {voice["name"]: voice for voice in client.get("/voices").json()["voices"]}
    assert set(voices["tiny"]["emotions"]) == {"neutral", "joy"}
    assert len(voices["wren"]["emotions"]) == 7


@pytest.mark.parametrize("emotions", [{"joy": 1, "anger": 1}, {"joy": 1, "neutral": 1}])
def test_a_blend_that_the_voice_does_not_support_is_refused(client: httpx.Client, emotions: dict[str, float]) -> None:
    response = client.post("/synthesize", json={"text": "Hello.", "voice": "tiny", "emotion": emotions})
    assert (response.status_code, response.json()["code"]) == (422, "blend_unsupported")


def test_the_sample_rate_is_that_of_the_voice_or_the_next_higher_one_of_the_format(client: httpx.Client) -> None:
    def get_type_and_rate(format: str) -> tuple[str, int]:
        response = client.post(
            "/synthesize", json={"text": ".", "voice": "tiny", "format": format, "timing": True}
        ).json()
        return response["content_type"], response["sample_rate"]

    assert get_type_and_rate("wav") == ("audio/wav", 22_050)
    assert get_type_and_rate("pcm") == ("audio/pcm;rate=22050", 22_050)
    assert get_type_and_rate("opus") == ("audio/ogg; codecs=opus", 24_000)


def test_a_stream_starts_before_everything_is_planned_unless_it_is_strict(client: httpx.Client) -> None:
    document = "<speak>" + "Hi. " * 90 + "<express-as style='angry'>Hi.</express-as></speak>"
    fields = {"ssml": document, "voice": "tiny", "seed": 1}
    stream = client.post("/synthesize", json={**fields, "stream": True})
    assert (stream.status_code, stream.headers["x-emotions"]) == (200, ",".join(["neutral"] * 3))
    assert "fallback" not in stream.headers.get("x-warnings", "")
    assert "fallback" in client.post("/synthesize", json=fields).headers["x-warnings"]
    refusal = client.post("/synthesize", json={**fields, "stream": True, "strict": True})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "fallback_refused")


def test_an_unsupported_degree_gives_a_warning(client: httpx.Client) -> None:
    response = client.post("/synthesize", json={"text": "Hi.", "voice": "tiny", "emotion": "joy", "degree": 1.5})
    assert (response.status_code, response.headers["x-warnings"]) == (200, "degree_unsupported")
