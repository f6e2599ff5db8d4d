"""GET /voices."""

from __future__ import annotations

import httpx
import pytest

from app.emotion import ALIASES
from app.types import Emotion
from app.voices.registry import OPENAI_VOICES


def test_the_shipped_voice_is_listed_with_every_emotion(client: httpx.Client) -> None:
    data = client.get("/voices").json()
    assert set(data) == {"default", "emotions", "aliases", "voices"}
    assert data["default"] == "wren"
    (wren,) = [voice for voice in data["voices"] if voice["name"] == "wren"]
    assert set(wren["emotions"]) | set(wren["fallbacks"]) == {emotion.value for emotion in Emotion}
    assert isinstance(wren["sample_rate"], int) and wren["words_per_minute"] > 50
    for checkpoint in wren["emotions"].values():
        assert set(checkpoint) == {"checkpoint", "checkpoint_sha256", "architecture"}
        assert len(checkpoint["checkpoint_sha256"]) == 64


def test_every_listed_alias_is_accepted(client: httpx.Client) -> None:
    listed = client.get("/voices").json()["emotions"]
    assert list(listed) == [emotion.value for emotion in Emotion]
    assert listed == {emotion.value: list(ALIASES.get(emotion, ())) for emotion in Emotion}
    assert "cheerful" in listed["joy"]
    for emotion, aliases in listed.items():
        for alias in aliases:
            plan = client.post("/analyze", json={"text": "Hello.", "emotion": alias.upper()}).json()
            assert plan["utterances"][0]["emotion"] == emotion


@pytest.mark.parametrize("name", ["wren", "WREN"])
def test_a_voice_is_returned_in_its_canonical_spelling(client: httpx.Client, name: str) -> None:
    assert client.get(f"/voices/{name}").json() == client.get("/voices").json()["voices"][0]
    assert client.get(f"/voices/{name}").json()["name"] == "wren"


def test_a_voice_has_the_documented_fields_and_types(client: httpx.Client) -> None:
    data = client.get("/voices").json()
    assert data["aliases"] == dict.fromkeys(OPENAI_VOICES, "wren")
    for voice in data["voices"]:
        assert set(voice) == {
            *("name", "display_name", "locale", "gender", "sample_rate", "words_per_minute", "license", "degree"),
            *("emotions", "fallbacks", "sample"),
        }
        assert type(voice["sample_rate"]) is int
        assert type(voice["words_per_minute"]) in (int, float)
        assert type(voice["degree"]) is bool
        texts = ("name", "display_name", "locale", "gender", "license", "sample")
        assert all(type(voice[name]) is str and voice[name] for name in texts)


@pytest.mark.parametrize("name", ["alloy", "VERSE"])
def test_a_voice_is_found_by_its_aliases(client: httpx.Client, name: str) -> None:
    assert client.get(f"/voices/{name}").json()["name"] == "wren"
